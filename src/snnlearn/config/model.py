"""The model of a configuration, made of the data classes it configures."""

from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic.dataclasses import dataclass as validated

from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.obtaining import DataSettings
from snnlearn.figures import FigureSettings
from snnlearn.registry import registry
from snnlearn.settings.documentation import plain
from snnlearn.settings.types import (
    STRICT,
    Blocks,
    Count,
    Flag,
    PointName,
    Seeds,
    Single,
    StudyName,
    Text,
)
from snnlearn.studies import Study
from snnlearn.tracking.settings import TrackingSettings


@validated(frozen=True, config=STRICT)
class Design:
    """Seeds that tell the sources of randomness apart."""

    blocks: Annotated[Blocks, Field(ge=1)] = 1
    """Blocks of runs: two seeds of each source of randomness in every combination."""


def _kind_of_seeds(value: Any) -> str:
    return "[design]" if isinstance(value, Mapping | Design) else "[seeds]"


@validated(frozen=True, config=STRICT)
class StudySettings:
    """A question: an experiment, what differs from its own block, and seeds."""

    experiment: Text
    """The experiment."""

    seeds: (
        Annotated[
            Annotated[Seeds, Tag("[seeds]")] | Annotated[Design, Tag("[design]")],
            Discriminator(_kind_of_seeds),
        ]
        | None
    ) = None
    """Its seeds: their number, a list, or `blocks` of a design. By default the experiment's."""

    seeds_per_job: Count | None = None
    """How many seeds one job simulates. By default as the experiment's block says."""

    traces: Flag = True
    """Whether the traces are kept; otherwise only what is measured of them."""

    set: dict[Text, Any] = field(default_factory=dict)
    """What differs from the experiment's block in all cells: keys, with dots between nested ones,
    and their values."""

    sweep: dict[Text, tuple[Single, ...]] = field(default_factory=dict)
    """Keys, with dots between nested ones, and the single values that each takes; there is a cell
    for every combination."""

    points: dict[PointName, dict[Text, Any]] = field(default_factory=dict)
    """Names of points, and the keys and values of each, which may be lists and blocks; there is a
    cell for every point and every combination of swept values."""

    metrics: tuple[Text, ...] = ()
    """The metrics that are drawn over the cells."""


@validated(frozen=True, config=STRICT)
class VarianceSettings:
    """How the variance of an experiment between runs is decomposed."""

    blocks: Blocks = 0
    """Blocks of runs: two seeds of each source of randomness in every combination. 0 leaves the
    decomposition out."""

    metrics: tuple[Text, ...] = ()
    """The metrics whose variance is decomposed."""

    seeds_per_job: Count | None = None
    """How many runs one job simulates. By default as the experiment's block says."""

    set: dict[Text, Any] = field(default_factory=dict)
    """What differs from the experiment's block: keys, with dots between nested ones, and their
    values."""


def _beside(defaults: Mapping[str, Any], given: Any) -> Any:
    """A block of ``variance``, beside what its experiment says of it."""
    if not isinstance(given, Mapping):
        return given
    changed = given.get("set", {})
    both = {**defaults["set"], **changed} if isinstance(changed, Mapping) else changed
    return {**defaults, **given, "set": both}


def _variance_settings() -> type:
    """The block ``variance``: a key for each experiment that says how it is decomposed."""
    entries = []
    for name, experiment in registry().items():
        if (by_default := experiment.variance) is not None:
            settings = VarianceSettings(
                by_default.blocks,
                by_default.metrics,
                by_default.seeds_per_job,
                dict(by_default.set),
            )
            kind = Annotated[
                VarianceSettings,
                BeforeValidator(partial(_beside, plain(settings))),
                Field(description=experiment.summary),
            ]
            entries.append((name, kind, field(default=settings)))
    made = make_dataclass("Variance", entries, frozen=True)
    made.__doc__ = "How much is run to find which source of randomness makes runs differ."
    return validated(frozen=True, config=STRICT)(made)


Variance: Any = _variance_settings()


@validated(frozen=True, config=STRICT)
class General:
    """The top level, beside the blocks of the experiments."""

    seeds: Seeds | None = None
    """Seeds of every experiment that names none of its own: their number, or a list. By default
    each experiment has as many as its claims need.
    """

    fidelity: Literal["corrected", "as_published"] = "corrected"
    """``corrected``: slips of the chapter's code that its text does not mean are mended.
    ``as_published``: they are left as they are. Each slip is a parameter too, and goes its own way
    where that is set.
    """

    studies: dict[StudyName, StudySettings] = field(default_factory=dict)
    """Further studies, by their names: questions, each of an experiment."""

    variance: Variance = Variance()
    """The decomposition of the variance between runs."""

    data: DataSettings = DataSettings()
    """The images of the classifier."""

    datasets: tuple[DataSettings, ...] = ()
    """Further images, each with the keys of ``data``: for experiments and studies whose ``dataset``
    names one of them.
    """

    tracking: TrackingSettings = TrackingSettings()
    """Logging with MLflow."""

    figures: FigureSettings = FigureSettings()
    """Look of the figures."""


@validated(frozen=True, config=STRICT)
class Schedule:
    """What every experiment's block may hold beside its parameters."""

    seeds: Seeds | None = None
    """Seeds of this experiment, instead of the top level's: their number, or a list."""

    seeds_per_job: Count | None = None
    """How many seeds one job simulates."""


@dataclass(frozen=True)
class Block:
    """A validated experiment block.

    Attributes
    ----------
    parameters : data class
        The experiment's ``Parameters``.
    seeds : tuple of int
        The seeds to simulate.
    seeds_per_job : int
        How many of them one job simulates.
    runs : bool
        Whether it is a study of its own, or only what studies of its experiment begin with.
    """

    parameters: Any
    seeds: tuple[int, ...]
    seeds_per_job: int
    runs: bool = True


@dataclass(frozen=True)
class Config:
    """A validated configuration.

    Attributes
    ----------
    general : General
        The top level.
    blocks : dict of str to Block
        One block an experiment.
    studies : dict of str to Study
        All studies: the experiments' own, those that are listed, and generated ones.
    """

    general: General
    blocks: dict[str, Block]
    studies: dict[str, Study]

    def plain(self) -> dict[str, Any]:
        """All keys with their values, defaults included, as plain data."""
        blocks = {
            name: {"seeds": sorted(block.seeds) if block.runs else None} | plain(block.parameters)
            for name, block in self.blocks.items()
        }
        seeds = self.general.seeds
        return plain(self.general) | {"seeds": sorted(seeds) if seeds else None} | blocks

    def sha256(self) -> str:
        """SHA-256 of all that decides the results: not of figures and tracking.

        Which seeds there are, the blocks and studies say.
        """
        others = ("figures", "tracking", "seeds")
        deciding = {key: value for key, value in self.plain().items() if key not in others}
        return sha256_of_data(deciding)


def given(
    raw: Mapping[str, Any], effective: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The values that were given and are not the defaults; as a file, they give the same again.

    Parameters
    ----------
    raw : mapping
        The merged configuration, before it is validated.
    effective, defaults : mapping
        What :meth:`Config.plain` makes of it, and of an empty one.

    Returns
    -------
    dict
        The keys of ``raw`` with their effective values, where these differ.
    """
    found: dict[str, Any] = {}
    for key, value in raw.items():
        if value is None or key not in effective or effective[key] == defaults.get(key):
            continue
        if isinstance(value, Mapping) and isinstance(defaults.get(key), Mapping):
            if inner := given(value, effective[key], defaults[key]):
                found[key] = inner
        else:
            found[key] = effective[key]
    return found
