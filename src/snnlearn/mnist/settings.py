"""Where the classifier's trained parameters come from, as a configuration says it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.mnist.neurons import CHAPTER, NO_SPIKES, Neurons, TrainedRates, TrainedSpikes
from snnlearn.seeding import Seed
from snnlearn.settings.addresses import FileAddress
from snnlearn.settings.paths import SEED, PathText, expanded
from snnlearn.settings.types import STRICT, Count, Flag, Positive, Sha256

Engine = Literal["compiled", "nengo-dl"]
ENGINES = get_args(Engine)

#: The folder of the pipeline, with the parameters that come with it.
PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, config=STRICT)
class Pretrained:
    """Files of parameters at hand."""

    file: PathText = f"resources/pretrained/spiking-convnet-{SEED}.npz"
    """An ``.npz`` in NengoDL's layout. Where its name has ``{seed}``, each seed has a file of its
    own; else it is one network, for one seed.
    """

    sha256: Sha256 | None = None
    """Its SHA-256; by default the one in the provenance file beside it, if there is one."""

    @model_validator(mode="after")
    def _one_hash_for_one_file(self) -> "Pretrained":
        if self.sha256 is not None and SEED in self.file:
            raise ValueError(
                f"sha256 is of one file, and {self.file} names several: each has its own beside it"
            )
        return self

    def of(self, seed: Seed) -> str:
        """The file of one seed: in the folder where this runs, or else beside the pipeline."""
        file = expanded(self.file.replace(SEED, str(seed)))
        shipped = PROJECT / file
        return str(shipped if shipped.is_file() and not file.is_file() else file)


@dataclass(frozen=True, config=STRICT)
class Download:
    """A file of parameters to be downloaded."""

    url: FileAddress = (
        "https://drive.google.com/uc?export=download&id=1l5aivQljFoXzPP5JVccdFXbOYRv3BCJR"
    )
    """Its address; the default is the chapter's, whose hash was never published."""

    sha256: Sha256 | None = None
    """Its SHA-256, if known."""


@dataclass(frozen=True, config=STRICT)
class Training:
    """How parameters are trained; the defaults are the chapter's."""

    epochs: Annotated[Count, Field(le=100_000)] = 10
    """How often all training images are shown."""

    learning_rate: Positive = 0.001
    """Of RMSprop."""

    images: Count | None = None
    """Use only the first so many training images."""

    minibatch_size: Annotated[Count, Field(le=60_000)] = 200
    """Images per step of training."""

    rates: TrainedRates = Field(default_factory=TrainedRates)
    """What training makes of rates."""

    spikes: TrainedSpikes = Field(default_factory=TrainedSpikes)
    """Training through spikes, not rates."""

    def check(self, engine: str) -> None:
        """Check that an engine can train so.

        Raises
        ------
        ValueError
            If it cannot; the message says what to do.
        """
        others = "noise and penalty of parameters.training.rates, and parameters.training.spikes,"
        if engine == "nengo-dl" and (self.rates.noise or self.rates.penalty or self.spikes.steps):
            raise ValueError(f"{others} are not NengoDL's: set engine: compiled")

    @model_validator(mode="after")
    def _rates_or_spikes(self) -> "Training":
        if self.spikes.steps and (self.rates.smoothing or self.rates.noise):
            raise ValueError(
                "smoothing and noise are of rates, and spikes.steps trains through spikes: "
                "leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _a_whole_minibatch(self) -> "Training":
        if self.images is not None and self.images < self.minibatch_size:
            raise ValueError(
                f"images ({self.images}) are less than one minibatch "
                f"(minibatch_size: {self.minibatch_size})"
            )
        return self


@dataclass(frozen=True, config=STRICT)
class ParameterSource:
    """Where the trained parameters of the classifier come from."""

    mode: Literal["pretrained", "download", "train"] = "pretrained"
    """``pretrained``: files at hand. ``download``: a file from an address, which is one network,
    for one seed. ``train``: trained here, for each seed.
    """

    pretrained: Pretrained = Field(default_factory=Pretrained)
    """The files for that mode."""

    download: Download = Field(default_factory=Download)
    """The address for that mode."""

    training: Training = Field(default_factory=Training)
    """Settings for that mode."""

    accept_unverified: Flag = False
    """Whether a file whose SHA-256 is not known beforehand may be used. It is then marked as
    unverified wherever its results appear.
    """

    def files(self, seed: Seed) -> list[str]:
        """The files at hand that one seed takes."""
        return [self.pretrained.of(seed)] if self.mode == "pretrained" else []

    def refused(self, seeds: Sequence[Seed]) -> str:
        """Why there are no parameters for some seeds; empty where there are."""
        if self.mode == "train":
            return ""
        if len(seeds) > 1 and any(isinstance(seed, Mapping) for seed in seeds):
            return "the seeds of a design have no files"
        if self.mode == "pretrained" and SEED in self.pretrained.file:
            missing = [seed for seed in seeds if not Path(self.pretrained.of(seed)).is_file()]
            if not missing:
                return ""
            of_others = f"{n} other seeds" if (n := len(missing) - 1) > 1 else "another seed"
            others = f", and none for {of_others}" if n else ""
            return f"there is no file {self.pretrained.of(missing[0])}{others}"
        one = "a download" if self.mode == "download" else self.pretrained.file
        n = len(seeds)
        return f"{one} is one network, and there are {n} seeds: name one" if n > 1 else ""

    @model_validator(mode="after")
    def _hash_known_or_waived(self) -> "ParameterSource":
        unknown = self.mode == "download" and self.download.sha256 is None
        if unknown and not self.accept_unverified:
            raise ValueError(
                "mode is 'download' but download.sha256 is not given: give it, or set "
                "accept_unverified: true to use a file that cannot be verified"
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """All of the settings that decides trained parameters; nothing that only evaluates them."""

    source: ParameterSource
    """Where they come from."""

    engine: Engine
    """What trains."""

    threads: Count | None = None
    """Threads of TensorFlow, where the last bits of the result depend on them."""

    neurons: Neurons = CHAPTER
    """How they fire."""

    @classmethod
    def of(
        cls, source: ParameterSource, engine: Engine, threads: int, neurons: Neurons = CHAPTER
    ) -> "Recipe":
        """The recipe of some settings: what does not matter in the source's mode is left out."""
        if source.mode == "train":
            training = source.training
            if not training.spikes.steps:  # no slope, then
                training = replace(training, spikes=NO_SPIKES)
            source = ParameterSource(mode="train", training=training)
        else:
            neurons = CHAPTER
        return cls(source, engine, threads if engine == "nengo-dl" else None, neurons)
