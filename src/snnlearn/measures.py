"""Measures of how well a signal follows another, and how fast an error decays."""

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit


def root_mean_square(values: pd.Series) -> float:
    """Root of the mean of the squares; NaN of no values."""
    return float(np.sqrt(np.square(values).mean()))


def slope(x: pd.Series, y: pd.Series) -> float:
    """Slope of the line that fits y as a function of x best; NaN where x is constant."""
    variance = float(x.var())
    return float(y.cov(x)) / variance if variance > 0 else float("nan")


def exponential_decay(time: pd.Series, error: pd.Series, width: float) -> float:
    """Rate at which the error decays exponentially to its final noise.

    The root mean square m of the error in bins of a width is fitted with
    ``m(t)^2 = (a exp(-r t))^2 + c^2``: a decaying error and independent noise add in squares.
    :func:`snnlearn.pes.decay_rate` is what theory predicts for a constant input.

    Parameters
    ----------
    time, error : pandas.Series
        Seconds, and the error.
    width : float
        Of the bins, in seconds.

    Returns
    -------
    float
        The rate r in 1/s; NaN where the error does not decay: where the fit finds no amplitude
        above the noise, or no rate above its own standard error.
    """
    # A bin holds the steps after its beginning, up to its end.
    number = np.ceil((time - 1e-9) / width).astype(int) - 1
    binned = np.sqrt(np.square(error).groupby(number).mean())
    centres = (binned.index.to_numpy() + 0.5) * width
    try:
        (amplitude, rate, noise), covariance = curve_fit(
            lambda t, a, r, c: np.hypot(a * np.exp(-r * t), c),
            centres,
            binned.to_numpy(),
            p0=(binned.iloc[0], 1.0, binned.iloc[-1]),
            bounds=(0, np.inf),
        )
    except RuntimeError:  # curve_fit's word for "no optimum found"
        return float("nan")
    determined = amplitude > noise and rate > np.sqrt(covariance[1, 1])
    return float(rate) if determined else float("nan")
