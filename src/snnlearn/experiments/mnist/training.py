"""Train the classifier as the chapter does, reproducibly."""

import logging
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from snnlearn import nengodl
from snnlearn.experiments.mnist import network
from snnlearn.seeding import seed_for

logger = logging.getLogger(__name__)

#: Columns of a training history.
HISTORY = ["epoch", "loss", "accuracy"]


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes
    ----------
    parameters : list of numpy.ndarray
        In the order of ``network.parameter_shapes()``.
    history : pandas.DataFrame
        One row per epoch: ``epoch`` (from 1), ``loss`` (mean cross-entropy over the epoch's
        batches, nats) and ``accuracy`` (share of right answers over the epoch's batches, of the
        unfiltered read-out of rate neurons, while the parameters were changing).
    """

    parameters: list[np.ndarray]
    history: pd.DataFrame


def train(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    epochs: int,
    learning_rate: float,
    minibatch_size: int,
    threads: int,
) -> Trained:
    """Train with RMSprop on the cross-entropy of the read-out after one time step.

    NengoDL trains with the rates of the LIF neurons, not their spikes, and with the gradient of
    the hard LIF rate (``lif_smoothing`` is left unset, as in the chapter).

    Parameters
    ----------
    images : numpy.ndarray, shape (n, 28, 28)
        Pixel values from 0 to 255.
    labels : numpy.ndarray, shape (n,)
        Classes from 0 to 9.
    seed : int
        Fixes the network (initial weights) and the order of the images.
    epochs : int
        How often all images are shown; the chapter's is 10.
    learning_rate : float
        Of RMSprop; the chapter's is 0.001.
    minibatch_size : int
        Images per step, the chapter's is 200. Those left over by each epoch's random order are
        not shown in that epoch.
    threads : int
        TensorFlow's threads; the last bits depend on it.

    Returns
    -------
    Trained
        Parameters and history.

    Raises
    ------
    ValueError
        If there are fewer images than one minibatch.
    """
    shown = len(images) // minibatch_size * minibatch_size
    if shown == 0:
        raise ValueError(f"{len(images)} training images are less than one minibatch")
    nengo_dl, tf = nengodl.load(threads)
    classifier = network.build(seed)
    order = np.random.default_rng(seed_for("mnist", seed, "order of images"))
    inputs = images.reshape(len(images), 1, -1).astype(np.float32)
    targets = labels.astype(np.int32).reshape(-1, 1, 1)

    history = []
    with nengo_dl.Simulator(
        classifier.network, minibatch_size=minibatch_size, progress_bar=False
    ) as simulator:
        simulator.compile(
            optimizer=tf.optimizers.RMSprop(learning_rate),
            loss={classifier.readout: tf.losses.SparseCategoricalCrossentropy(from_logits=True)},
            metrics={classifier.readout: tf.metrics.SparseCategoricalAccuracy(name="accuracy")},
        )
        for epoch in range(1, epochs + 1):
            started = perf_counter()
            chosen = order.permutation(len(inputs))[:shown]
            result = simulator.fit(
                {classifier.image: inputs[chosen]},
                {classifier.readout: targets[chosen]},
                shuffle=False,
                verbose=0,
            ).history
            (accuracy,) = (v[-1] for name, v in result.items() if name.endswith("accuracy"))
            history.append({"epoch": epoch, "loss": result["loss"][-1], "accuracy": accuracy})
            logger.info(
                "seed %d: epoch %d of %d: loss %.4f, accuracy %.4f, %.0f s",
                *(seed, epoch, epochs, result["loss"][-1], accuracy, perf_counter() - started),
            )
        parameters = simulator.keras_model.get_weights()
    return Trained(parameters, pd.DataFrame(history, columns=HISTORY))
