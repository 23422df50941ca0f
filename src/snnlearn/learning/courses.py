"""What the course of an error shows: how fast it decays, how far it overshoots, if it oscillates.

The error is that of a connection that learns a constant value with PES, see
:mod:`snnlearn.learning.pes_loop`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from snnlearn.learning import decays, pes, pes_loop

#: Time constant in seconds of the filter through which the error is seen, and the length in seconds
#: of the stretches in which it is averaged.
PROBE_SYNAPSE, BIN = 0.005, 0.005

#: A decay is fitted after so many time constants of a synapse, where faster parts of the error are
#: gone; up to this share of the rate from which on it overshoots, where two parts are equally slow;
#: and where so many standard deviations of the noise are left.
SETTLING, CLEARLY_MONOTONE, ABOVE_NOISE = 10, 0.5, 3.0

#: How long, in seconds, the error is watched for an overshoot.
FIRST_SWINGS = 0.5

#: How many times denser the spectrum of the last second is computed than it must be.
PADDING = 8


def binned(values: np.ndarray, dt: float) -> np.ndarray:
    """Means in stretches of :data:`BIN` seconds; what is left over at the end does not count.

    Parameters
    ----------
    values : numpy.ndarray, shape (steps,)
        The error.
    dt : float
        Time step in seconds.

    Returns
    -------
    numpy.ndarray, shape (stretches,)
        The means.
    """
    steps = _steps(dt)
    found: np.ndarray = values[: len(values) // steps * steps].reshape(-1, steps).mean(axis=1)
    return found


def times(n: int, dt: float) -> np.ndarray:
    """Middle of each of n stretches of :func:`binned` in seconds, shape (n,)."""
    steps = _steps(dt)
    return dt * (steps * np.arange(n) + (steps + 1) / 2)


def by_theory(rate: float, synapse: float, dt: float, n: int) -> np.ndarray:
    """The error that theory predicts, as it is seen.

    Parameters
    ----------
    rate : float
        k in 1/s, from :func:`snnlearn.learning.pes.decay_rate`.
    synapse : float
        Time constant of each of the three filters in the loop in seconds.
    dt : float
        Time step in seconds.
    n : int
        How many stretches.

    Returns
    -------
    numpy.ndarray, shape (n,)
        In units of the input, which it begins with, negative.
    """
    keep = np.exp(-dt / PROBE_SYNAPSE)
    course = pes_loop.course(rate, synapse, dt, n * _steps(dt))
    return binned(lfilter([0, 1 - keep], [1, -keep], course), dt)


def predicted(
    learning_rates: Sequence[float], rates: np.ndarray, synapse: float, dt: float
) -> pd.DataFrame:
    """What theory says of some learning rates, with one network, synapse and input.

    Parameters
    ----------
    learning_rates : sequence of float
        η in seconds.
    rates : numpy.ndarray, shape (neurons,)
        Firing rates in hertz of the neurons whose decoders are learned.
    synapse : float
        Time constant of each of the three filters in the loop in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    pandas.DataFrame
        One row per ``learning_rate``, with ``rate`` in 1/s, which is η·mean(a²), and, of
        :mod:`snnlearn.learning.pes_loop`, ``rate_lagged``, ``overshoots_from`` and
        ``oscillates_from`` in 1/s, and ``frequency_theory`` in hertz, that of the oscillation as it
        sets in.
    """
    loop = [synapse] * 3
    k = pes.decay_rate(rates, np.array(learning_rates))
    oscillates = pes_loop.oscillates_from(loop, dt)
    return pd.DataFrame(
        {
            "learning_rate": learning_rates,
            "rate": k,
            "rate_lagged": [pes_loop.decay_rate(one, loop, dt) for one in k],
            "overshoots_from": pes_loop.overshoots_from(loop, dt),
            "oscillates_from": oscillates,
            "frequency_theory": pes_loop.frequency(oscillates, loop, dt),
        }
    )


def described(
    theory: pd.DataFrame, errors: np.ndarray, value: float, synapse: float, dt: float
) -> pd.DataFrame:
    """Describe the errors of some learning rates, with one network, synapse and input.

    Parameters
    ----------
    theory : pandas.DataFrame
        One row per learning rate, from :func:`predicted`.
    errors : numpy.ndarray, shape (learning rates, stretches)
        From :func:`binned`.
    value : float
        The input: the error begins with minus this.
    synapse : float
        Time constant of each filter in the loop in seconds.
    dt : float
        Time step in seconds.

    Returns
    -------
    pandas.DataFrame
        The same, and beside it

        ==================== ======================================================================
        ``rate_measured``    in 1/s, that of the exponential that fits the error best; NaN where
                             theory has no single slow one, or too little is left of it
        ``noise``            standard deviation of the error in the last second, about a line
        ``noise_slowest``    the same at the smallest learning rate
        ``overshoot``        how far the error goes beyond zero at first, in units of the input
        ``overshoot_theory`` the same of :func:`by_theory`; where it oscillates for ever by theory,
                             what it is where that begins
        ``amplitude``        of the last second, √2 standard deviations, in units of the input
        ``frequency``        in hertz, at which the spectrum of the last second has its peak
        ==================== ======================================================================
    """
    time = times(errors.shape[1], dt)
    sized = -errors / value
    noise, frequency = _last_second(sized, time)
    slowest = noise[theory["rate"].to_numpy().argmin()]
    swings = int(np.searchsorted(time, FIRST_SWINGS))
    damped = np.minimum(theory["rate"], theory["oscillates_from"])
    return theory.assign(
        rate_measured=[
            _rate(time, error, row, slowest, SETTLING * synapse)
            for error, (_, row) in zip(sized, theory.iterrows(), strict=True)
        ],
        noise=noise * abs(value),
        noise_slowest=slowest * abs(value),
        overshoot=np.maximum(0, -sized[:, :swings].min(axis=1)),
        overshoot_theory=[max(0.0, by_theory(rate, synapse, dt, swings).max()) for rate in damped],
        amplitude=np.sqrt(2) * noise,
        frequency=frequency,
    )


def _steps(dt: float) -> int:
    return max(1, round(BIN / dt))


def _last_second(values: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation about a line, and frequency, of each row in the last second."""
    last = values[:, time > time[-1] - 1]
    n = last.shape[1]
    x = np.arange(n) - (n - 1) / 2
    residual = last - last.mean(axis=1, keepdims=True) - np.outer(last @ x / (x @ x), x)
    spectrum = np.abs(np.fft.rfft(residual * np.hanning(n), PADDING * n))
    frequencies = np.fft.rfftfreq(PADDING * n, time[1] - time[0])
    return residual.std(axis=1), frequencies[spectrum.argmax(axis=1)]


def _rate(
    time: np.ndarray, error: np.ndarray, predicted: pd.Series, noise: float, start: float
) -> float:
    """Rate at which an error decays that begins with 1; NaN where it cannot be told."""
    too_fast = predicted["rate"] > CLEARLY_MONOTONE * predicted["overshoots_from"]
    if too_fast or np.exp(-predicted["rate_lagged"] * start) < ABOVE_NOISE * noise:
        return float("nan")
    later = time > start
    return decays.decay_rate(time[later], error[later])
