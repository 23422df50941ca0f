"""Packages that a variable puts before those of the project."""

import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

#: The packages whose versions can change a number or a figure.
PACKAGES = (
    *("snakemake", "nengo", "nengo-dl", "tensorflow", "tf-keras", "numpy", "scipy", "pandas"),
    *("pyarrow", "scikit-learn", "matplotlib", "seaborn", "mlflow", "numba", "llvmlite"),
)

#: The names under which they are imported.
IMPORTED = [{"scikit-learn": "sklearn"}.get(name, name.replace("-", "_")) for name in PACKAGES]


def problems() -> Iterator[str]:
    """What would be loaded by ``PYTHONPATH``, in place of what the project has pinned.

    Module systems of clusters set it. Modules of one's own, such as a learning rule, may come that
    way: none of them is named like a package of the pipeline.
    """
    if sys.flags.ignore_environment:
        return
    for folder in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if found := [name for name in IMPORTED if PathFinder.find_spec(name, [folder])]:
            yield (
                f"PYTHONPATH has {Path(folder).absolute()}, and so {', '.join(found)} would be "
                "other than what the project has installed: unset PYTHONPATH, or start with make"
            )
