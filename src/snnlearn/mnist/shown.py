"""Which trained networks are looked at, and with which images: what their experiments share."""

from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.mnist.settings import ParameterSource, Recipe
from snnlearn.settings.types import STRICT, Count, DatasetName, Threads

#: What the seed of a trained network decides, as :data:`snnlearn.experiments` has it.
RANDOM_SOURCES = {
    "initial weights": ("convolution 1", "convolution 2", "convolution 3", "dense"),
    "initial voltages": ("network",),
    "order of training": ("order of images",),
}


@dataclass(frozen=True, config=STRICT)
class Shown:
    """Trained networks, and the images that they are shown.

    Descriptions are given to the fields: pydantic forgets, in a class that is derived, the strings
    that stand below them.
    """

    parameters: ParameterSource = Field(
        default_factory=ParameterSource, description="Where the trained parameters come from."
    )
    dataset: DatasetName | None = Field(
        default=None,
        description="The name of the images, in training and in testing: one of `datasets`. By "
        "default those of `data`.",
    )
    test_images: Count | None = Field(
        default=None, description="Use only the first so many test images."
    )
    threads: Threads = Field(
        default=1, description="Threads of one job. No result depends on their number."
    )
    on_unavailable: Literal["stand-in", "fail"] = Field(
        default="stand-in",
        description="What to do when the data set cannot be had: `stand-in` goes on with the "
        "bundled digits and says so everywhere, `fail` stops.",
    )

    @property
    def recipe(self) -> Recipe:
        """What decides the trained parameters."""
        return Recipe.of(self.parameters, "compiled", self.threads)
