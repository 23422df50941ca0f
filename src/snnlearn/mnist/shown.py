"""Which trained networks are looked at, and with which images: what their experiments share."""

from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.mnist.settings import ParameterSource, Recipe
from snnlearn.settings.types import STRICT, Count, DatasetName, Threads


@dataclass(frozen=True, config=STRICT)
class Shown:
    """Trained networks, and the images that they are shown."""

    parameters: ParameterSource = Field(default_factory=ParameterSource)
    """Where the trained parameters come from."""

    dataset: DatasetName | None = None
    """The name of the images, in training and in testing: one of ``datasets``. By default those of
    ``data``.
    """

    test_images: Count | None = None
    """Use only the first so many test images."""

    threads: Threads = 1
    """Threads of one job. No result depends on their number."""

    on_unavailable: Literal["stand-in", "fail"] = "stand-in"
    """What to do when the data set cannot be had: ``stand-in`` goes on with the bundled digits and
    says so everywhere, ``fail`` stops.
    """

    @property
    def recipe(self) -> Recipe:
        """What decides the trained parameters."""
        return Recipe.of(self.parameters, "compiled", self.threads)
