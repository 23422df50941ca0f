"""Measures of how well a signal follows another."""

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
