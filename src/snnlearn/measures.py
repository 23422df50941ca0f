"""Measures of how well a signal follows another, and of how something grows with another."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

#: How much of an error may be left where something was learned.
LEFT = 0.5


def root_mean_square(values: pd.Series) -> float:
    """Root of the mean of the squares; NaN of no values."""
    return float(np.sqrt(np.square(values).mean()))


def slope(x: pd.Series, y: pd.Series) -> float:
    """Slope of the line that fits y as a function of x best; NaN where x is constant."""
    variance = float(x.var())
    return float(y.cov(x)) / variance if variance > 0 else float("nan")


def after_learning(first: float, last: float, old: float, new: float) -> dict[str, float]:
    """How an error changes when learning is over.

    Parameters
    ----------
    first, last : float
        The error when learning begins, and when it ends.
    old, new : float
        The error after it, with the old input and with a new one.

    Returns
    -------
    dict of str to float
        ``retention_change``: the error with the old input minus that at the end of learning.
        ``generalization_change``: that with the new input minus that with the old one. NaN where
        more than :data:`LEFT` of the first error is left: then nothing was learned that could stay.
    """
    if not last < LEFT * first:
        return dict.fromkeys(("retention_change", "generalization_change"), float("nan"))
    return {"retention_change": old - last, "generalization_change": new - old}


def onset(rate: np.ndarray, level: np.ndarray) -> float:
    """The rate at which a level first exceeds 1, between two rates on logarithmic axes.

    Parameters
    ----------
    rate, level : numpy.ndarray, shape (conditions,)
        Rates in any order, and the level at each.

    Returns
    -------
    float
        NaN where it never does, or already does at the smallest rate.
    """
    order = np.argsort(rate)
    x, y = np.log(rate[order]), np.log(np.maximum(level[order], 1e-3))
    above = np.flatnonzero(y > 0)
    if len(above) == 0 or above[0] == 0:
        return float("nan")
    after = above[0]
    share = -y[after - 1] / (y[after] - y[after - 1])
    return float(np.exp(x[after - 1] + share * (x[after] - x[after - 1])))


def geometric_mean(values: pd.Series) -> float:
    """Geometric mean of those that are numbers; NaN where none is."""
    return float(np.exp(np.log(values).mean()))


def exponent(table: pd.DataFrame, column: str, of: str, within: Sequence[str]) -> float:
    """Exponent of a size with which a column grows, in conditions that are there at all sizes.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per condition and size.
    column, of : str
        What grows, and the size, both positive.
    within : sequence of str
        The columns that make a condition, which has a factor of its own.

    Returns
    -------
    float
        The slope of the logarithms; NaN where there is but one size, or no such condition.
    """
    logs = np.log(table.pivot(index=list(within), columns=of, values=column).dropna().to_numpy())
    if len(logs) == 0:
        return float("nan")
    sizes = np.log(np.unique(table[of]))
    return slope(pd.Series(sizes), pd.Series(logs.mean(axis=0)))


def explained(pairs: Iterable[tuple[float, float]]) -> float:
    """The share of the variance of what was measured that is predicted, without a fit: R².

    Parameters
    ----------
    pairs : iterable of (float, float)
        What was measured, and what was predicted.

    Returns
    -------
    float
        At most 1; below 0 where the mean would predict better, NaN where nothing varies.
    """
    measured, predicted = np.array([*pairs], float).reshape(-1, 2).T
    if len(measured) == 0 or np.ptp(measured) == 0:
        return float("nan")
    spread = np.sum(np.square(measured - measured.mean()))
    return float(1 - np.sum(np.square(measured - predicted)) / spread)
