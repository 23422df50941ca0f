"""What an experiment is, and the registry of those that there are.

An experiment is a module of :mod:`snnlearn.experiments` that has the names of
:class:`Experiment`. Putting such a module there, and its figures in
:mod:`snnlearn.figures` under the same name, is all it takes to add one.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from snnlearn import experiments


@dataclass(frozen=True)
class Metric:
    """One number measured in one run.

    Attributes
    ----------
    value : float
        The number; NaN where the run does not define it (a response that never came has no
        latency). It is left empty in ``metrics.csv``.
    unit : str
        SI symbol, or ``1`` for a number without a unit.
    """

    value: float
    unit: str


@dataclass(frozen=True)
class Claim:
    """A published number, and how near a measured one must come to it.

    Attributes
    ----------
    text : str
        What is claimed, in words.
    source : str
        Where.
    metric : str
        The metric that tests it.
    published : float
        The published number.
    low, high : float
        What the measured mean must be compatible with.
    because : str
        Why these bounds.
    variants : tuple of str
        Variants of the results that test the claim; any, if empty.
    """

    text: str
    source: str
    metric: str
    published: float
    low: float
    high: float
    because: str
    variants: tuple[str, ...] = ()
    #: Variants that cannot test the claim, with the reason to give where one of them was run.
    excused: tuple[tuple[str, str], ...] = ()


class Experiment(Protocol):
    """The names that the module of an experiment has."""

    #: Frozen pydantic data class with the chapter's values as defaults.
    Parameters: Any
    #: Its seeds, unless the configuration names some; None takes those of the top level.
    SEEDS: tuple[int, ...] | None
    #: How many seeds one job simulates, unless the configuration says otherwise.
    SEEDS_PER_JOB: int
    #: Name of each figure and its caption; ``figures/<experiment>.py`` draws them.
    FIGURES: Mapping[str, str]
    #: What the chapter and its sources claim about the metrics.
    CLAIMS: tuple[Claim, ...]

    def simulate(
        self, parameters: Any, seeds: Sequence[int], **inputs: Path | Sequence[Path]
    ) -> Iterator[pd.DataFrame]:
        """Simulate some seeds and yield the traces of each, one row per time step or sample.

        What a seed gives must not depend on the others. Inputs are files that the workflow
        makes: one, or one for each seed.
        """

    def measure(self, traces: pd.DataFrame, parameters: Any) -> dict[str, Metric]:
        """Compute the metrics of one seed from its traces."""

    def series(self, traces: pd.DataFrame) -> pd.DataFrame:
        """What of one seed's traces is worth following over time, indexed by seconds."""


def registry() -> dict[str, Experiment]:
    """All experiments by name, in alphabetical order.

    Returns
    -------
    dict of str to module
        The modules of :mod:`snnlearn.experiments`.
    """
    return {name: load(name) for name in names()}


def names() -> list[str]:
    """Names of all experiments, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(experiments.__path__))


def load(name: str) -> Experiment:
    """The module of one experiment.

    Raises
    ------
    ValueError
        If there is no experiment of that name; the message lists those that there are.
    """
    if name not in names():
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(names())}")
    module: Any = importlib.import_module(f"{experiments.__name__}.{name}")
    experiment: Experiment = module
    return experiment
