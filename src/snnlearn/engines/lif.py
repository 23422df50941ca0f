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
from typing import Any, NamedTuple

import nengo
import numpy as np

from snnlearn.engines.kernels import kernel

#: Exponentials of more than this come near the limits of float32: times of a neuron longer than
#: so many of its τ_rc are refused.
LARGEST_EXPONENT = 80.0

#: Nearest that NengoDL lets a current come to the threshold from above
#: (``neuron_builders``, ``LIFRateBuilder.step``).
LEAST_EXCESS = 1e-15

#: The bits of two doubles. A whole number below 2^52 in the last bits of the second adds itself.
SQRT_HALF, TWO_TO_52 = np.array([math.sqrt(0.5), 2.0**52]).view(np.uint64)


class Constants(NamedTuple):
    """What :func:`advance` takes of a population's neurons, as numbers of the voltages' type.

    Attributes
    ----------
    decay, decay_less_1 : float
        d and d − 1.
    after_spike, after_spike_less_1 : float
        a and a − 1.
    whole_step : float
        Least that w is clipped to.
    min_voltage : float
        Lowest voltage.
    """

    decay: float
    decay_less_1: float
    after_spike: float
    after_spike_less_1: float
    whole_step: float
    min_voltage: float


def constants(neurons: nengo.LIF, dt: float, dtype: type[np.floating[Any]]) -> Constants:
    """Compute the constants of some neurons in double precision, and round them once.

    Parameters
    ----------
    neurons : nengo.LIF
        Time constants in seconds, and lowest voltage.
    dt : float
        Time step in seconds.
    dtype : type
        ``numpy.float32`` or ``numpy.float64``.

    Returns
    -------
    Constants
        The constants.
    """
    decay, after_spike = -dt / neurons.tau_rc, (neurons.tau_ref - dt) / neurons.tau_rc
    values = (
        *(math.exp(decay), math.expm1(decay), math.exp(after_spike), math.expm1(after_spike)),
        np.expm1(decay),  # Nengo takes NumPy's: it and the C library's may differ in the last bit
        neurons.min_voltage,
    )
    return Constants(*(dtype(value) for value in values))  # type: ignore[arg-type]


def height(neurons: nengo.LIF, dt: float, dtype: type[np.floating[Any]]) -> Any:
    """Height of a spike: amplitude / dt, divided in its own precision as NengoDL does."""
    return dtype(neurons.amplitude) / dtype(dt)


@kernel
def advance(
    voltage: np.ndarray,
    waiting: np.ndarray,
    current: np.ndarray,
    neurons: Constants,
    spiked: np.ndarray,
) -> None:
    """Advance LIF neurons by one step; the module's docstring has the formulas.

    Without branches, so that processors take many neurons at once.

    Parameters
    ----------
    voltage : numpy.ndarray of float, shape (n,)
        v; 1 is the threshold. Changed in place.
    waiting : numpy.ndarray of float, shape (n,)
        w, which stands for the refractory time. Changed in place.
    current : numpy.ndarray of float, shape (n,)
        J, in units of the threshold current.
    neurons : Constants
        Of the type of the three arrays.
    spiked : numpy.ndarray of uint8, shape (n,) or longer
        Set to 1 where a neuron spikes, and to 0 elsewhere.
    """
    zero, one = voltage.dtype.type(0), voltage.dtype.type(1)
    for i in range(voltage.size):
        v, w, j = voltage[i], waiting[i], current[i]
        u = v + (v - j) * min(max(w, neurons.whole_step), zero)
        spikes = u > one
        overshoot = (one - u) / (j - one)
        after = neurons.after_spike * overshoot + neurons.after_spike_less_1
        waiting[i] = after if spikes else neurons.decay * w + neurons.decay_less_1
        voltage[i] = zero if spikes else max(u, neurons.min_voltage)
        spiked[i] = spikes


@kernel
def which(spiked: np.ndarray, eights: np.ndarray, found: np.ndarray) -> int:
    """List the neurons that spike, in their order.

    Silent neurons cost one comparison for eight.

    Parameters
    ----------
    spiked : numpy.ndarray of uint8, shape (8 n,)
        1 where a neuron spikes, 0 elsewhere.
    eights : numpy.ndarray of uint64, shape (n,)
        The same memory.
    found : numpy.ndarray of int32, at least one longer than there are spikes
        The numbers of the neurons are written to its beginning.

    Returns
    -------
    int
        How many there are.
    """
    count = 0
    for eight in range(eights.size):
        if eights[eight]:
            for i in range(8 * eight, 8 * eight + 8):
                found[count] = i
                count += spiked[i]
    return count


@kernel
def rates(
    inputs: np.ndarray,
    gain: np.ndarray,
    bias: np.ndarray,
    amplitude: float,
    tau_ref: float,
    tau_rc: float,
) -> np.ndarray:
    r"""Firing rates of LIF neurons in the long run, times their amplitude.

    With the current J = gain · input + bias, for J > 1 (and 0 elsewhere),

    .. math::

        r = a / \big(\tau_{ref} + \tau_{rc}\,\log(1 + 1 / (J - 1))\big)

    The logarithm is taken in double precision; below J = 1e9, it gives all digits of a float32.

    Parameters
    ----------
    inputs : numpy.ndarray of float32, shape (n, neurons)
        What reaches the neurons.
    gain, bias : numpy.ndarray of float32, shape (neurons,)
        With them, the current in units of the threshold current.
    amplitude : float
        Height of a spike times the time step.
    tau_ref, tau_rc : float
        Time constants in seconds.

    Returns
    -------
    numpy.ndarray of float32, shape (n, neurons)
        Hertz, times the amplitude.
    """
    found = np.empty_like(inputs)
    zero, one = np.float32(0), np.float32(1)
    for row in range(inputs.shape[0]):
        for i in range(inputs.shape[1]):
            excess = gain[i] * inputs[row, i] + bias[i] - one
            above = np.float64(max(excess, LEAST_EXCESS))
            slowness = tau_ref + tau_rc * log(1 + 1 / above)
            found[row, i] = amplitude / slowness if excess > zero else zero
    return found


@kernel
def log(x: float) -> float:
    r"""Natural logarithm of a finite double of at least 1, to a few units in the last place.

    Without branches and calls, so that processors take many at once, with the same bits on all of
    them. With :math:`x = 2^k m`, :math:`\sqrt{1/2} \le m < \sqrt 2`, and f = (m − 1) / (m + 1),

    .. math::

        \log x = k \log 2 + 2 f \, (1 + f^2 / 3 + f^4 / 5 + \dots)

    of which the terms to f²⁰ suffice, since f² < 0.03. FreeBSD's ``e_log.c`` divides x so, too.

    Parameters
    ----------
    x : float
        The number.

    Returns
    -------
    float
        Its logarithm.
    """
    bits = np.float64(x).view(np.uint64)
    exponent = (bits - SQRT_HALF) >> np.uint64(52)
    m = np.uint64(bits - (exponent << np.uint64(52))).view(np.float64)
    k = np.uint64(exponent | TWO_TO_52).view(np.float64) - 2.0**52
    f = (m - 1) / (m + 1)
    s = f * f
    series = 1 / 21
    for odd in (19, 17, 15, 13, 11, 9, 7, 5, 3, 1):
        series = series * s + 1 / odd
    return k * 0.6931471805599453 + 2 * f * series
