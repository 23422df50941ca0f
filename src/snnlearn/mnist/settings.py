"""Where the classifier's trained parameters come from, as a configuration says it."""

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from snnlearn.settings.types import STRICT, Count, Flag, Positive, Sha256, Text

Engine = Literal["compiled", "nengo-dl"]
ENGINES = get_args(Engine)


@dataclass(frozen=True, config=STRICT)
class Pretrained:
    """A file of parameters at hand."""

    file: Text = "resources/pretrained/spiking-convnet.npz"
    """An ``.npz`` in NengoDL's layout."""

    sha256: Sha256 | None = None
    """Its SHA-256; by default the one in the provenance file beside it, if there is one."""


@dataclass(frozen=True, config=STRICT)
class Download:
    """A file of parameters to be downloaded."""

    url: Annotated[str, Field(pattern=r"^https?://.+")] = (
        "https://drive.google.com/uc?export=download&id=1l5aivQljFoXzPP5JVccdFXbOYRv3BCJR"
    )
    """Its address; the default is the chapter's, whose hash was never published."""

    sha256: Sha256 | None = None
    """Its SHA-256, if known."""


@dataclass(frozen=True, config=STRICT)
class Training:
    """How parameters are trained; the defaults are the chapter's."""

    epochs: Count = 10
    """How often all training images are shown."""

    learning_rate: Positive = 0.001
    """Of RMSprop."""

    images: Count | None = None
    """Use only the first so many training images."""

    minibatch_size: Count = 200
    """Images per step of training."""

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
    """``pretrained``: a file at hand. ``download``: a file from an address. ``train``: trained
    here, for each seed.
    """

    pretrained: Pretrained = Field(default_factory=Pretrained)
    """The file for that mode."""

    download: Download = Field(default_factory=Download)
    """The address for that mode."""

    training: Training = Field(default_factory=Training)
    """Settings for that mode."""

    accept_unverified: Flag = False
    """Whether a file whose SHA-256 is not known beforehand may be used. It is then marked as
    unverified wherever its results appear.
    """

    def files(self) -> list[str]:
        """The files at hand that these settings read."""
        return [self.pretrained.file] if self.mode == "pretrained" else []

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

    @classmethod
    def of(cls, source: ParameterSource, engine: Engine, threads: int) -> "Recipe":
        """The recipe of some settings: what does not matter in the source's mode is left out."""
        if source.mode == "train":
            source = ParameterSource(mode="train", training=source.training)
        return cls(source, engine, threads if engine == "nengo-dl" else None)
