"""How the classifier's neurons fire and are read, as a configuration says it."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.settings.types import LARGEST, NOT_A_FLAG, SMALLEST, STRICT, Positive

#: In hertz, below 1 / 2 ms: the refractory time of the neurons.
Rate = Annotated[float, Field(ge=SMALLEST, le=499), NOT_A_FLAG]

#: In seconds, not below what a step can filter.
FilterTime = Annotated[float, Field(ge=1e-4, le=LARGEST), NOT_A_FLAG]


@dataclass(frozen=True, config=STRICT)
class Neurons:
    """How neurons fire; the defaults are the chapter's."""

    amplitude: Positive = 0.01
    """Height of a spike times the time step."""

    max_rate: Rate = 100.0
    """Firing rate in hertz at a driven input of 1: it sets the gain."""


#: Those of the chapter.
CHAPTER = Neurons()
