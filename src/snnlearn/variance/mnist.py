"""Sources of randomness of the spiking classifier."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic.dataclasses import dataclass

from snnlearn import datasets
from snnlearn.experiment import Metric
from snnlearn.experiments.mnist import Parameters
from snnlearn.experiments.mnist.evaluation import evaluator
from snnlearn.experiments.mnist.training import train
from snnlearn.quantities import STRICT, Count, Natural

#: Each source, and what :func:`snnlearn.seeding.seed_for` calls its parts.
SOURCES = {
    "initial weights": ("convolution 1", "convolution 2", "convolution 3", "dense"),
    "initial voltages": ("network",),
    "order of training": ("order of images",),
}
#: Training and testing would split their work between threads in different ways.
THREADS = 1

METRICS = ("accuracy_before", "accuracy_after")


@dataclass(frozen=True, config=STRICT)
class Settings:
    """How much is run for it: every block trains four networks.

    Attributes
    ----------
    blocks : int
        Blocks of eight runs: two sets of initial weights, of initial voltages and two orders of
        training in every combination. 0 leaves the decomposition out.
    epochs : int
        Epochs of each training.
    training_images : int, optional
        Train with the first so many training images.
    test_images : int, optional
        Test with the first so many test images.
    """

    blocks: Natural = 2
    epochs: Count = 1
    training_images: Count | None = 6000
    test_images: Count | None = 200


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
    variant = f"trained/{datasets.read_origin(dataset.with_suffix('.json')).label}"
    x, y = images.x_test[: settings.test_images], images.y_test[: settings.test_images]

    @cache
    def trained(epochs: int, *seed: tuple[str, int]) -> list[np.ndarray]:
        with TemporaryDirectory() as folder:
            return train(
                images.x_train[: settings.training_images],
                images.y_train[: settings.training_images],
                seed=dict(seed),
                epochs=epochs,
                learning_rate=parameters.parameters.training.learning_rate,
                checkpoint=Path(folder) / "training.npz",
                minibatch_size=parameters.minibatch_size,
                engine=parameters.engine,
                threads=THREADS,
            ).parameters

    def at_phase(phase: str, seed: Mapping[str, int]) -> list[np.ndarray]:
        without = {"network": 0} if phase == "after" else {"network": 0, "order of images": 0}
        return trained(settings.epochs if phase == "after" else 0, *{**seed, **without}.items())

    weights = {
        (phase, number): at_phase(phase, seed)
        for number, seed in enumerate(seeds)
        for phase in ("before", "after")
    }
    accuracy: dict[tuple[str, int], float] = {}
    for voltages in sorted({seed["network"] for seed in seeds}):
        of_these = [number for number, seed in enumerate(seeds) if seed["network"] == voltages]
        with evaluator(
            seed=seeds[of_these[0]],
            minibatch_size=parameters.minibatch_size,
            engine=parameters.engine,
            threads=THREADS,
        ) as network:
            for phase, number in product(("before", "after"), of_these):
                network.load(weights[phase, number])
                answers = network.readouts(x, parameters.n_steps)[:, -1].argmax(axis=1)
                accuracy[phase, number] = float(np.mean(answers == y))
    for number in range(len(seeds)):
        yield (
            variant,
            {
                f"accuracy_{phase}": Metric(accuracy[phase, number], "1")
                for phase in ("before", "after")
            },
        )
