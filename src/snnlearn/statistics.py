"""Statistics over seeds."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import stats

#: Resamples of a bootstrap, and the seed that makes it repeatable.
N_RESAMPLES = 2000
BOOTSTRAP_SEED = 0
#: Numbers that are drawn at once, 8 bytes each: with many seeds, resamples are drawn in parts.
DRAWN_AT_ONCE = 2**25


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean (Efron and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than two values.
    """
    if len(values) < 2:
        return math.nan, math.nan
    return _bootstrap_interval((values,), np.mean, confidence)


def ratio_interval(
    numerators: np.ndarray, denominators: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval of the ratio of two means, over pairs of numbers.

    Parameters
    ----------
    numerators, denominators : numpy.ndarray, shape (n,)
        The pairs.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than two pairs.
    """
    if len(numerators) < 2:
        return math.nan, math.nan
    return _bootstrap_interval(
        (numerators, denominators),
        lambda a, b, axis: a.mean(axis=axis) / b.mean(axis=axis),
        confidence,
        paired=True,
        vectorized=True,
    )


def _bootstrap_interval(
    samples: tuple[np.ndarray, ...],
    statistic: Callable[..., Any],
    confidence: float,
    **how: bool,
) -> tuple[float, float]:
    interval = stats.bootstrap(
        samples,
        statistic,
        confidence_level=confidence,
        n_resamples=N_RESAMPLES,
        method="percentile",
        batch=max(1, DRAWN_AT_ONCE // len(samples[0])),
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        **how,
    ).confidence_interval
    return float(interval.low), float(interval.high)


def standardized_distance(values: np.ndarray, reference: float) -> float:
    """Distance of the mean from a reference, in standard deviations (Cohen's d).

    For differences of pairs and a reference of 0 it is Cohen's d_z (Lakens 2013, "Calculating
    and reporting effect sizes", Frontiers in Psychology 4:863, equation 6).

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    reference : float
        What the mean is compared with.

    Returns
    -------
    float
        The distance; NaN where fewer than two values or equal ones have no deviation.
    """
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    # Numbers that are equal but for rounding have none either.
    if deviation <= 1e-12 * np.max(np.abs(values), initial=0.0):
        return math.nan
    return float((np.mean(values) - reference) / deviation)


def signed_rank_test(
    values: np.ndarray, bound: float, alternative: Literal["greater", "less"]
) -> float:
    """p-value of Wilcoxon's signed-rank test that the values lie around a bound.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    bound : float
        The bound.
    alternative : str
        What speaks against it: values that are ``greater`` or ``less``.

    Returns
    -------
    float
        The one-sided p-value; NaN for fewer than two values.
    """
    if len(values) < 2:
        return math.nan
    return float(stats.wilcoxon(values - bound, alternative=alternative).pvalue)


def mean_band(values: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap interval of the mean at each point of time.

    Whole traces are resampled: the same seeds at all points.

    Parameters
    ----------
    values : numpy.ndarray, shape (seeds, points)
        One trace a seed.
    confidence : float
        Pointwise coverage.

    Returns
    -------
    low, high : numpy.ndarray, shape (points,)
        The band.
    """
    n = len(values)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    at_once = max(1, DRAWN_AT_ONCE // n)
    means = [
        rng.multinomial(n, np.full(n, 1 / n), size=min(at_once, N_RESAMPLES - done)) / n @ values
        for done in range(0, N_RESAMPLES, at_once)
    ]
    tails = (1 - confidence) / 2 * np.array([1, -1]) + np.array([0, 1])
    low, high = np.quantile(np.concatenate(means), tails, axis=0)
    return low, high


def spread_band(values: np.ndarray, share: float = 0.90) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles between which a share of the seeds lies at each point of time.

    Parameters
    ----------
    values : numpy.ndarray, shape (seeds, points)
        One trace a seed.
    share : float
        The share.

    Returns
    -------
    low, high : numpy.ndarray, shape (points,)
        The band.
    """
    low, high = np.quantile(values, [(1 - share) / 2, (1 + share) / 2], axis=0)
    return low, high
