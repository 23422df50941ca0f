"""How the classifier's neurons fire and are read, as a configuration says it."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from snnlearn.settings.types import LARGEST, NOT_A_FLAG, SMALLEST, STRICT, Natural, Positive

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


@dataclass(frozen=True, config=STRICT)
class TrainedRates:
    """What training makes of the rates of neurons; by default the chapter's, the rates as they are.

    Evaluation knows nothing of it: what fires there are the same LIF neurons.
    """

    smoothing: Annotated[float, Field(ge=1e-3, le=10), NOT_A_FLAG] | None = None
    """Width of the soft threshold, in units of the threshold current: that of ``lif_smoothing`` in
    NengoDL. By default the threshold is hard.
    """

    noise: Annotated[float, Field(ge=0, le=1000), NOT_A_FLAG] = 0.0
    """Standard deviation in hertz of normal noise on every rate, drawn anew for each image."""

    penalty: Annotated[float, Field(ge=0, le=1), NOT_A_FLAG] = 0.0
    """What an image adds to the loss, in nats per hertz squared, by the square of how far the mean
    rate of each layer is above ``target``.
    """

    target: Annotated[float, Field(ge=0, le=499), NOT_A_FLAG] = 0.0
    """The mean rate in hertz up to which a layer costs nothing."""


@dataclass(frozen=True, config=STRICT)
class TrainedSpikes:
    """Training through spikes in place of rates, with a surrogate for their gradient."""

    steps: Annotated[Natural, Field(le=50)] = 0
    """For so many steps of 1 ms a training image is shown; 0 trains with rates."""

    slope: Annotated[float, Field(ge=1e-3, le=1e3), NOT_A_FLAG] = 10.0
    """How fast the gradient of a spike falls with the distance of the voltage from its threshold:
    the slope of a fast sigmoid, in units of the threshold.
    """


#: The rates as they are, and no spikes.
AS_THEY_ARE = TrainedRates()
NO_SPIKES = TrainedSpikes()
