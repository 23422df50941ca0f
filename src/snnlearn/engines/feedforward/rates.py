"""LIF neurons that put out their firing rates instead of spikes, as NengoDL trains them.

In training mode NengoDL 3.6 lets LIF neurons put out their rates (``neuron_builders``,
``LIFRateBuilder.step``), in one time step and without changing their state. What the neurons do
with their currents, and the gradient of it, are two functions that XLA compiles.
"""

from collections.abc import Callable, Sequence
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


def parts(
    simulator: Any, image: nengo.Node, readout: nengo.Probe
) -> list[Callable[[Tensor, Weights], Tensor]]:
    """Read the parts of a network, with rates for spikes.

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
    list of callable
        What each part, in the order in which signals pass them, makes of its input and of the
        weights of the simulator's Keras model.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network does something else in NengoDL's training mode.
    """
    nengo_dl, _ = nengodl.load()
    read = reading.read(simulator, image, readout)
    if read.filter is not None:
        reading.refuse(readout, "has a filter, whose output after one step is 0")
    if nengo_dl.config.get_setting(simulator.model, "lif_smoothing"):
        reading.refuse("the simulator", "smooths the rates of LIF neurons (lif_smoothing)")
    return [_rates(p) if isinstance(p, Population) else _linear(p) for p in read.parts]


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
        rates = tf.where(excess > zero, rates, zero)
        # Where the rate is 0, so is this slope: no second choice, and a pass over memory less.
        return rates, tf.square(rates) * (tau_rc / amplitude) / (above * (above + one))

    @compiled
    def backward(upstream: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        of_current = upstream * slope
        return population.gain * of_current, tf.reduce_sum(of_current, axis=0)

    def rates(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Any]:
        values, slope = forward(inputs, bias)
        return values, lambda upstream: backward(upstream, slope)

    with_gradient = tf.custom_gradient(rates)

    def part(inputs: Tensor, weights: Weights) -> Tensor:
        bias = population.bias
        if isinstance(bias, Shared):
            bias = weights[bias.number][bias.start : bias.stop]
        return with_gradient(tf.reshape(inputs, (-1, population.gain.size)), bias)

    return part
