"""The closed loop of PES at a constant input: how its error decays, overshoots and oscillates.

The rule integrates the error, and the error comes back through low-pass filters. In continuous
time its course is a sum of exponentials, at the roots of ``s ∏(1 + s τ) + k = 0`` with
``k = η·mean(a²)``, see :mod:`snnlearn.learning.pes`. For n equal filters, two roots meet, and leave
the real axis, at ``k τ = nⁿ / (n + 1)ⁿ⁺¹``, where the derivative is 0: 1/4 for one filter (Voelker
and Eliasmith 2017), 27/256 = 0.105 for three. From there on the error overshoots. It oscillates for
ever where the phase of all filters is a quarter of a turn and the gain is 1: for three, at ``ω τ =
tan 30°`` and ``k τ = 8/9``; for fewer than two, never.

A simulation goes in steps of dt, and each filter and the rule itself are read one step late. All
functions here take this into account. With ``α = exp(-dt/τ)``, a filter is ``(1 - α) / (z - α)``
(zero-order hold, as Nengo discretizes it) and the rule ``dt / (z - 1)``. In terms of
``s = (z - 1) / dt`` the equation is the same as above, with ``dt / (1 - α)``, which is longer than
τ by half a step, in the place of τ; but what oscillates for ever has a root with
``|1 + s dt| = 1``. Without filters, ``z = 1 - k dt`` is the γ of Voelker (2015). What neurons
themselves add to the delay, or take from it, is left out.

References
----------
A. R. Voelker (2015), CTN-TR-20151001-01, doi:10.13140/RG.2.1.3048.0084. (Abstract.)
A. R. Voelker and C. Eliasmith (2017), CTN-TR-20171001-013, doi:10.13140/RG.2.2.15438.77128.
(Abstract.)
The conditions for a double root, and for roots on the unit circle, are those of any text on linear
control (root locus; Nyquist's criterion). They are derived above, and no source states the numbers
for three filters.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import lfilter

#: A root is real where its imaginary part is no more of its size: double roots are computed to the
#: square root of the precision, and triple ones to its third root.
REAL = 1e-5

#: Relative precision of boundaries.
PRECISION = 1e-9


def roots(rate: float, synapses: Sequence[float], dt: float) -> np.ndarray:
    """Factors by which the parts of the error change in every step.

    Parameters
    ----------
    rate : float
        k in 1/s, from :func:`snnlearn.learning.pes.decay_rate`.
    synapses : sequence of float
        Time constants τ of the low-pass filters in the loop, in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    numpy.ndarray, shape (synapses + 1,)
        Complex, the slowest, whose modulus is largest, first.
    """
    found = 1 + dt * np.roots(_characteristic(rate, synapses, dt)).astype(complex)
    return found[np.argsort(-np.abs(found), kind="stable")]


def decay_rate(rate: float, synapses: Sequence[float], dt: float) -> float:
    """Rate at which the error decays in the end, with the synapses and steps of the loop.

    Parameters
    ----------
    rate : float
        k in 1/s, from :func:`snnlearn.learning.pes.decay_rate`.
    synapses : sequence of float
        Time constants τ of the low-pass filters in the loop, in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    float
        In 1/s; NaN where the error overshoots or oscillates.
    """
    slowest = roots(rate, synapses, dt)[0]
    return float(-np.log(slowest.real) / dt) if _is_monotone(slowest) else float("nan")


def overshoots_from(synapses: Sequence[float], dt: float) -> float:
    """The rate k, in 1/s, above which the error overshoots.

    Parameters
    ----------
    synapses : sequence of float
        Time constants τ of the low-pass filters in the loop, in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    float
        k in 1/s, at which two roots meet.
    """
    return _smallest(lambda rate: not _is_monotone(roots(rate, synapses, dt)[0]), dt)


def oscillates_from(synapses: Sequence[float], dt: float) -> float:
    """The rate k, in 1/s, above which the error oscillates for ever, or grows.

    Parameters
    ----------
    synapses : sequence of float
        Time constants τ of the low-pass filters in the loop, in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    float
        k in 1/s, at which a root reaches the unit circle.
    """
    return _smallest(lambda rate: np.abs(roots(rate, synapses, dt)[0]) >= 1, dt)


def frequency(rate: float, synapses: Sequence[float], dt: float) -> float:
    """Frequency of the slowest part of the error.

    Parameters
    ----------
    rate : float
        k in 1/s, from :func:`snnlearn.learning.pes.decay_rate`.
    synapses : sequence of float
        Time constants τ of the low-pass filters in the loop, in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    float
        In hertz; 0 where it decays without oscillating.
    """
    slowest = roots(rate, synapses, dt)[0]
    return 0.0 if _is_monotone(slowest) else float(abs(np.angle(slowest)) / (2 * np.pi * dt))


def course(rate: float, synapse: float, dt: float, steps: int) -> np.ndarray:
    """Error over time after a target of 1 comes in, with three equal filters in the loop.

    They are from pre to post, from post to error and from error to the rule. The target comes from
    pre, through a filter as well, and nothing is decoded at first.

    Parameters
    ----------
    rate : float
        k in 1/s, from :func:`snnlearn.learning.pes.decay_rate`.
    synapse : float
        Time constant τ of each filter in seconds.
    dt : float
        Time step in seconds.
    steps : int
        How many steps.

    Returns
    -------
    numpy.ndarray, shape (steps,)
        The error, post minus pre, as the ensemble represents it that drives the rule. It begins
        at 0, when no filter has passed anything on, and comes near -1 before it decays.

    Notes
    -----
    With ``F = (1 - α) / (z - α)``, decoded value Y and target X, error and rule are
    ``E = F (F Y - X)`` and ``Y = -k dt F E / (z - 1)``.
    """
    pole = (1 - np.exp(-dt / synapse)) / dt
    others = 1 + dt * np.roots(_characteristic(rate, [synapse] * 3, dt))
    numerator = -pole * dt * np.poly([1, 1 - pole * dt, 1 - pole * dt])
    # The numerator's degree is lower by 1: the error is a step late.
    error: np.ndarray = lfilter([0.0, *numerator], np.real(np.poly(others)), np.ones(steps))
    return error


def _characteristic(rate: float, synapses: Sequence[float], dt: float) -> np.ndarray:
    """Coefficients of the characteristic polynomial in (z - 1) / dt, the highest power first."""
    poles = -np.expm1(-dt / np.array(synapses, dtype=float)) / dt
    found: np.ndarray = np.poly([0.0, *-poles])
    found[-1] += rate * np.prod(poles)
    return found


def _is_monotone(slowest: complex) -> bool:
    """Whether a part of the error decays without changing its sign."""
    return slowest.real > 0 and abs(slowest.imag) <= REAL * abs(slowest - 1)


def _smallest(reached: Callable[[float], bool], dt: float) -> float:
    """The smallest rate at which something is reached: at the latest where 2 is γ's distance to 1.

    With filters, the rate of :func:`oscillates_from` may be larger: up to what would be 1000 of it.
    """
    low, high = 0.0, 1 / dt
    while not reached(high) and high < 1000 / dt:
        low, high = high, 2 * high
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
