"""Sources of randomness of the communication channel."""

from collections.abc import Iterator, Sequence

from pydantic.dataclasses import dataclass

from snnlearn.experiments import Metric, channel
from snnlearn.results import DEFAULT_VARIANT
from snnlearn.seeding import Seed
from snnlearn.settings.types import STRICT, Natural

#: Each source, and what :func:`snnlearn.seeding.seed_for` calls its parts.
SOURCES = {
    "network": ("network",),
    "input": ("stimulus", "stimulus after learning"),
    "initial function": ("initial function",),
}
METRICS = ("rmse_first_second", "rmse_last_second", "rmse_generalization", "decay_rate")


@dataclass(frozen=True, config=STRICT)
class Settings:
    """How much is run for it."""

    blocks: Natural = 16
    """Blocks of eight runs: two networks, two inputs and two initial functions in every
    combination. 0 leaves the decomposition out.
    """


def runs(
    parameters: channel.Parameters, settings: Settings, seeds: Sequence[Seed]
) -> Iterator[tuple[str, dict[str, Metric]]]:
    """Run the experiment with some seeds; yield the variant and the metrics of each."""
    for traces in channel.simulate(parameters, seeds):
        yield DEFAULT_VARIANT, channel.measure(traces, parameters)
