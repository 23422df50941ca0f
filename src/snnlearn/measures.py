"""Measures of how well a signal follows another."""

import numpy as np
import pandas as pd


def root_mean_square(values: pd.Series) -> float:
    """Root of the mean of the squares; NaN of no values."""
    return float(np.sqrt(np.square(values).mean()))


def slope(x: pd.Series, y: pd.Series) -> float:
    """Slope of the line that fits y as a function of x best; NaN where x is constant."""
    variance = float(x.var())
    return float(y.cov(x)) / variance if variance > 0 else float("nan")
