"""Says before anything is downloaded whether this Python, machine and folder will do.

The Makefile runs it with the Python that `.venv` is to be made of: `python -I envs/check.py`.
"""

import platform
import re
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

#: What the packages of the lock come for.
MACHINES = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",)}
GLIBC = (2, 28)
MACOS = (12, 0)

#: Gigabytes that must be free: for what is installed, and for what pip unpacks on the way.
FOR_INSTALLED, FOR_DOWNLOADS = 4.0, 1.0

#: What the shell, the virtual environment, or Snakemake would not take as a part of a name.
NOT_IN_A_PATH = re.compile(r"""[\s"'`$&;|<>()\[\]{}*?!\\:]""")


def why_not_this_python() -> str | None:
    """What is wrong with this Python, if anything."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return f"{sys.executable} is not the usual CPython: the packages come for no other"
    return None


def why_not_this_machine(
    system: str, machine: str, libc: tuple[str, str], macos: str
) -> str | None:
    """What is wrong with a machine, if anything.

    Parameters
    ----------
    system, machine, libc, macos : str
        What the module ``platform`` says of it.
    """
    if system not in MACHINES:
        return f"it runs on Linux and macOS, and this is {system}"
    if machine not in MACHINES[system]:
        known = " and ".join(MACHINES[system])
        return f"TensorFlow comes for {known} on {system}, and this Python is made for {machine}"
    if system == "Darwin":
        return _older("macOS", macos, MACOS)
    if libc[0] != "glibc":
        return "the packages need glibc, which this Linux has not (Alpine, for example, has musl)"
    return _older("glibc", libc[1], GLIBC)


def _older(what: str, found: str, needed: tuple[int, ...]) -> str | None:
    if tuple(int(part) for part in re.findall(r"\d+", found)) >= needed:
        return None
    return f"the packages need {what} {'.'.join(map(str, needed))} or newer, and this is {found}"


def why_not_this_folder(folder: Path) -> str | None:
    """What is wrong with the folder that the project is in, if anything."""
    if odd := NOT_IN_A_PATH.search(str(folder)):
        return (
            f"the path of this folder has {odd[0]!r} in it, which shells and Snakemake trip over: "
            f"move it to a path of letters, digits and any of - _ . , + = @ % # ~ ({folder})"
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return f"nothing can be written to {folder} ({error.strerror}): copy the project elsewhere"
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return "there is no folder for temporary files: name one, TMPDIR=/path/to/folder"
    # What is installed anew takes the place of what was.
    needed = 0 if (folder / ".venv/installed").is_file() else FOR_INSTALLED
    for place, gigabytes, remedy in (
        (folder, needed, "make room"),
        (temporary, FOR_DOWNLOADS, "make room, or name another folder: TMPDIR=/path/to/folder"),
    ):
        free = shutil.disk_usage(place).free / 1e9
        if free < gigabytes:
            return f"{gigabytes:g} GB must be free in {place}, and {free:.1f} GB are: {remedy}"
    return None


def main() -> int:
    """Print what is wrong, if anything; the README says what is needed."""
    why = (
        why_not_this_python()
        or why_not_this_machine(
            platform.system(), platform.machine(), platform.libc_ver(), platform.mac_ver()[0]
        )
        or why_not_this_folder(Path.cwd())
    )
    if why:
        print(f"Nothing was installed: {why}", file=sys.stderr)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
