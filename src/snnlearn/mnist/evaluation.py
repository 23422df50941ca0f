"""Run the spiking classifier on images and return its read-out over time."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.evaluation import CompiledNetwork
from snnlearn.jobs import cores
from snnlearn.mnist import cost, network, perturbing
from snnlearn.mnist.neurons import CHAPTER, Neurons
from snnlearn.mnist.settings import Engine
from snnlearn.seeding import Seed

logger = logging.getLogger(__name__)

#: Called now and then with the number of images that are done.
Report = Callable[[int], object]


class Evaluator:
    """A classifier with its parameters, ready to look at images; at first, it is untrained.

    Parameters
    ----------
    seed : int or mapping
        Seed of the network: initial weights and membrane voltages.
    threads : int
        How many work side by side. No result depends on it.
    neurons : Neurons
        How they fire.
    readout_synapse : float
        Time constant in seconds of the low-pass filter on the read-out.
    """

    def __init__(
        self,
        seed: Seed,
        threads: int,
        neurons: Neurons = CHAPTER,
        readout_synapse: float = network.READOUT_SYNAPSE,
    ) -> None:
        self._chain, self._threads = network.chain(seed, neurons, readout_synapse), threads
        self.load(network.initial_parameters(seed))

    def load(self, parameters: Sequence[np.ndarray]) -> None:
        """Replace the parameters.

        Parameters
        ----------
        parameters : sequence of numpy.ndarray
            In the order, and of the shapes, of ``network.parameter_shapes()``.

        Raises
        ------
        ValueError
            If their number or shapes are others.
        """
        shapes, expected = [p.shape for p in parameters], [*network.parameter_shapes().values()]
        if shapes != expected:
            raise ValueError(f"the parameters have the shapes {shapes}, not {expected}")
        self._network = CompiledNetwork(self._chain, parameters, self._threads)

    def lose(self, share: float, rng: np.random.Generator) -> None:
        """Let a share of the neurons of each layer die, from the next :meth:`load` on.

        Parameters
        ----------
        share : float
            From 0 to 1.
        rng : numpy.random.Generator
            Draws which.
        """
        self._chain = perturbing.with_dead(self._chain, share, rng)

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
            Called now and then with the number of images that are done.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, 10)
            The ten class scores after the low-pass filter.
        """
        return self._network.predict(_flat(images), n_steps, report)

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
        return self._network.rates(_flat(images))

    def readouts_and_accumulates(
        self, images: np.ndarray, n_steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Filtered read-out of each image at each time step, and what its spikes cost.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 28, 28)
            Pixel values from 0 to 255.
        n_steps : int
            Presentation time in steps of 1 ms.

        Returns
        -------
        readouts : numpy.ndarray of float32, shape (n, n_steps, 10)
            As :meth:`readouts` returns them.
        accumulates : numpy.ndarray of int64, shape (n, n_steps, 3)
            Operations that the spikes of each layer cause in each step, as
            :func:`snnlearn.mnist.cost.accumulates` counts them.
        """
        return self._network.weighed(_flat(images), n_steps, cost.fan_out())

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
        counted = self._network.spikes(_flat(images), n_steps)
        return [(of_layer / len(images)).astype(np.float32) for of_layer in counted]


class WithNengoDL(Evaluator):
    """The same, with the read-out over time from NengoDL's own simulator.

    Parameters
    ----------
    seed : int or mapping
        As above.
    threads : int
        As above.
    simulator : nengo_dl.Simulator
        An open simulator of the classifier.
    classifier : network.Classifier
        The classifier.
    neurons : Neurons
        Those of the classifier.
    readout_synapse : float
        That of the classifier.
    """

    def __init__(
        self,
        seed: Seed,
        threads: int,
        simulator: Any,
        classifier: network.Classifier,
        neurons: Neurons,
        readout_synapse: float,
    ) -> None:
        self._simulator, self._classifier = simulator, classifier
        super().__init__(seed, threads, neurons, readout_synapse)

    def load(self, parameters: Sequence[np.ndarray]) -> None:
        """Replace the parameters, as ``Simulator.load_params`` does without its file.

        Parameters
        ----------
        parameters : sequence of numpy.ndarray
            In the order, and of the shapes, of ``network.parameter_shapes()``.
        """
        super().load(parameters)
        self._simulator.keras_model.set_weights(parameters)

    def readouts(
        self, images: np.ndarray, n_steps: int, report: Report | None = None
    ) -> np.ndarray:
        """Filtered read-out of each image at each time step.

        NengoDL takes whole minibatches, tiled over time: one at a time, the last one padded.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 28, 28)
            As above.
        n_steps : int
            As above.
        report : callable, optional
            As above.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, 10)
            As above.
        """
        inputs, size = _flat(images), self._simulator.minibatch_size
        readouts = np.empty((len(inputs), n_steps, network.N_CLASSES), np.float32)
        for start in range(0, len(inputs), size):
            batch = inputs[start : start + size]
            padding = np.zeros((size - len(batch), batch.shape[1]), np.float32)
            padded = np.concatenate([batch, padding])
            tiled = np.repeat(padded[:, np.newaxis], n_steps, axis=1)
            predicted = self._simulator.predict_on_batch({self._classifier.image: tiled})
            found = predicted[self._classifier.filtered]
            readouts[start : start + size] = found[: len(batch)]
            if report:
                report(start + len(batch))
        return readouts


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32)


@contextmanager
def evaluator(
    *,
    seed: Seed,
    minibatch_size: int,
    engine: Engine,
    threads: int | None = None,
    neurons: Neurons = CHAPTER,
    readout_synapse: float = network.READOUT_SYNAPSE,
) -> Iterator[Evaluator]:
    """Open an untrained classifier.

    Parameters
    ----------
    seed : int or mapping
        Seed of the network: initial weights and membrane voltages.
    minibatch_size : int
        Images that NengoDL simulates at once; memory grows with it.
    engine : str
        ``compiled`` or ``nengo-dl``.
    threads : int, optional
        How many work side by side (default: as many as there are cores).
    neurons : Neurons
        How they fire.
    readout_synapse : float
        Time constant in seconds of the low-pass filter on the read-out.

    Yields
    ------
    Evaluator
        Not to be used after leaving the context.
    """
    threads = threads or cores.available()
    logger.info("Evaluating with engine %s, threads: %d", engine, threads)
    if engine == "compiled":
        yield Evaluator(seed, threads, neurons, readout_synapse)
        return
    nengo_dl, _ = nengodl.load(threads)
    classifier = network.build(seed, neurons, readout_synapse)
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=minibatch_size, progress_bar=False
    ) as simulator:
        yield WithNengoDL(seed, threads, simulator, classifier, neurons, readout_synapse)
