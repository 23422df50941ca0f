"""LIF neurons that put out their firing rates instead of spikes, as NengoDL trains them.

In training mode NengoDL 3.6 lets LIF neurons put out their rates (``neuron_builders``,
``LIFRateBuilder.step``), in one time step and without changing their state. What the neurons do
with their currents, and the gradient of it, are two functions that XLA compiles.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.chain import Population
from snnlearn.engines.lif import LEAST_EXCESS

Tensor = Any

#: What neurons put out, of their inputs, of what is added to these, and of the seed of a step.
Neurons = Callable[[Tensor, Tensor, Tensor], Tensor]

#: Where the current is so many times the smoothing below the threshold, its soft excess is the
#: exponential that it comes to, as in NengoDL.
FAR_BELOW = -20


def rates(population: Population, smoothing: float | None) -> Neurons:
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

    def output(inputs: Tensor, bias: Tensor) -> tuple[Tensor, Any]:
        values, slope = (soft_forward if smoothing else forward)(inputs, bias)
        return values, lambda upstream: backward(upstream, slope)

    with_gradient = tf.custom_gradient(output)
    return lambda inputs, bias, _: with_gradient(inputs, bias)
