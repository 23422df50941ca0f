"""The model of a configuration, made of the data classes it configures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic.dataclasses import dataclass as validated

from snnlearn.data.hashing import sha256_of_data
from snnlearn.data.obtaining import DataSettings
from snnlearn.figures import FigureSettings
from snnlearn.settings.documentation import plain
from snnlearn.settings.types import STRICT, Count, Seeds
from snnlearn.tracking.settings import TrackingSettings
from snnlearn.variance import EXPERIMENTS as VARIED
from snnlearn.variance.channel import Settings as ChannelVariance
from snnlearn.variance.mnist import Settings as MnistVariance


@validated(frozen=True, config=STRICT)
class Variance:
    """How much is run to find which source of randomness makes runs differ."""

    channel: ChannelVariance = ChannelVariance()
    """Of the communication channel."""

    mnist: MnistVariance = MnistVariance()
    """Of the classifier."""


@validated(frozen=True, config=STRICT)
class General:
    """The top level, beside the blocks of the experiments."""

    seeds: Seeds = tuple(range(20))
    """Seeds of every experiment that names none of its own: their number, or a list."""

    fidelity: Literal["corrected", "as_published"] = "corrected"
    """``corrected``: slips of the chapter's code that its text does not mean are mended.
    ``as_published``: they are left as they are. Each slip is a parameter too, and goes its own way
    where that is set.
    """

    variance: Variance = Variance()
    """The decomposition of the variance between runs."""

    data: DataSettings = DataSettings()
    """The images of the classifier."""

    tracking: TrackingSettings = TrackingSettings()
    """Logging with MLflow."""

    figures: FigureSettings = FigureSettings()
    """Look of the figures."""


@validated(frozen=True, config=STRICT)
class Schedule:
    """What every experiment's block may hold beside its parameters."""

    seeds: Seeds | None = None
    """Seeds of this experiment, instead of the top level's."""

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
    """

    parameters: Any
    seeds: tuple[int, ...]
    seeds_per_job: int

    def batches(self) -> dict[int, list[int]]:
        """Seeds of each batch: batch k holds those from k n to (k + 1) n - 1.

        So a seed is always in the same batch, and more seeds only add batches.
        """
        batches: dict[int, list[int]] = {}
        for seed in sorted(self.seeds):
            batches.setdefault(seed // self.seeds_per_job, []).append(seed)
        return batches


@dataclass(frozen=True)
class Config:
    """A validated configuration.

    Attributes
    ----------
    general : General
        The top level.
    blocks : dict of str to Block
        One block an experiment.
    """

    general: General
    blocks: dict[str, Block]

    def plain(self) -> dict[str, Any]:
        """All keys with their values, defaults included, as plain data."""
        blocks = {
            name: {"seeds": sorted(block.seeds)} | plain(block.parameters)
            for name, block in self.blocks.items()
        }
        return plain(self.general) | {"seeds": sorted(self.general.seeds)} | blocks

    def varied(self) -> list[str]:
        """The experiments whose variance is to be decomposed."""
        return [name for name in VARIED if self.variance_of(name).blocks > 0]

    def variance_of(self, experiment: str) -> Any:
        """What is run to decompose the variance of an experiment."""
        return getattr(self.general.variance, experiment)

    def sha256(self) -> str:
        """SHA-256 of all that decides the results: not of figures and tracking."""
        deciding = {k: v for k, v in self.plain().items() if k not in ("figures", "tracking")}
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
