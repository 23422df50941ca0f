"""LIF neurons that put out their firing rates instead of spikes, as NengoDL trains them.

In training mode NengoDL 3.6 lets LIF neurons put out their rates (``neuron_builders``,
``LIFRateBuilder.step``), in one time step and without changing their state. What the neurons do
with their currents, and the gradient of it, are two functions that XLA compiles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import reading
from snnlearn.engines.feedforward.chain import Linear, Population, Shared
from snnlearn.engines.lif import LEAST_EXCESS

Tensor = Any

#: TensorFlow's variables in the place of :data:`snnlearn.engines.feedforward.chain.Weights`.
Weights = Sequence[Tensor]

#: Where the current is so many times the smoothing below the threshold, its soft excess is the
#: exponential that it comes to, as in NengoDL.
FAR_BELOW = -20


@dataclass(frozen=True)
class Part:
    """A part of a network, with rates for spikes.

    Attributes
    ----------
    output : callable
        What it makes of its input and of the weights of the simulator's Keras model.
    amplitude : float, optional
        By what rates in Hz are multiplied, if it is a population of neurons.
    """

    output: Callable[[Tensor, Weights], Tensor]
    amplitude: float | None = None


def parts(simulator: Any, image: nengo.Node, readout: nengo.Probe) -> list[Part]:
    """Read the parts of a network, with rates for spikes.

    Where NengoDL smooths the rates of LIF neurons (``lif_smoothing``), so do these.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network.
    image : nengo.Node
        The input.
    readout : nengo.Probe
        The output, without a filter.

    Returns
    -------
    list of Part
        In the order in which signals pass them.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network does something else in NengoDL's training mode.
    """
    nengo_dl, _ = nengodl.load()
    read = reading.read(simulator, image, readout)
    if read.filter is not None:
        reading.refuse(readout, "has a filter, whose output after one step is 0")
    smoothing = nengo_dl.config.get_setting(simulator.model, "lif_smoothing")
    return [
        Part(_rates(part, smoothing), float(part.neuron_type.amplitude))
        if isinstance(part, Population)
        else Part(_linear(part))
        for part in read.parts
    ]


def _linear(layer: Linear) -> Callable[[Tensor, Weights], Tensor]:
    tf = nengodl.tensorflow()

    def part(inputs: Tensor, weights: Weights) -> Tensor:
        shaped, kernel = tf.reshape(inputs, (-1, *layer.shape_in)), weights[layer.kernel]
        if len(layer.shape_in) == 1:
            values = shaped @ kernel
        else:
            padding = "SAME" if layer.same else "VALID"
            values = tf.nn.convolution(
                shaped, kernel, strides=layer.strides, padding=padding, dilations=layer.dilations
            )
        return values if layer.bias is None else tf.nn.bias_add(values, weights[layer.bias])

    return part


def _rates(population: Population, smoothing: float | None) -> Callable[[Tensor, Weights], Tensor]:
    r"""The firing rates of LIF neurons, times their amplitude, and the gradient.

    With the current J, for J > 1 (and 0 elsewhere),

    .. math::

        r &= a / \big(\tau_{ref} + \tau_{rc}\,\mathrm{log1p}(1 / (J - 1))\big) \\
        \mathrm{d}r/\mathrm{d}J &= r^2\,(\tau_{rc} / a) / \big(J\,(J - 1)\big)

    With a smoothing σ, :math:`z = \sigma \log(1 + e^{(J - 1)/\sigma})` takes the place of the
    excess J - 1 (E. Hunsberger and C. Eliasmith 2015, "Spiking deep networks with LIF neurons",
    arXiv:1510.08829), and the slope is that at 1 + z times
    :math:`\mathrm{d}z/\mathrm{d}J = 1 / (1 + e^{-(J - 1)/\sigma})`.
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
        rates = tf.where(excess > zero, rates, zero)
        # Where the rate is 0, so is this slope: no second choice, and a pass over memory less.
        return rates, tf.square(rates) * (tau_rc / amplitude) / (above * (above + one))

    @compiled
    def soft_forward(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        sigma = np.float32(smoothing)
        scaled = (population.gain * inputs + bias - one) / sigma
        near = scaled > np.float32(FAR_BELOW)
        soft = sigma * tf.nn.softplus(tf.where(near, scaled, zero))
        # Far below, z = σ exp(scaled): log(1 + 1/z) = -log z, and dz/dJ / (z (1 + z)) = 1 / σ.
        logarithm = tf.where(near, tf.math.log1p(one / soft), -scaled - tf.math.log(sigma))
        rates = amplitude / (tau_ref + tau_rc * logarithm)
        steepness = tf.where(near, tf.math.sigmoid(scaled) / (soft * (one + soft)), one / sigma)
        return rates, tf.square(rates) * (tau_rc / amplitude) * steepness

    @compiled
    def backward(upstream: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        of_current = upstream * slope
        return population.gain * of_current, tf.reduce_sum(of_current, axis=0)

    def rates(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Any]:
        values, slope = (soft_forward if smoothing else forward)(inputs, bias)
        return values, lambda upstream: backward(upstream, slope)

    with_gradient = tf.custom_gradient(rates)

    def part(inputs: Tensor, weights: Weights) -> Tensor:
        bias = population.bias
        if isinstance(bias, Shared):
            bias = weights[bias.number][bias.start : bias.stop]
        return with_gradient(tf.reshape(inputs, (-1, population.gain.size)), bias)

    return part
