r"""The step of a spiking LIF neuron, once for both compiled engines.

A neuron has a voltage v, in units of its threshold, and a refractory time r in seconds: how long
after the beginning of a step its membrane is still held at rest. With the current J, in units of
the threshold current, Nengo 4.1 (``nengo.neurons.LIF.step``) and NengoDL 3.6
(``neuron_builders.LIFBuilder.step``) do the following in a step of length dt:

.. math::

    \delta &= \mathrm{clip}(dt - r, 0, dt) \\
    u &= v + (v - J)\,\mathrm{expm1}(-\delta / \tau_{rc}) \\
    r' &= \tau_{ref} + \tau_{rc}\,\mathrm{log1p}\big((1 - u) / (J - 1)\big)
    \text{ and } v' = 0 \text{ where } u > 1 \\
    r' &= r - dt \text{ and } v' = \max(u, v_{min}) \text{ elsewhere.}

A neuron spikes where u > 1, with the height amplitude / dt, and is refractory from the
interpolated time of its spike on.

The refractory time matters through the exponential only. So its place is taken here by
w = expm1((r − dt) / τ_rc), with which the same needs no exponential and no logarithm:
expm1(−δ / τ_rc) is w, clipped between expm1(−dt / τ_rc) and 0, and

.. math::

    w' &= a \cdot (1 - u) / (J - 1) + (a - 1), \quad a = \exp((\tau_{ref} - dt) / \tau_{rc}),
    \text{ where } u > 1 \\
    w' &= d \cdot w + (d - 1), \quad d = \exp(-dt / \tau_{rc}), \text{ elsewhere.}

The two keep r differently. NengoDL's is the r above; Nengo's is longer by dt, since a step begins
by counting it down. Only the w before the first step depends on that: it is
expm1((r − 2 dt) / τ_rc) for Nengo's r.
"""

import math
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl

Tensor = Any


def advance(
    voltage: Tensor,
    waiting: Tensor,
    current: Tensor,
    neurons: nengo.LIF,
    dt: float,
    dtype: type[np.floating[Any]],
) -> tuple[Tensor, Tensor, Tensor]:
    """Advance LIF neurons by one step; the module's docstring has the formulas.

    Parameters
    ----------
    voltage : tensor
        v, of any shape; 1 is the threshold.
    waiting : tensor, shaped like the voltage
        w, which stands for the refractory time.
    current : tensor, shaped like the voltage
        J, in units of the threshold current.
    neurons : nengo.LIF
        Time constants in seconds, amplitude, and lowest voltage.
    dt : float
        Time step in seconds.
    dtype : type
        Type of the three tensors, such as ``numpy.float32``: constants are computed in double
        precision and rounded to it once.

    Returns
    -------
    spikes, voltage, waiting : tensor, shaped like the voltage
        Amplitude / dt where a neuron spikes and 0 elsewhere; v and w, one step later.
    """
    tf = nengodl.tensorflow()
    zero, one = dtype(0), dtype(1)
    decay, after_spike = -dt / neurons.tau_rc, (neurons.tau_ref - dt) / neurons.tau_rc

    def linear(exponent: float, x: Tensor) -> Tensor:
        return dtype(math.exp(exponent)) * x + dtype(math.expm1(exponent))

    # NumPy's expm1, which Nengo takes, and the C library's may differ in the last bit.
    whole_step = dtype(np.expm1(decay))
    voltage += (voltage - current) * tf.clip_by_value(waiting, whole_step, zero)
    spiked = voltage > one
    overshoot = (one - voltage) / (current - one)
    waiting = tf.where(spiked, linear(after_spike, overshoot), linear(decay, waiting))
    voltage = tf.where(spiked, zero, tf.maximum(voltage, dtype(neurons.min_voltage)))
    # NengoDL divides in its own precision, and so gets another float32 than that of the quotient.
    height = dtype(neurons.amplitude) / dtype(dt)
    return tf.where(spiked, height, zero), voltage, waiting
