"""What an experiment is: one module of this package.

It must have ``Parameters``, ``simulate`` and ``measure``, and may have the other names of
:class:`Experiment`, in capitals where they are constants. Putting such a module here is all it
takes to add an experiment. How it is shown stands in :mod:`snnlearn.figures`, what was published
about it in :mod:`snnlearn.published`, both under the same name and optional.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

import pandas as pd

from snnlearn.seeding import Seed

#: The files that one input of an experiment is: one, or one for each seed.
Files = Path | Sequence[Path]


def __getattr__(name: str) -> ModuleType:
    """Import an experiment when it is asked for, as in ``snnlearn.experiments.channel``."""
    module = f"{__name__}.{name}"
    if name.startswith("_") or find_spec(module) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(module)


P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


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
class Resources:
    """What one job that simulates takes.

    Attributes
    ----------
    memory_mb : int
        Megabytes for the libraries and the network; what the traces take is added.
    threads : int
        Threads.
    seconds : float
        Core seconds for one seed, roughly: what ``make plan`` counts with until such a run has
        been timed.
    trace_mb : float
        Megabytes of the traces of one seed in their file, roughly.
    """

    memory_mb: int = 500
    threads: int = 1
    seconds: float = 1.0
    trace_mb: float = 1.0


def solving_mb(n_neurons: int) -> float:
    """Megabytes of the rates from which Nengo solves for the decoders of some neurons."""
    return 8 * n_neurons * max(750, 2 * n_neurons) / 1e6


@dataclass(frozen=True)
class Variance:
    """How the variance between runs is decomposed, unless the configuration says otherwise.

    Attributes
    ----------
    blocks : int
        Blocks of runs: two seeds of each source of randomness in every combination.
    metrics : tuple of str
        The metrics whose variance is decomposed.
    set : mapping
        Parameters that differ from the experiment's own, by their keys with dots.
    seeds_per_job : int, optional
        How many runs one job simulates, if not as many as of the experiment.
    """

    blocks: int
    metrics: tuple[str, ...]
    set: Mapping[str, Any] = field(default_factory=dict)
    seeds_per_job: int | None = None


class Simulate(Protocol[P_contra]):
    """``simulate``: the traces of some seeds, one table each, a row per time step or sample.

    What a seed gives must not depend on the others. Inputs are files that the workflow makes.
    """

    def __call__(
        self, parameters: P_contra, seeds: Sequence[Seed], **inputs: Files
    ) -> Iterator[pd.DataFrame]:
        """Yield the traces of each seed."""
        ...


class Measure(Protocol[P_contra]):
    """``measure``: the metrics of one seed, from its traces and nothing else."""

    def __call__(self, traces: pd.DataFrame, parameters: P_contra) -> dict[str, Metric]:
        """Measure one seed."""
        ...


class Series(Protocol):
    """``series``: what of one seed's traces is worth following over time, indexed by seconds."""

    def __call__(self, traces: pd.DataFrame) -> pd.DataFrame:
        """Choose columns."""
        ...


class Closeup(Protocol[P_contra]):
    """``closeup``: a few seeds recorded in more detail than traces; one table for all.

    The runs are those of ``simulate``, and so are the inputs. The first seed is recorded most.
    """

    def __call__(self, parameters: P_contra, seeds: Sequence[int], **inputs: Files) -> pd.DataFrame:
        """Record the seeds."""
        ...


class Takes(Protocol[P_contra]):
    """``resources``: what one job that simulates takes, with these parameters."""

    def __call__(self, parameters: P_contra) -> Resources:
        """Say what it takes."""
        ...


def no_series(traces: pd.DataFrame) -> pd.DataFrame:
    """Nothing to follow over time."""
    return pd.DataFrame()


def default_resources(parameters: object) -> Resources:
    """What most experiments take."""
    return Resources()


class Undefined(Protocol[P_contra]):
    """``undefined``: what no run with these parameters defines though one might expect it, and why.

    A sentence each; they are said when a run starts.
    """

    def __call__(self, parameters: P_contra) -> Sequence[str]:
        """Say what is not defined."""
        ...


def nothing_undefined(parameters: object) -> Sequence[str]:
    """What most experiments say."""
    return ()


@dataclass(frozen=True)
class Experiment(Generic[P]):
    """An experiment, with the names of its module.

    Attributes
    ----------
    name : str
        Name of the module, and of the experiment in the configuration and in the results.
    summary : str
        First line of the module's docstring.
    Parameters : type
        Frozen pydantic data class with the chapter's values as defaults.
    simulate, measure : callable
        As :class:`Simulate` and :class:`Measure` say.
    series, closeup, resources, undefined : callable, optional
        As :class:`Series`, :class:`Closeup`, :class:`Takes` and :class:`Undefined` say.
    seeds : tuple of int, optional
        ``SEEDS``: the only ones that make sense, unless its own block names some; None takes those
        of the top level of the configuration.
    default_seeds : tuple of int
        ``DEFAULT_SEEDS``: those where the configuration names none.
    seeds_per_job : int
        ``SEEDS_PER_JOB``: how many seeds one job simulates, unless the configuration says
        otherwise.
    inputs : tuple of str
        ``INPUTS``: the files that ``simulate`` and ``closeup`` take, by the names under which a
        rule provides them.
    not_simulated : tuple of str
        ``NOT_SIMULATED``: parameters that ``simulate`` does not read. Another value of theirs is
        measured and drawn from the traces that there are.
    random_sources : mapping of str to tuple of str
        ``RANDOM_SOURCES``: each source of randomness, and what
        :func:`snnlearn.seeding.seed_for` calls its parts.
    controls : mapping of str to mapping
        ``CONTROLS``: by a name, parameters of runs that claims are held against: in which what is
        claimed should not be there, or where a theory holds.
    variance : Variance, optional
        ``VARIANCE``: how the variance between runs is decomposed; None where it is not.
    on_request : bool
        ``ON_REQUEST``: whether it runs only where its own block names seeds, or a listed study is
        of it. So are experiments that go beyond the chapter.
    """

    name: str
    summary: str
    Parameters: type[P]
    simulate: Simulate[P]
    measure: Measure[P]
    series: Series = no_series
    closeup: Closeup[P] | None = None
    resources: Takes[P] = default_resources
    undefined: Undefined[P] = nothing_undefined
    seeds: tuple[int, ...] | None = None
    default_seeds: tuple[int, ...] = tuple(range(20))
    seeds_per_job: int = 50
    inputs: tuple[str, ...] = ()
    not_simulated: tuple[str, ...] = ()
    random_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    controls: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    variance: Variance | None = None
    on_request: bool = False

    def simulated(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some parameters, as plain data, on which the traces depend."""
        return {key: value for key, value in parameters.items() if key not in self.not_simulated}
