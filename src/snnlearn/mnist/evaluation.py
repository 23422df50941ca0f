"""Run the spiking classifier on images and return its read-out over time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import rates
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.mnist import network
from snnlearn.mnist.settings import Engine
from snnlearn.seeding import Seed

#: Called after each minibatch with the number of images that are done.
Report = Callable[[int], object]

#: Images whose spikes are recorded at once: what 30 steps of 10 leave takes 80 MB.
RECORDED_AT_ONCE = 10


@dataclass(frozen=True)
class Evaluator:
    """A classifier with its parameters, ready to look at images.

    Attributes
    ----------
    simulator : nengo_dl.Simulator
        The open simulator that holds the parameters.
    classifier : network.Classifier
        The network.
    engine : str
        ``compiled`` or ``nengo-dl``.
    """

    simulator: Any
    classifier: network.Classifier
    engine: Engine

    @cached_property
    def compiled(self) -> CompiledNetwork:
        """The network as the compiled engine runs it; it takes the parameters of the simulator."""
        classifier = self.classifier
        return CompiledNetwork(self.simulator, classifier.image, classifier.filtered)

    def load(self, parameters: list[np.ndarray]) -> None:
        """Replace the parameters, given in the order of ``network.parameter_shapes()``."""
        network.set_parameters(self.simulator, parameters)

    def readouts(
        self, images: np.ndarray, n_steps: int, report: Report | None = None
    ) -> np.ndarray:
        """Filtered read-out of each image at each time step.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 28, 28)
            Pixel values from 0 to 255; each image is shown without a change for all steps.
        n_steps : int
            Presentation time in steps of 1 ms.
        report : callable, optional
            Called after each minibatch with the number of images that are done.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, 10)
            The ten class scores after the low-pass filter.
        """
        return _READOUTS[self.engine](self, _flat(images), n_steps, report)

    def rate_readouts(self, images: np.ndarray) -> np.ndarray:
        """Read-out of each image where neurons put out their rates, as in training.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 28, 28)
            Pixel values from 0 to 255.

        Returns
        -------
        numpy.ndarray of float32, shape (n, 10)
            The ten class scores.
        """
        classifier = self.classifier
        return rates.predict(self.simulator, classifier.image, classifier.readout, _flat(images))

    def spikes(self, images: np.ndarray, n_steps: int) -> list[np.ndarray]:
        """Mean number of spikes of all neurons in the presentation of an image.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 28, 28)
            Pixel values from 0 to 255.
        n_steps : int
            Presentation time of each image in steps of 1 ms.

        Returns
        -------
        list of numpy.ndarray of float32, shape (neurons,)
            One array a layer.
        """
        inputs, counts = _flat(images), []
        for start in range(0, len(inputs), RECORDED_AT_ONCE):
            layers = self.compiled.activity(inputs[start : start + RECORDED_AT_ONCE], n_steps)
            counts.append([np.count_nonzero(layer.spikes, axis=(0, 1)) for layer in layers])
        return [
            (np.sum(of_layer, axis=0) / len(inputs)).astype(np.float32)
            for of_layer in zip(*counts, strict=True)
        ]


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32)


def _with_nengo_dl(
    evaluator: Evaluator, images: np.ndarray, n_steps: int, report: Report | None
) -> np.ndarray:
    """NengoDL takes whole minibatches, tiled over time: one at a time, the last one padded."""
    size = evaluator.simulator.minibatch_size
    readouts = np.empty((len(images), n_steps, network.N_CLASSES), np.float32)
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        padded = np.concatenate([batch, np.zeros((size - len(batch), batch.shape[1]), np.float32)])
        tiled = np.repeat(padded[:, np.newaxis], n_steps, axis=1)
        predicted = evaluator.simulator.predict_on_batch({evaluator.classifier.image: tiled})
        readouts[start : start + size] = predicted[evaluator.classifier.filtered][: len(batch)]
        if report:
            report(start + len(batch))
    return readouts


def _compiled(
    evaluator: Evaluator, images: np.ndarray, n_steps: int, report: Report | None
) -> np.ndarray:
    return evaluator.compiled.predict(images, n_steps, evaluator.simulator.minibatch_size, report)


_READOUTS: dict[str, Callable[[Evaluator, np.ndarray, int, Report | None], np.ndarray]] = {
    "compiled": _compiled,
    "nengo-dl": _with_nengo_dl,
}


@contextmanager
def evaluator(
    *, seed: Seed, minibatch_size: int, engine: Engine, threads: int
) -> Iterator[Evaluator]:
    """Open an untrained classifier.

    Parameters
    ----------
    seed : int or mapping
        Seed of the network: initial weights and membrane voltages.
    minibatch_size : int
        Images simulated at once; memory grows with it.
    engine : str
        ``compiled`` or ``nengo-dl``.
    threads : int
        TensorFlow's threads.

    Yields
    ------
    Evaluator
        Closed on leaving the context.
    """
    nengo_dl, _ = nengodl.load(threads)
    classifier = network.build(seed)
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=minibatch_size, progress_bar=False
    ) as simulator:
        yield Evaluator(simulator, classifier, engine)
