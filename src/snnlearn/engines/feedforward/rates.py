"""LIF neurons that put out their firing rates instead of spikes, as NengoDL trains them.

In training mode NengoDL 3.6 lets LIF neurons put out their rates (``neuron_builders``,
``LIFRateBuilder.step``), in one time step and without changing their state. What the neurons do
with their currents, and the gradient of it, are two functions that XLA compiles.
"""

from collections.abc import Callable
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import chain
from snnlearn.engines.feedforward.chain import Population, Tensor, Weights

#: Nearest that NengoDL lets a current come to the threshold from above.
LEAST_EXCESS = 1e-15

#: Inputs that :func:`predict` takes at once.
AT_ONCE = 200


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
    read = chain.read(simulator, image, readout)
    if read.filter is not None:
        chain.refuse(readout, "has a filter, whose output after one step is 0")
    if nengo_dl.config.get_setting(simulator.model, "lif_smoothing"):
        chain.refuse("the simulator", "smooths the rates of LIF neurons (lif_smoothing)")
    return [_rates(part) if isinstance(part, Population) else part for part in read.parts]


def predict(
    simulator: Any, image: nengo.Node, readout: nengo.Probe, inputs: np.ndarray
) -> np.ndarray:
    """Show inputs to the network with rates for spikes: what it comes to after long enough.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network.
    image : nengo.Node
        The input.
    readout : nengo.Probe
        The output, without a filter.
    inputs : numpy.ndarray of float32, shape (n, size)
        One input a row.

    Returns
    -------
    numpy.ndarray of float32, shape (n, outputs)
        The outputs.
    """
    tf, found = nengodl.tensorflow(), parts(simulator, image, readout)
    weights, outputs = simulator.keras_model.weights, []
    for start in range(0, len(inputs), AT_ONCE):
        values = tf.constant(inputs[start : start + AT_ONCE])
        for part in found:
            values = part(values, weights)
        outputs.append(values.numpy())
    return np.concatenate(outputs)


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
