"""What an experiment is, and the registry of those that there are.

An experiment is a module of :mod:`snnlearn.experiments` that has the names of
:class:`Experiment`. Putting such a module there, and its figures in
:mod:`snnlearn.figures` under the same name, is all it takes to add one.
"""

import importlib
import math
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pandas as pd

from snnlearn import experiments
from snnlearn.seeding import Seed


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
    """What was published about a metric, and what a measured one must come to.

    What is held against the bounds is one number a run: the metric itself, its difference from
    another metric of the same run (``minus``), or its ratio to one (``over``).

    Attributes
    ----------
    text : str
        What is claimed, in words.
    source : str
        Where.
    metric : str
        The metric that tests it.
    published : float, optional
        The number that was published or predicted; None where a relation without one is claimed.
    low, high : float
        The bounds. Where both are finite, they belong to what is allowed; a lone one does not
        ("greater than").
    because : str
        Why these bounds.
    variants : tuple of str
        Variants of the results that test the claim; any, if empty.
    excused : tuple of (str, str)
        Variants that cannot test the claim, with the reason to give where one of them was run.
    minus, over : str
        Another metric of the same run, to be subtracted or divided by; at most one of them.
    test : str
        ``agreement``: the mean must lie within the bounds. ``inclusion``: its whole 95 % interval
        must; between two finite bounds that is a test of equivalence.
    untested : str
        Why nothing that is measured here tests the claim, which is listed all the same.
    """

    text: str
    source: str
    metric: str
    published: float | None = None
    low: float = -math.inf
    high: float = math.inf
    because: str = ""
    variants: tuple[str, ...] = ()
    excused: tuple[tuple[str, str], ...] = ()
    minus: str = ""
    over: str = ""
    test: Literal["agreement", "inclusion"] = "agreement"
    untested: str = ""

    @property
    def quantity(self) -> str:
        """What is held against the bounds, such as ``a - b``."""
        if self.minus:
            return f"{self.metric} - {self.minus}"
        return f"{self.metric} / {self.over}" if self.over else self.metric

    @property
    def two_sided(self) -> bool:
        """Whether there are two bounds."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def expected(self) -> str:
        """What is allowed, in signs."""
        if self.two_sided:
            return f"in [{self.low:.6g}, {self.high:.6g}]"
        return f"> {self.low:.6g}" if math.isfinite(self.low) else f"< {self.high:.6g}"

    def allows(self, value: float) -> bool:
        """Whether a value lies within the bounds."""
        if self.two_sided:
            return self.low <= value <= self.high
        return self.low < value < self.high


@dataclass(frozen=True)
class Slip:
    """Something that the chapter's code does and its text does not mean, as a parameter.

    Attributes
    ----------
    switch : str
        The parameter; its default is the corrected value.
    as_published : Any
        Its value that does what the chapter does.
    text : str
        What the chapter does, and what is done instead.
    metrics : tuple of str
        The metrics that show its effect.
    simulated : bool
        Whether the simulation depends on it, and not only what is measured and drawn of it.
    unfixed : tuple of str
        Sources of randomness that the chapter leaves without a seed. The effect is then how much
        the metrics change when the same seed is run again.
    by_fidelity : bool
        Whether ``fidelity: as_published`` turns it on. What the chapter only says and does not do
        stays off, so that its figures come out as they are printed.
    """

    switch: str
    as_published: Any
    text: str
    metrics: tuple[str, ...]
    simulated: bool = True
    unfixed: tuple[str, ...] = ()
    by_fidelity: bool = True


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
    #: What the chapter and its sources claim about the metrics; no two with the same text.
    CLAIMS: tuple[Claim, ...]
    #: The slips of the chapter's code, which ``Parameters`` can bring back.
    SLIPS: tuple[Slip, ...]

    def simulate(
        self, parameters: Any, seeds: Sequence[Seed], **inputs: Path | Sequence[Path]
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
