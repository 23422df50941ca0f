"""Run `pip install` with the user's settings of how to reach packages, and with no others.

Settings in pip's files and in `PIP_*` variables that say where to install, or what, would break the
environment: `user`, `target`, `prefix`, `constraint`, `no-binary` and the like.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterable

#: What says how packages are reached.
KEPT = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "keyring-provider"),
    *("proxy", "cert", "client-cert", "use-feature", "use-deprecated"),
    *("timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir"),
)

#: Whose settings there are, those that override others last.
SECTIONS = ("global", "install", ":env:")

PIP = [sys.executable, "-I", "-m", "pip"]


def kept(listed: Iterable[str]) -> dict[str, str]:
    """Variables that say the same as some settings do, those that are kept.

    Parameters
    ----------
    listed : iterable of str
        What ``pip config list`` prints.

    Returns
    -------
    dict
        The variables by their names.
    """
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed:
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found and name in KEPT:
            found[section][f"PIP_{name.upper().replace('-', '_')}"] = ast.literal_eval(value)
    return found["global"] | found["install"] | found[":env:"]


def main() -> int:
    """Do it, and give pip's exit code."""
    isolated = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    asked = {key: os.environ[key] for key in os.environ if key not in ("PIP_LOG", "PIP_PYTHON")}
    # All settings, and not the user's file alone; however quiet pip is set to be.
    asked["PIP_USER"] = "0"
    listing = subprocess.run(
        [*PIP, "config", "list", "-vvv"], env=asked, stdout=subprocess.PIPE, text=True, check=True
    )
    own = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment = isolated | kept(listing.stdout.splitlines()) | own
    return subprocess.run([*PIP, "install", *sys.argv[1:]], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
