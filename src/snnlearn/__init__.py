"""Learning spiking neural networks: a chapter's demonstrations, run again over many seeds.

Public, and changed with a new major version only, are

============================ =======================================================================
:func:`simulate`             runs any Nengo network for many seeds, and gives :class:`Simulated`
:mod:`snnlearn.experiments`  the experiments by their names, such as ``experiments.channel``, each
                             with ``Parameters``, ``simulate`` and ``measure``
``__version__``              the version that is installed
``snnlearn``                 the command line, also ``python -m snnlearn``
============================ =======================================================================

All other modules serve these and the workflow: they can be imported and have docstrings, and change
with any version. What is public is imported when it is asked for: importing the package imports
nothing else. Types are in ``__init__.pyi``.
"""

from importlib import import_module
from typing import Any

__all__ = ["Simulated", "__version__", "experiments", "simulate"]


def __getattr__(name: str) -> Any:
    match name:
        case "experiments":
            return import_module("snnlearn.experiments")
        case "simulate" | "Simulated":
            return getattr(import_module("snnlearn.engines.simulator.simulate"), name)
        case "__version__":
            metadata = import_module("importlib.metadata")
            try:
                return metadata.version("snnlearn")
            except metadata.PackageNotFoundError as error:
                why = "snnlearn is not installed, and so its version is not known"
                raise AttributeError(why) from error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
