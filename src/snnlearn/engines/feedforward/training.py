"""Train a feed-forward spiking network with NengoDL's gradients, several times as fast.

In training mode NengoDL 3.6 lets LIF neurons put out their rates, as
:mod:`snnlearn.engines.feedforward.rates` says; or they spike, with a surrogate for the gradient
that spikes lack (:mod:`snnlearn.engines.feedforward.surrogate`). Convolutions and products are left
to TensorFlow's own kernels.

A minibatch is cut into shards of :data:`SHARD` images, whose gradients are added in a fixed
order. Threads take whole shards, and no operation is split between threads: so the bits of the
result do not depend on the number of threads.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.layers import parts
from snnlearn.engines.feedforward.rates import Tensor
from snnlearn.engines.feedforward.surrogate import Surrogate

#: Images of a shard: a minibatch of 200 keeps up to eight threads busy. On one thread, shards
#: of 20 to 100 images take the same time for each image within a tenth.
SHARD = 25


@dataclass(frozen=True)
class Shaping:
    """What is done to neurons while they are trained.

    Attributes
    ----------
    noise : float
        Standard deviation in Hz of normal noise on every rate, drawn anew for each image (E.
        Hunsberger and C. Eliasmith 2015, arXiv:1510.08829, who train against the variability of
        spikes).
    penalty : float
        What an image adds to the loss, in nats per Hz², by the square of how far the mean rate of
        each population is above the target.
    target : float
        Mean rate in Hz up to which a population costs nothing.
    seed : int
        Of noise and of voltages.
    surrogate : Surrogate, optional
        How they spike, where they do not put out rates.
    """

    noise: float = 0.0
    penalty: float = 0.0
    target: float = 0.0
    seed: int = 0
    surrogate: Surrogate | None = None


#: Rates as they are.
NO_SHAPING = Shaping()


class CompiledTraining:
    """Gradient descent on the cross-entropy of a network's output.

    With rates it is that after one time step; with spikes, the mean of all steps.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network; its parameters are the ones that change.
    image : nengo.Node
        The input.
    readout : nengo.Probe
        The class scores, without a filter.
    optimizer : tf_keras.optimizers.Optimizer
        Changes the parameters by their gradients.
    threads : int
        Shards that are worked on at once.
    shaping : Shaping
        What is done to rates.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network cannot be trained exactly as in NengoDL.
    """

    def __init__(
        self,
        simulator: Any,
        image: nengo.Node,
        readout: nengo.Probe,
        optimizer: Any,
        threads: int,
        shaping: Shaping = NO_SHAPING,
    ) -> None:
        tf = nengodl.tensorflow()
        self._shaping = shaping
        self._n_steps = shaping.surrogate.n_steps if shaping.surrogate else 1
        self._parts = parts(simulator, image, readout, shaping.surrogate)
        self._weights = simulator.keras_model.weights
        self._trained = [n for n, weight in enumerate(self._weights) if weight.trainable]
        self._optimizer = optimizer
        self._pool = ThreadPoolExecutor(threads)
        self._gradients = tf.function(self._gradients_of_shard, autograph=False)
        self._update = tf.function(self._updated, autograph=False)

    def step(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Take one step of the optimizer.

        Parameters
        ----------
        images : numpy.ndarray, shape (n, size)
            One input a row.
        labels : numpy.ndarray of int, shape (n,)
            Their classes.

        Returns
        -------
        loss : float
            Mean cross-entropy of the images before the step, in nats, without any penalty.
        right : int
            How many images had the largest score at their class before the step.
        """
        tf = nengodl.tensorflow()
        images, labels = images.astype(np.float32), labels.astype(np.int32)
        share = tf.constant(1 / len(images), tf.float32)
        # The optimizer counts steps, and goes on counting when it goes on from a file.
        done = int(self._optimizer.iterations)

        def work(start: int) -> tuple[Tensor, Tensor, list[Tensor]]:
            shard = slice(start, start + SHARD)
            drawn = np.random.SeedSequence(self._shaping.seed, spawn_key=(done, start))
            return self._gradients(
                tf.constant(images[shard]),
                tf.constant(labels[shard]),
                share,
                tf.constant(drawn.generate_state(2).astype(np.int32)),
            )

        starts = range(0, len(images), SHARD)
        losses, right, gradients = zip(*self._pool.map(work, starts), strict=True)
        self._update(list(gradients))
        return float(sum(loss.numpy() for loss in losses)), sum(int(n) for n in right)

    def _gradients_of_shard(
        self, images: Tensor, labels: Tensor, share: Tensor, seed: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """A shard's part of the mean loss, its right answers, and its part of the gradients."""
        tf = nengodl.tensorflow()
        trained = [self._weights[n] for n in self._trained]
        with tf.GradientTape() as tape:
            values, added = images, tf.constant(0, tf.float32)
            for number, part in enumerate(self._parts):
                values = part.output(values, self._weights, seed + number)
                if part.amplitude is not None:
                    values, cost = self._shaped(values, part.amplitude, seed + number)
                    added += share * cost
            values = tf.reduce_mean(self._by_step(values), axis=0)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, values)
            loss = share * tf.reduce_sum(losses)
            total = loss + added
        answers = tf.argmax(values, axis=1, output_type=tf.int32)
        right = tf.reduce_sum(tf.cast(answers == labels, tf.int32))
        return loss, right, tape.gradient(total, trained)

    def _shaped(self, values: Tensor, amplitude: float, seed: Tensor) -> tuple[Tensor, Tensor]:
        """Rates times amplitude with noise, and what they cost without it."""
        tf, shaping = nengodl.tensorflow(), self._shaping
        cost = tf.constant(0, tf.float32)
        if shaping.penalty:
            means = tf.reduce_mean(self._by_step(values), axis=(0, 2)) / np.float32(amplitude)
            above = tf.nn.relu(means - np.float32(shaping.target))
            cost = np.float32(shaping.penalty) * tf.reduce_sum(tf.square(above))
        if shaping.noise:
            drawn = tf.random.stateless_normal(tf.shape(values), seed)
            values += np.float32(amplitude * shaping.noise) * drawn
        return values, cost

    def _by_step(self, values: Tensor) -> Tensor:
        """Values of shape (steps, images, size)."""
        tf = nengodl.tensorflow()
        return tf.reshape(values, (self._n_steps, -1, values.shape[1]))

    def _updated(self, gradients: Sequence[Sequence[Tensor]]) -> None:
        summed = [sum(of_shards) for of_shards in zip(*gradients, strict=True)]
        trained = [self._weights[n] for n in self._trained]
        self._optimizer.apply_gradients(zip(summed, trained, strict=True))
