"""Sources of randomness of the spiking classifier."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydantic.dataclasses import dataclass

from snnlearn.data import datasets
from snnlearn.data.origin import read_origin
from snnlearn.experiments import Metric
from snnlearn.experiments.mnist import Parameters
from snnlearn.jobs import progress
from snnlearn.mnist.evaluation import evaluator
from snnlearn.mnist.training import Trained, train
from snnlearn.settings.types import STRICT, Count, Natural

logger = logging.getLogger(__name__)

#: Each source, and what :func:`snnlearn.seeding.seed_for` calls its parts.
SOURCES = {
    "initial weights": ("convolution 1", "convolution 2", "convolution 3", "dense"),
    "initial voltages": ("network",),
    "order of training": ("order of images",),
}
#: Training and testing would split their work between threads in different ways.
THREADS = 1

PHASES = ("before", "after")
METRICS = tuple(f"accuracy_{phase}" for phase in PHASES)

#: A phase, and seeds of parts.
State = tuple[Any, ...]


@dataclass(frozen=True, config=STRICT)
class Settings:
    """How much is run for it: every block trains four networks."""

    blocks: Natural = 2
    """Blocks of eight runs: two sets of initial weights, of initial voltages and two orders of
    training in every combination. 0 leaves the decomposition out.
    """

    epochs: Count = 1
    """Epochs of each training."""

    training_images: Count | None = 6000
    """Train with the first so many training images."""

    test_images: Count | None = 200
    """Test with the first so many test images."""


def runs(
    parameters: Parameters,
    settings: Settings,
    seeds: Sequence[Mapping[str, int]],
    *,
    dataset: Path,
) -> Iterator[tuple[str, dict[str, Metric]]]:
    """Train and test the classifier with some seeds.

    Initial voltages make no difference to training, which knows rates only: networks that differ
    in nothing else are trained once.

    Parameters
    ----------
    parameters : Parameters
        Of the experiment; those of ``settings`` take the place of its own.
    settings : Settings
        How long to train, and with how many images.
    seeds : sequence of mapping
        A seed for each source.
    dataset : pathlib.Path
        The images; their origin stands beside them.

    Yields
    ------
    variant : str
        Origin of the parameters and name of the data set.
    metrics : dict of str to Metric
        ``accuracy_before`` and ``accuracy_after`` training, at the end of the presentation.
    """
    images = datasets.read(dataset)
    variant = f"trained/{read_origin(dataset.with_suffix('.json')).label}"
    x, y = images.x_test[: settings.test_images], images.y_test[: settings.test_images]

    def trained(seed: Mapping[str, int]) -> Trained:
        with TemporaryDirectory() as folder:
            return train(
                images.x_train[: settings.training_images],
                images.y_train[: settings.training_images],
                seed=seed,
                epochs=settings.epochs,
                learning_rate=parameters.parameters.training.learning_rate,
                checkpoint=Path(folder) / "training.npz",
                minibatch_size=parameters.minibatch_size,
                engine=parameters.engine,
                threads=THREADS,
            )

    trainings = dict.fromkeys(_state("after", seed) for seed in seeds)
    with_voltages: dict[int, list[Mapping[str, int]]] = {}
    for seed in seeds:
        with_voltages.setdefault(seed["network"], []).append(seed)
    parts = progress.parts(len(trainings) + len(with_voltages))

    weights: dict[State, list[np.ndarray]] = {}
    for state in trainings:
        of_parts = dict(state[1:])
        with next(parts):
            found = trained(of_parts)
        weights[_state("before", of_parts)] = found.initial
        weights[state] = found.parameters
    accuracy: dict[tuple[int, State], float] = {}
    for voltages, of_these in with_voltages.items():
        with (
            next(parts),
            evaluator(
                seed=of_these[0],
                minibatch_size=parameters.minibatch_size,
                engine=parameters.engine,
                threads=THREADS,
            ) as network,
        ):
            for state in dict.fromkeys(_state(*pair) for pair in product(PHASES, of_these)):
                network.load(weights[state])
                answers = network.readouts(x, parameters.n_steps)[:, -1].argmax(axis=1)
                accuracy[voltages, state] = float(np.mean(answers == y))
            message = "tested all networks with initial voltages %d"
            progress.Progress(logger).tell(1, message, voltages, always=True)
    for seed in seeds:
        yield (
            variant,
            {
                f"accuracy_{phase}": Metric(accuracy[seed["network"], _state(phase, seed)], "1")
                for phase in PHASES
            },
        )


def _state(phase: str, seed: Mapping[str, int]) -> State:
    """What decides the parameters of a network: the phase, and the seeds that matter to them."""
    without = {"network"} if phase == "after" else {"network", "order of images"}
    return phase, *((part, 0 if part in without else value) for part, value in seed.items())
