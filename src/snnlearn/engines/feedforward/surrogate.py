r"""LIF neurons that spike while they are trained, with a gradient in place of the one they lack.

A spike is a step of the voltage u before the reset, as :mod:`snnlearn.engines.lif` has it, and has
no gradient but 0. Backwards, that of a fast sigmoid takes its place (F. Zenke and S. Ganguli 2018,
"SuperSpike", Neural Computation 30:1514, doi:10.1162/neco_a_01086):

.. math::

    \mathrm{d}s/\mathrm{d}u := 1 / (1 + \beta\,|u - 1|)^2

Each image finds the neurons at rest and at voltages that are drawn anew, between 0 and the
threshold, as Nengo draws those that a network has: so training does not know those with which the
network is tested, as it does not with rates. The voltage carries the gradient from step to step,
but where it is held at its lowest. What a spike does to its own neuron, the reset
and the refractory time, carries none, as in the first author's tutorial
(github.com/fzenke/spytorch). Learning depends little on the shape of the surrogate, and much on its
scale (F. Zenke and T. P. Vogels 2021, "The remarkable robustness of surrogate gradient learning",
Neural Computation 33:899, doi:10.1162/neco_a_01367).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnlearn.engines import lif, nengodl
from snnlearn.engines.feedforward.chain import Population
from snnlearn.engines.feedforward.rates import Neurons, Tensor


@dataclass(frozen=True)
class Surrogate:
    """How networks are trained through their spikes.

    Attributes
    ----------
    n_steps : int
        For so many steps the input is shown, and the mean output of these is what is trained.
    slope : float
        How fast the gradient falls with the distance of the voltage from its threshold: the
        formula's beta.
    """

    n_steps: int
    slope: float


def spikes(
    population: Population, surrogate: Surrogate, dt: float, *, from_constant: bool
) -> Neurons:
    """What spiking neurons put out, step by step.

    Parameters
    ----------
    population : Population
        The neurons.
    surrogate : Surrogate
        For how long, and the gradient.
    dt : float
        Time step in seconds.
    from_constant : bool
        Whether the inputs are the same in all steps, and given once.

    Returns
    -------
    callable
        Of inputs (n, neurons) if they are constant, and (steps n, neurons) otherwise, of the bias,
        and of a seed, it makes the spikes (steps n, neurons), each of the height amplitude / dt.
    """
    tf = nengodl.tensorflow()
    neurons, n_steps = population.neuron_type, surrogate.n_steps
    of = lif.constants(neurons, dt, np.float32)
    height, slope = lif.height(neurons, dt, np.float32), np.float32(surrogate.slope)
    zero, one = np.float32(0), np.float32(1)
    at_rest = np.float32(np.expm1(-dt / neurons.tau_rc))

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def fire(excess: Tensor) -> tuple[Tensor, Any]:
        def gradient(upstream: Tensor) -> Tensor:
            return upstream / tf.square(one + slope * tf.abs(excess))

        return tf.cast(excess > zero, tf.float32), gradient

    def simulated(inputs: Tensor, bias: Tensor, voltage: Tensor) -> Tensor:
        given = population.gain * inputs + bias
        shown = [given] * n_steps if from_constant else tf.split(given, n_steps)
        waiting, found = tf.zeros_like(voltage) + at_rest, []
        for current in shown:
            fraction = tf.clip_by_value(waiting, of.whole_step, zero)
            before = voltage + (voltage - current) * fraction
            found.append(fire(before - one))
            spiked = before > one
            overshoot = (one - before) / (current - one)
            waiting = tf.stop_gradient(
                tf.where(
                    spiked,
                    of.after_spike * overshoot + of.after_spike_less_1,
                    of.decay * waiting + of.decay_less_1,
                )
            )
            voltage = tf.where(spiked, zero, tf.maximum(before, of.min_voltage))
        return height * tf.concat(found, axis=0)

    compiled = tf.function(simulated, autograph=False, jit_compile=True)

    def output(inputs: Tensor, bias: Tensor, seed: Tensor) -> Tensor:
        n = tf.shape(inputs)[0] // (1 if from_constant else n_steps)
        drawn = tf.random.stateless_uniform((n, population.gain.size), seed)
        return compiled(inputs, bias, drawn)

    return output
