"""Train a feed-forward spiking network with NengoDL's gradients, several times as fast.

In training mode NengoDL 3.6 lets LIF neurons put out their rates, as
:mod:`snnlearn.engines.feedforward.rates` says. Convolutions and products are left to TensorFlow's
own kernels.

A minibatch is cut into shards of :data:`SHARD` images, whose gradients are added in a fixed
order. Threads take whole shards, and no operation is split between threads: so the bits of the
result do not depend on the number of threads.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import rates
from snnlearn.engines.feedforward.rates import Tensor

#: Images of a shard: a minibatch of 200 keeps up to eight threads busy. On one thread, shards
#: of 20 to 100 images take the same time for each image within a tenth.
SHARD = 25


class CompiledTraining:
    """Gradient descent on the cross-entropy of a network's output after one time step.

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
    ) -> None:
        tf = nengodl.tensorflow()
        self._parts = rates.parts(simulator, image, readout)
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
            Mean cross-entropy of the images before the step, in nats.
        right : int
            How many images had the largest score at their class before the step.
        """
        tf = nengodl.tensorflow()
        images, labels = images.astype(np.float32), labels.astype(np.int32)
        share = tf.constant(1 / len(images), tf.float32)

        def work(start: int) -> tuple[Tensor, Tensor, list[Tensor]]:
            shard = slice(start, start + SHARD)
            return self._gradients(tf.constant(images[shard]), tf.constant(labels[shard]), share)

        starts = range(0, len(images), SHARD)
        losses, right, gradients = zip(*self._pool.map(work, starts), strict=True)
        self._update(list(gradients))
        return float(sum(loss.numpy() for loss in losses)), sum(int(n) for n in right)

    def _gradients_of_shard(
        self, images: Tensor, labels: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """A shard's part of the mean loss, its right answers, and its part of the gradients."""
        tf = nengodl.tensorflow()
        trained = [self._weights[n] for n in self._trained]
        with tf.GradientTape() as tape:
            values = images
            for part in self._parts:
                values = part(values, self._weights)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, values)
            loss = share * tf.reduce_sum(losses)
        answers = tf.argmax(values, axis=1, output_type=tf.int32)
        right = tf.reduce_sum(tf.cast(answers == labels, tf.int32))
        return loss, right, tape.gradient(loss, trained)

    def _updated(self, gradients: Sequence[Sequence[Tensor]]) -> None:
        summed = [sum(of_shards) for of_shards in zip(*gradients, strict=True)]
        trained = [self._weights[n] for n in self._trained]
        self._optimizer.apply_gradients(zip(summed, trained, strict=True))
