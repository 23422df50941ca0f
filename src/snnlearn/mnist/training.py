"""Train the classifier as the chapter does, reproducibly."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from types import TracebackType

import numpy as np
import pandas as pd

from snnlearn.data.errors import DatasetError
from snnlearn.data.hashing import sha256_of_array
from snnlearn.jobs import cores
from snnlearn.jobs.dependencies import code_of
from snnlearn.jobs.progress import Progress, duration
from snnlearn.jobs.provenance import versions
from snnlearn.jobs.training_progress import ProgressWriter
from snnlearn.mnist.checkpoint import Checkpoint
from snnlearn.mnist.learners import learner
from snnlearn.mnist.neurons import (
    AS_THEY_ARE,
    CHAPTER,
    NO_SPIKES,
    Neurons,
    TrainedRates,
    TrainedSpikes,
)
from snnlearn.mnist.settings import Engine
from snnlearn.seeding import Seed, seed_for

logger = logging.getLogger(__name__)

#: Columns of a training history.
HISTORY = ["epoch", "loss", "accuracy"]


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes
    ----------
    initial, parameters : list of numpy.ndarray
        Parameters before and after it, in the order of ``network.parameter_shapes()``.
    history : pandas.DataFrame
        One row per epoch: ``epoch`` (from 1), ``loss`` (mean cross-entropy over the epoch's
        batches, nats) and ``accuracy`` (share of right answers over the epoch's batches, of the
        unfiltered read-out, while the parameters were changing).
    """

    initial: list[np.ndarray]
    parameters: list[np.ndarray]
    history: pd.DataFrame


def train(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: Seed,
    epochs: int,
    learning_rate: float,
    minibatch_size: int,
    engine: Engine,
    checkpoint: Path,
    neurons: Neurons = CHAPTER,
    rates: TrainedRates = AS_THEY_ARE,
    spikes: TrainedSpikes = NO_SPIKES,
    threads: int | None = None,
    progress: Path | None = None,
) -> Trained:
    """Train with RMSprop on the cross-entropy of the read-out.

    NengoDL trains with the rates of the LIF neurons, not their spikes, in one time step, and,
    unless ``rates`` says otherwise, with the gradient of the hard LIF rate (``lif_smoothing`` is
    left unset in the chapter). Through ``spikes``, the read-out is the mean of all steps.

    Parameters
    ----------
    images : numpy.ndarray, shape (n, 28, 28)
        Pixel values from 0 to 255.
    labels : numpy.ndarray, shape (n,)
        Classes from 0 to 9.
    seed : int or mapping
        Fixes the network (initial weights) and the order of the images.
    epochs : int
        How often all images are shown; the chapter's is 10.
    learning_rate : float
        Of RMSprop; the chapter's is 0.001.
    minibatch_size : int
        Images per step, the chapter's is 200. Those left over by each epoch's random order are
        not shown in that epoch.
    engine : str
        ``compiled`` or ``nengo-dl``.
    checkpoint : pathlib.Path
        The state after each epoch is kept in this file. If it is there and was saved by the
        same training, it is gone on from; the result has the same bits.
    neurons : Neurons
        How they fire.
    rates : TrainedRates
        What training makes of rates; with the engine ``nengo-dl``, smooth at most.
    spikes : TrainedSpikes
        Whether it is through spikes instead, which takes the engine ``compiled``.
    threads : int, optional
        TensorFlow's threads (default: as many as there are cores); with the engine ``nengo-dl``,
        the last bits depend on it.
    progress : pathlib.Path, optional
        How far the training is, is written into this file every ten seconds and after each
        epoch, as :mod:`snnlearn.jobs.training_progress` says.

    Returns
    -------
    Trained
        Parameters and history.

    Raises
    ------
    DatasetError
        If there are fewer images than one minibatch.
    """
    threads = threads or cores.available()
    batches = len(images) // minibatch_size
    if batches == 0:
        raise DatasetError(
            f"{len(images)} training images are less than one minibatch of {minibatch_size}: "
            "choose a smaller one (minibatch_size)"
        )
    logger.info("Training with engine %s, threads: %d", engine, threads)
    settings = {
        "seed": dict(seed) if isinstance(seed, Mapping) else seed,
        "learning_rate": learning_rate,
        "minibatch_size": minibatch_size,
        **asdict(neurons),
        "rates": asdict(rates),
        "spikes": asdict(spikes),
        "engine": engine,
        "threads": threads if engine == "nengo-dl" else None,
        "images": [sha256_of_array(images), sha256_of_array(labels)],
        "code": code_of(__name__),
        "versions": versions(),
    }
    order = np.random.default_rng(seed_for("mnist", seed, "order of images"))
    flat = images.reshape(len(images), -1)
    with learner(
        seed=seed,
        learning_rate=learning_rate,
        minibatch_size=minibatch_size,
        engine=engine,
        threads=threads,
        neurons=neurons,
        rates=rates,
        spikes=spikes,
    ) as learning:
        initial = [weight.numpy() for weight in learning.weights]
        kept = Checkpoint(checkpoint, settings)
        variables = [*learning.weights, *learning.optimizer.variables]
        history = kept.restore(variables, epochs)
        if history is None:
            history = pd.DataFrame([], columns=HISTORY)
        else:
            logger.info("seed %s: goes on after epoch %d of %d", seed, len(history), epochs)
        with _Progress(seed, epochs, batches, history, progress) as told:
            for epoch in range(1, epochs + 1):
                chosen = order.permutation(len(flat))[: batches * minibatch_size]
                if epoch <= len(history):
                    continue
                loss, accuracy = learning.epoch(flat[chosen], labels[chosen], told.report)
                row = {"epoch": epoch, "loss": loss, "accuracy": accuracy}
                history = pd.DataFrame([*history.to_dict("records"), row], columns=HISTORY)
                kept.save(variables, history)
        parameters = [weight.numpy() for weight in learning.weights]
    return Trained(initial, parameters, history)


class _Progress:
    """Tells how far a training is, and how long it takes still."""

    def __init__(
        self, seed: Seed, epochs: int, batches: int, done: pd.DataFrame, file: Path | None
    ) -> None:
        self._seed, self._epochs, self._batches, self._epoch = seed, epochs, batches, len(done) + 1
        self._steps, self._started, self._progress = 0, perf_counter(), Progress(logger)
        self._file = ProgressWriter(file, epochs, batches)
        for row in done.to_dict("records"):
            self._file.step(row["epoch"], batches, row["loss"], row["accuracy"])

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.end(failed=error is not None)

    def report(self, batch: int, loss: float, accuracy: float) -> None:
        """Hear of a minibatch, as :data:`learners.Report` says."""
        self._steps += 1
        ended, steps = batch == self._batches, self._epochs * self._batches
        left = (self._epochs - self._epoch + 1) * self._batches - batch
        told = self._progress.tell(
            1 - left / steps,
            "seed %s: epoch %d of %d, minibatch %d of %d: loss %.4f, accuracy %.4f, %s left",
            *(self._seed, self._epoch, self._epochs, batch, self._batches, loss, accuracy),
            duration((perf_counter() - self._started) / self._steps * left),
            always=ended,
        )
        if told:
            self._file.step(self._epoch, batch, loss, accuracy)
        self._epoch += ended
