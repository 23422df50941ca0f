"""What made a set of results."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from llvmlite import binding

from snnlearn.jobs.foreign import PACKAGES

#: By these, Git tells its hooks which repository they are of (``git rev-parse --local-env-vars``).
OF_ANOTHER = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_IMPLICIT_WORK_TREE"),
    *("GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_SHALLOW_FILE"),
}


def collect(
    configuration: dict[str, Any],
    datasets: dict[str, Any],
    parameters: dict[str, Any],
    **others: Any,
) -> dict[str, Any]:
    """Write down what made a set of results.

    Parameters
    ----------
    configuration : dict
        ``sha256`` of the configuration, how it ``differs_from_default``
        (:func:`snnlearn.config.differences.differences`), and the ``seeds`` of each experiment.
    datasets : dict
        Origin of the images of each data set, as :func:`snnlearn.data.origin.write_origin` writes
        it.
    parameters : dict
        Provenance of all trained parameters, by the key of their training and the seed.
    **others : dict
        Origins of whatever else a rule provides, by its name in ``ORIGINS``.

    Returns
    -------
    dict
        ``commit``, ``dirty`` and ``no_commit_because``, as :func:`checkout` says,
        ``configuration_sha256``, ``differs_from_default``, ``seeds``, ``datasets``,
        ``parameters``, the names of ``others``, ``versions``, ``platform``, ``started`` and
        ``ended`` (UTC; of the run that finished these results).

    Raises
    ------
    KeyError
        If not called within a workflow, which notes when it started.
    """
    return {
        **checkout(Path(__file__).parent),
        "configuration_sha256": configuration["sha256"],
        "differs_from_default": configuration["differs_from_default"],
        "seeds": configuration["seeds"],
        "datasets": datasets,
        "parameters": {
            seed: {key: record[key] for key in ("origin", "source", "sha256", "verified")}
            for seed, record in parameters.items()
        },
        **others,
        "versions": versions(),
        "platform": machine(),
        "started": os.environ["SNNLEARN_STARTED"],
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def machine() -> dict[str, Any]:
    """System, kind of processor (as LLVM calls it) and number of cores of this machine."""
    return {
        "system": platform.platform(),
        "machine": platform.machine(),
        "processor": binding.get_host_cpu_name(),
        "cores": os.cpu_count(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a number or a figure."""
    return {"python": platform.python_version()} | {p: metadata.version(p) for p in PACKAGES}


def checkout(folder: Path) -> dict[str, Any]:
    """Commit of the git checkout that a folder belongs to, and whether files differ from it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    dict
        ``commit``, ``dirty`` and ``no_commit_because``. The first two are None where there is no
        git, no checkout, or one of another project that does not track this folder; the last says
        which, and is None elsewhere.
    """
    try:
        tracked = _git(folder, "ls-files", ".")
        if not tracked:
            top = _git(folder, "rev-parse", "--show-toplevel")
            return _unknown(f"the git repository at {top} does not track this project")
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = _git(folder, "status", "--porcelain") != ""
    except FileNotFoundError:
        return _unknown("there is no git")
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"git ended with {error.returncode}"]
        return _unknown(said[0].removeprefix("fatal: "))
    return {"commit": commit, "dirty": dirty, "no_commit_because": None}


def _unknown(why: str) -> dict[str, Any]:
    return {"commit": None, "dirty": None, "no_commit_because": why}


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", folder, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={n: v for n, v in os.environ.items() if n not in OF_ANOTHER} | {"LC_ALL": "C"},
    ).stdout.strip()
