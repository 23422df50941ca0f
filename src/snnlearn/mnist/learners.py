"""Show the classifier its training images once, with one engine or the other.

Both start from the network that NengoDL builds, and change the variables of its Keras model and
of its optimizer; so a state of training can pass from one to the other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.surrogate import Surrogate
from snnlearn.engines.feedforward.training import NO_SHAPING, CompiledTraining, Shaping
from snnlearn.mnist import network
from snnlearn.mnist.neurons import (
    AS_THEY_ARE,
    CHAPTER,
    NO_SPIKES,
    Neurons,
    TrainedRates,
    TrainedSpikes,
)
from snnlearn.seeding import Seed, seed_for

#: Called after each minibatch with the number of minibatches done in this epoch, and the means
#: of loss (nats) and accuracy over them.
Report = Callable[[int, float, float], None]


class Learner(Protocol):
    """Something that learns.

    Attributes
    ----------
    weights : list of tf.Variable
        The parameters, in the order of ``network.parameter_shapes()``.
    optimizer : tf_keras.optimizers.Optimizer
        What changes them.
    """

    weights: list[Any]
    optimizer: Any

    def epoch(self, images: np.ndarray, labels: np.ndarray, report: Report) -> tuple[float, float]:
        """Learn from images once.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, 784)
            Pixel values; n is a multiple of the minibatch.
        labels : numpy.ndarray of int, shape (n,)
            Classes from 0 to 9.
        report : callable
            Hears of every minibatch.

        Returns
        -------
        loss, accuracy : float
            Means over all minibatches, each before the step that it led to.
        """


class WithNengoDL:
    """NengoDL's own training."""

    def __init__(self, simulator: Any, classifier: network.Classifier, optimizer: Any) -> None:
        tf = nengodl.tensorflow()
        self._simulator, self._classifier = simulator, classifier
        self.weights, self.optimizer = simulator.keras_model.weights, optimizer
        simulator.compile(
            optimizer=optimizer,
            loss={classifier.readout: tf.losses.SparseCategoricalCrossentropy(from_logits=True)},
            metrics={classifier.readout: tf.metrics.SparseCategoricalAccuracy(name="accuracy")},
        )

    def epoch(self, images: np.ndarray, labels: np.ndarray, report: Report) -> tuple[float, float]:
        """Learn from images once; shapes are those of :meth:`Learner.epoch`."""

        def accuracy(logs: dict[str, float]) -> float:
            (value,) = (value for name, value in logs.items() if name.endswith("accuracy"))
            return value

        tf = nengodl.tensorflow()
        logs = self._simulator.fit(
            {self._classifier.image: images[:, np.newaxis].astype(np.float32)},
            {self._classifier.readout: labels.astype(np.int32).reshape(-1, 1, 1)},
            shuffle=False,
            verbose=0,
            callbacks=[
                tf.keras.callbacks.LambdaCallback(
                    on_batch_end=lambda batch, logs: report(batch + 1, logs["loss"], accuracy(logs))
                )
            ],
        ).history
        last = {name: values[-1] for name, values in logs.items()}
        return last["loss"], accuracy(last)


class Compiled:
    """The same steps, compiled."""

    def __init__(
        self,
        simulator: Any,
        classifier: network.Classifier,
        optimizer: Any,
        threads: int,
        shaping: Shaping = NO_SHAPING,
    ) -> None:
        self._training = CompiledTraining(
            simulator, classifier.image, classifier.readout, optimizer, threads, shaping
        )
        self._minibatch_size = simulator.minibatch_size
        self.weights, self.optimizer = simulator.keras_model.weights, optimizer

    def epoch(self, images: np.ndarray, labels: np.ndarray, report: Report) -> tuple[float, float]:
        """Learn from images once; shapes are those of :meth:`Learner.epoch`."""
        losses, right, size = 0.0, 0, self._minibatch_size
        for number, start in enumerate(range(0, len(images), size), start=1):
            batch = slice(start, start + size)
            loss, right_now = self._training.step(images[batch], labels[batch])
            losses, right = losses + loss, right + right_now
            mean_loss, accuracy = losses / number, right / (number * size)
            report(number, mean_loss, accuracy)
        return mean_loss, accuracy


@contextmanager
def learner(
    *,
    seed: Seed,
    learning_rate: float,
    minibatch_size: int,
    engine: str,
    threads: int,
    neurons: Neurons = CHAPTER,
    rates: TrainedRates = AS_THEY_ARE,
    spikes: TrainedSpikes = NO_SPIKES,
) -> Iterator[Learner]:
    """Open an untrained classifier with RMSprop.

    Parameters
    ----------
    seed : int or mapping
        Seed of the network.
    learning_rate : float
        Of RMSprop.
    minibatch_size : int
        Images per step.
    engine : str
        ``compiled`` or ``nengo-dl``.
    threads : int
        TensorFlow's threads; with NengoDL, the last bits depend on it.
    neurons : Neurons
        How they fire.
    rates : TrainedRates
        What training makes of rates.
    spikes : TrainedSpikes
        Whether it is through spikes instead.

    Yields
    ------
    Learner
        Its weights cannot be changed after leaving the context.
    """
    # Of the seeds of a design, that of the order: what is drawn anew in each step goes with it.
    shaping = Shaping(
        rates.noise,
        rates.penalty,
        rates.target,
        seed_for("mnist", seed, "order of images"),
        Surrogate(spikes.steps, spikes.slope) if spikes.steps else None,
    )
    nengo_dl, tf = nengodl.load(threads, split_operations=engine == "nengo-dl")
    classifier = network.build(seed, neurons)
    with classifier.network:
        nengo_dl.configure_settings(lif_smoothing=rates.smoothing)
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=minibatch_size, progress_bar=False
    ) as simulator:
        optimizer = tf.optimizers.RMSprop(learning_rate)
        optimizer.build(simulator.keras_model.trainable_weights)
        if engine == "nengo-dl":
            yield WithNengoDL(simulator, classifier, optimizer)
        else:
            yield Compiled(simulator, classifier, optimizer, threads, shaping)
