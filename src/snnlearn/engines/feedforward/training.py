"""Train a feed-forward spiking network with NengoDL's gradients, several times as fast.

In training mode NengoDL 3.6 lets LIF neurons put out their rates (``neuron_builders``,
``LIFRateBuilder.step``), in one time step and without changing their state. Convolutions and
products are left to TensorFlow's own kernels; what the neurons do with their currents, and the
gradient of it, are two functions that XLA compiles.

A minibatch is cut into shards of :data:`SHARD` images, whose gradients are added in a fixed
order. Threads take whole shards, and no operation is split between threads: so the bits of the
result do not depend on the number of threads.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import chain
from snnlearn.engines.feedforward.chain import Population, Tensor, Weights

#: Images of a shard: a minibatch of 200 keeps up to eight threads busy. On one thread, shards
#: of 20 to 100 images take the same time for each image within a tenth.
SHARD = 25

#: Nearest that NengoDL lets a current come to the threshold from above.
LEAST_EXCESS = 1e-15


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
        nengo_dl, tf = nengodl.load()
        read = chain.read(simulator, image, readout)
        if read.filter is not None:
            chain.refuse(readout, "has a filter, whose output after one step is 0")
        if nengo_dl.config.get_setting(simulator.model, "lif_smoothing"):
            chain.refuse("the simulator", "smooths the rates of LIF neurons (lif_smoothing)")
        self._parts = [
            _rates(part) if isinstance(part, Population) else part for part in read.parts
        ]
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
        share = tf.constant(1 / len(images), tf.float32)

        def work(start: int) -> tuple[Tensor, Tensor, list[Tensor]]:
            shard = slice(start, start + SHARD)
            return self._gradients(
                tf.constant(images[shard], tf.float32), tf.constant(labels[shard], tf.int32), share
            )

        starts = range(0, len(images), SHARD)
        losses, right, gradients = zip(*self._pool.map(work, starts), strict=True)
        self._update(list(gradients))
        return float(sum(losses)), int(sum(right))

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


def _rates(population: Population) -> Callable[[Tensor, Weights], Tensor]:
    r"""The firing rates of LIF neurons, times their amplitude, and the gradient.

    With the current J, for J > 1 (and 0 elsewhere),

    .. math::

        r &= a / \big(\tau_{ref} + \tau_{rc}\,\mathrm{log1p}(1 / (J - 1))\big) \\
        \mathrm{d}r/\mathrm{d}J &= r^2\,(\tau_{rc} / a) / \big(J\,(J - 1)\big)
    """
    tf = nengodl.tensorflow()
    neurons = population.neuron_type
    amplitude, tau_ref, tau_rc = (
        np.float32(value) for value in (neurons.amplitude, neurons.tau_ref, neurons.tau_rc)
    )
    zero, one = np.float32(0), np.float32(1)

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        return tf.function(function, autograph=False, jit_compile=True)

    @compiled
    def forward(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        current = population.gain * inputs + bias
        excess = current - one
        above = tf.maximum(excess, np.float32(LEAST_EXCESS))
        rates = amplitude / (tau_ref + tau_rc * tf.math.log1p(one / above))
        slope = tf.square(rates) * (tau_rc / amplitude) / (above * (above + one))
        return tf.where(excess > zero, rates, zero), tf.where(excess > zero, slope, zero)

    @compiled
    def backward(upstream: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        of_current = upstream * slope
        return population.gain * of_current, tf.reduce_sum(of_current, axis=0)

    def rates(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Any]:
        values, slope = forward(inputs, bias)
        return values, lambda upstream: backward(upstream, slope)

    with_gradient = tf.custom_gradient(rates)

    def part(inputs: Tensor, weights: Weights) -> Tensor:
        shaped = tf.reshape(inputs, (inputs.shape[0], *population.shape))
        return with_gradient(shaped, population.bias(weights))

    return part
