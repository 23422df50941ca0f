"""Which cells a study has: an experiment, what differs from its own block, and seeds.

A study is a question. A cell is one point of it: one set of parameters, simulated with all seeds
of the study. A grid of single values is a ``sweep``; ``points`` have names and may hold lists and
blocks. The folder of a cell says what differs from the study's base, so that a further value, axis
or point renames and recomputes nothing that was there.

Each experiment's own block is the study of its name, with one cell.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import quote

from snnlearn.seeding import Seed

#: Name of the cell that differs from the base in nothing; its folder is that of the study.
BASE = "base"

#: Names that no point can have: they are folders and files of a study.
RESERVED_POINTS = frozenset(
    (
        *(BASE, "runs", "metrics", "figures", "partial"),
        *("metrics.csv", "manifest.csv", "closeup.parquet"),
    )
)

#: A block of a design has so many seeds of each source. For the same number of runs, more blocks
#: of two tell more about each source than fewer blocks of more.
LEVELS = 2

#: The longest value that can stand in the name of a folder.
LONGEST_VALUE = 80


@dataclass(frozen=True)
class Cell:
    """One point of a study.

    Attributes
    ----------
    study : str
        Name of the study.
    experiment : str
        Name of the experiment.
    name : str
        What differs from the base of the study, or the name of a point; :data:`BASE` where nothing
        differs.
    values : mapping of str to Any
        The value here of each key that the study sweeps, as plain data; and under ``point`` the
        name of the point, if the study has points.
    parameters : data class
        The experiment's ``Parameters``.
    seeds : mapping of int to Seed
        The seed of each run by the run's number, in ascending order.
    seeds_per_job : int
        How many of them one job simulates.
    traces : bool
        Whether the traces are kept, or the metrics only.
    traces_of : str, optional
        The folder of another cell whose traces are measured here: the runs are the same.
    metrics_of : str, optional
        The folder of another cell whose metrics are those of this one: nothing differs.
    """

    study: str
    experiment: str
    name: str
    parameters: Any
    seeds: Mapping[int, Seed]
    seeds_per_job: int
    values: Mapping[str, Any] = field(default_factory=dict)
    traces: bool = True
    traces_of: str | None = None
    metrics_of: str | None = None

    @property
    def folder(self) -> str:
        """Its folder within that of the results."""
        return self.study if self.name == BASE else f"{self.study}/{self.name}"

    def batches(self) -> dict[int, dict[int, Seed]]:
        """Runs of each batch: batch k holds those from k n to (k + 1) n - 1.

        So a run is always in the same batch, and more seeds only add batches.
        """
        batches: dict[int, dict[int, Seed]] = {}
        for number, seed in self.seeds.items():
            batches.setdefault(number // self.seeds_per_job, {})[number] = seed
        return batches


@dataclass(frozen=True)
class Study:
    """A study with its cells.

    Attributes
    ----------
    name, experiment : str
        Its name, and that of its experiment.
    cells : sequence of Cell
        In the order of the points and of the sweep.
    axes : mapping of str to list
        The values of each key that it sweeps, as they are in the cells.
    metrics : tuple of str
        The metrics that are drawn over its cells.
    generated : bool
        Whether the pipeline made it, for errata or variance, and not the configuration.
    sources : mapping of str to tuple of str
        Where the seeds are a design: the sources of randomness with their parts.
    """

    name: str
    experiment: str
    cells: Sequence[Cell]
    axes: Mapping[str, list[Any]] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    generated: bool = False
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def own(self) -> bool:
        """Whether it is the experiment's own block."""
        return self.name == self.experiment


@dataclass(frozen=True)
class Point:
    """What one cell of a study changes, before it is validated.

    Attributes
    ----------
    name : str
        Name of the point; empty where the study has none.
    changes : mapping of str to Any
        Values by their keys, with dots between nested ones.
    origins : mapping of str to tuple of str
        Where in the study's block each of these keys was given.
    """

    name: str
    changes: Mapping[str, Any]
    origins: Mapping[str, tuple[str, ...]]


def points_of(
    fixed: Mapping[str, Any],
    points: Mapping[str, Mapping[str, Any]],
    sweep: Mapping[str, Sequence[Any]],
) -> Iterator[Point]:
    """All points of a study: each named one with each combination of the swept values.

    Parameters
    ----------
    fixed : mapping
        ``set``: what differs from the experiment's block in all cells.
    points : mapping of str to mapping
        What each named point changes.
    sweep : mapping of str to sequence
        The values of each swept key.

    Yields
    ------
    Point
        In the order given; the last key changes fastest.
    """
    common: dict[str, tuple[str, ...]] = {key: ("set", key) for key in fixed}
    for name, changed in points.items() if points else [("", {})]:
        named = {key: ("points", name, key) for key in changed}
        numbered = [list(enumerate(values)) for values in sweep.values()]
        for combination in product(*numbered):
            swept = {key: value for key, (_, value) in zip(sweep, combination, strict=True)}
            places = {
                key: ("sweep", key, str(number))
                for key, (number, _) in zip(sweep, combination, strict=True)
            }
            yield Point(name, {**fixed, **changed, **swept}, {**common, **named, **places})


def with_changes(block: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A block in which some keys have other values; keys with dots reach into inner blocks."""
    changed = copy.deepcopy(dict(block))
    for key, value in changes.items():
        *above, last = key.split(".")
        inner = changed
        for part in above:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}
            inner = inner[part]
        if isinstance(inner.get(last), dict) and isinstance(value, Mapping):
            inner[last] = with_changes(inner[last], value)
        else:
            inner[last] = value
    return changed


def value_at(parameters: Mapping[str, Any], key: str) -> Any:
    """The value of a key with dots in nested parameters."""
    value: Any = parameters
    for part in key.split("."):
        value = value[part]
    return value


def name_of(point: str, values: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Name of a cell: its point, and what of the swept keys is not the base's.

    Parameters
    ----------
    point : str
        Name of the point; empty where there is none.
    values : mapping of str to Any
        The values of the swept keys, as plain data.
    base : mapping
        The parameters of the study's base, as plain data.

    Returns
    -------
    str
        Such as ``learning_rate~3e-05,n_neurons~30``.
    """
    differing = {key: value for key, value in values.items() if value != value_at(base, key)}
    parts = [f"{key}~{in_a_name(value)}" for key, value in sorted(differing.items())]
    return ",".join([point, *parts] if point else parts) or BASE


def in_a_name(value: Any) -> str:
    """A single value as it stands in the name of a folder.

    Raises
    ------
    ValueError
        If it is too long for one.
    """
    text = quote(value, safe="") if isinstance(value, str) else json.dumps(value)
    if len(text) > LONGEST_VALUE:
        raise ValueError(f"{value!r} is too long for the name of a folder: make it a point")
    return text


def block_seeds(sources: Mapping[str, Sequence[str]], block: int) -> list[dict[str, int]]:
    """A seed for every part of every source, for all runs of one block.

    No two blocks share a seed. The runs are in the order of ``itertools.product``: the level of
    the last source changes fastest.
    """
    return [
        {
            part: block * LEVELS + level
            for parts, level in zip(sources.values(), levels, strict=True)
            for part in parts
        }
        for levels in product(range(LEVELS), repeat=len(sources))
    ]


def design(sources: Mapping[str, Sequence[str]], blocks: int) -> dict[int, Seed]:
    """The seeds of some blocks, by the number of the run."""
    seeds = (seed for block in range(blocks) for seed in block_seeds(sources, block))
    return dict(enumerate(seeds))


def source_seeds(sources: Mapping[str, Sequence[str]], seed: Seed) -> dict[str, int]:
    """Which seed each source has in a run of a design."""
    assert isinstance(seed, Mapping)
    return {source: seed[parts[0]] for source, parts in sources.items()}
