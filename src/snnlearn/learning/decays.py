"""How fast the error of a connection decays that learns with PES, measured and by theory."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import scipy

from snnlearn.learning import pes

#: Seconds in which filters settle before a decay is fitted; every how many steps it is; and the
#: spread of an input that is constant but for rounding.
SETTLING, EVERY, STEADY = 0.1, 10, 1e-9


def rates(learning: pd.DataFrame, late: float, synapses: Sequence[float]) -> dict[str, float]:
    """Rates at which post - pre decays while a channel learns, and what theory says of them.

    Parameters
    ----------
    learning : pandas.DataFrame
        Traces: ``time``, ``stimulus``, ``pre``, ``post`` and the columns of
        :func:`snnlearn.learning.pes.predict`.
    late : float
        How old, in seconds, what post shows of the decoders is.
    synapses : sequence of float
        Time constants in seconds of the low-pass filters between the decoders and the rule.

    Returns
    -------
    dict of str to float
        In 1/s. Where the input changes, ``offset_decay_rate`` and ``slope_decay_rate`` of the two
        modes, see :func:`mode_decay_rates`; with ``_noise_free``, of the error that PES would
        leave without noise and synapses, found in the same way; with ``_theory``, what the theory
        of LMS says of them, see :func:`snnlearn.learning.pes.modes`. Where it is constant,
        ``decay_rate``. The others are NaN. And ``decay_rate_theory``, η·mean(a²), mean over the
        input presented; ``decay_rate_lagged``, the same with the synapses of the loop, see
        :func:`snnlearn.learning.pes.lagged_rate`.
    """
    theory, *modes = (
        float(learning[f"{name}_theory"].mean()) for name in ("decay_rate", "mode_1", "mode_2")
    )
    settled = learning[learning["time"] > SETTLING][::EVERY]
    table = {name: settled[name].to_numpy() for name in settled}
    shown, to_pre = table["time"] - late, table["post"] - table["pre"]
    found = ideal = (math.nan, math.nan)
    if constant := np.ptp(learning["stimulus"]) <= STEADY:
        modes = [math.nan, math.nan]
    else:
        unlearned = line(*(learning[name].to_numpy() for name in ("stimulus", "error_unlearned")))
        found = mode_decay_rates(shown, to_pre, table["pre"], unlearned)
        ideal = mode_decay_rates(
            table["time"], table["error_noise_free"], table["stimulus"], unlearned
        )
    return {
        "decay_rate": decay_rate(shown, to_pre) if constant else math.nan,
        "decay_rate_theory": theory,
        "decay_rate_lagged": pes.lagged_rate(theory, synapses),
        **{
            f"{mode}_decay_rate{suffix}": rate
            for suffix, both in (("", found), ("_noise_free", ideal), ("_theory", modes))
            for mode, rate in zip(("offset", "slope"), both, strict=True)
        },
    }


def decay_rate(time: np.ndarray, error: np.ndarray) -> float:
    """Rate at which an error of one input decays: that of the exponential that fits it best.

    Parameters
    ----------
    time, error : numpy.ndarray, shape (points,)
        Seconds, and the error with its sign.

    Returns
    -------
    float
        The rate in 1/s; NaN where the error does not decay.
    """
    _, rate = _fitted(lambda p: p[0] * np.exp(-p[1] * time) - error, (error[0], 1.0), (-np.inf, 0))
    return _above_0(rate)


def mode_decay_rates(
    time: np.ndarray, error: np.ndarray, x: np.ndarray, unlearned: tuple[float, float]
) -> tuple[float, float]:
    """Rates at which the two slow modes of an error decay, its offset and its slope over x.

    The fit is that of :func:`of_modes`. They are the modes of an input that is as often positive
    as negative, since neurons with either sign are as many.

    Parameters
    ----------
    time, error, x : numpy.ndarray, shape (points,)
        Seconds, the error with its sign, and the value at which it is made.
    unlearned : (float, float)
        Offset b and slope m at time 0.

    Returns
    -------
    offset, slope : float
        The rates r and s in 1/s; NaN for one that does not decay.
    """
    offset, slope = _fitted(
        lambda rates: of_modes(time, x, unlearned, rates) - error, (1.0, 1.0), (0, 0)
    )
    return _above_0(offset), _above_0(slope)


def _fitted(
    errors: Callable[[np.ndarray], np.ndarray], start: Sequence[float], least: Sequence[float]
) -> np.ndarray:
    """Parameters with the smallest squared errors; NaN where these are too large to be squared."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(errors(np.array(start))).sum()
    if not np.isfinite(squares):
        return np.full(len(start), math.nan)
    fitted: np.ndarray = scipy.optimize.least_squares(errors, start, bounds=(least, np.inf)).x
    return fitted


def of_modes(
    time: np.ndarray, x: np.ndarray, unlearned: tuple[float, float], rates: np.ndarray
) -> np.ndarray:
    """Error that two modes leave: ``b exp(-r t) + m exp(-s t) x(t)``.

    What is wrong about a function is taken for a line, whose offset b and slope m decay each at
    its own rate.

    Parameters
    ----------
    time, x : numpy.ndarray, shape (points,)
        Seconds, and the value at which the error is made.
    unlearned : (float, float)
        Offset b and slope m at time 0.
    rates : numpy.ndarray, shape (2,)
        The rates r and s in 1/s.

    Returns
    -------
    numpy.ndarray, shape (points,)
        The error with its sign.
    """
    offset, slope = unlearned
    left: np.ndarray = offset * np.exp(-rates[0] * time) + slope * np.exp(-rates[1] * time) * x
    return left


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Offset and slope of the line that fits y as a function of x best.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (n,)
        The values.

    Returns
    -------
    offset, slope : float
        Those of the line.
    """
    found = np.polynomial.polynomial.polyfit(x, y, 1)
    return float(found[0]), float(found[1])


def _above_0(rate: float) -> float:
    return float(rate) if rate > 1e-6 else float("nan")
