"""Learning spiking neural networks: a chapter's demonstrations, run again over many seeds.

:func:`simulate` runs any Nengo network for many seeds. What the package offers is imported when
it is asked for: importing the package imports nothing else. Types are in ``__init__.pyi``.
"""

from importlib import import_module
from typing import Any

__all__ = ["Simulated", "simulate"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("snnlearn.engines.simulator.simulate"), name)
