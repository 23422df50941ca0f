"""Statistics over seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

#: With fewer values there is no interval, and nothing is decided: a deviation that is estimated
#: from so few is mostly noise.
FEWEST = 5

#: One-sided error of a test of a family; 95 % intervals have it on either side.
LEVEL = 0.025

#: Numbers that differ by no more than this part of the largest are equal but for rounding.
ROUNDING = 1e-12


def alike(values: np.ndarray) -> bool:
    """Whether there are no two values that differ by more than rounding.

    How far others would be from them cannot be told then: an interval of no width would claim that
    nothing is left to chance, which is known of what holds by construction only.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.

    Returns
    -------
    bool
        Whether there are none; so it is of a single value.
    """
    far = np.ptp(values) if len(values) else 0.0
    return bool(far <= ROUNDING * np.max(np.abs(values), initial=0.0))


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean.

    Exact for normal values, and the safer choice for few of others: percentiles of a bootstrap
    cover too little then (T. C. Hesterberg 2015, "What teachers should know about the bootstrap",
    The American Statistician 69:371, section 5). For shares of what is so or not, there is
    :func:`snnlearn.shares.share_interval`.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than :data:`FEWEST` values, or all are
        :func:`alike`.
    """
    if alike(values):
        return math.nan, math.nan
    low, high = mean_band(np.reshape(values, (-1, 1)), confidence)
    return float(low[0]), float(high[0])


def mean_band(values: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Student's interval of the mean at each point of time.

    Parameters
    ----------
    values : numpy.ndarray, shape (seeds, points)
        One trace a seed.
    confidence : float
        Pointwise coverage.

    Returns
    -------
    low, high : numpy.ndarray, shape (points,)
        The band; NaN where there are fewer than :data:`FEWEST` seeds.
    """
    n, points = values.shape
    if n < FEWEST:
        return np.full(points, np.nan), np.full(points, np.nan)
    mean, error = values.mean(axis=0), scipy.stats.sem(values)
    half = scipy.stats.t.ppf((1 + confidence) / 2, n - 1) * error
    return mean - half, mean + half


def prediction_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The interval into which one more value falls, if all are normal.

    G. J. Hahn and W. Q. Meeker (1991), *Statistical Intervals*, section 4.7.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    confidence : float
        How often it does.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than :data:`FEWEST` values, or all are
        :func:`alike`.
    """
    n = len(values)
    if n < FEWEST or alike(values):
        return math.nan, math.nan
    half = (
        scipy.stats.t.ppf((1 + confidence) / 2, n - 1)
        * np.std(values, ddof=1)
        * math.sqrt(1 + 1 / n)
    )
    return float(np.mean(values) - half), float(np.mean(values) + half)


def one_sided(values: np.ndarray, bound: float, alternative: Literal["greater", "less"]) -> float:
    """Student's test whether the mean lies beyond a bound.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    bound : float
        The bound.
    alternative : str
        On which side of it: ``greater`` or ``less``.

    Returns
    -------
    float
        The one-sided p value; NaN where there are fewer than :data:`FEWEST` values, or all are
        :func:`alike`.
    """
    if len(values) < FEWEST or alike(values):
        return math.nan
    distance, error = np.mean(values) - bound, scipy.stats.sem(values)
    if alternative == "less":
        distance = -distance
    return float(scipy.stats.t.sf(distance / error, len(values) - 1))


@dataclass(frozen=True)
class Decided:
    """What one test of a family comes to.

    Attributes
    ----------
    rejected : bool
        Whether the null hypothesis is.
    p_value : float
        Adjusted for the family.
    level : float
        The one-sided error at which it was decided: an interval of confidence 1 - 2 ``level``
        decides the same.
    """

    rejected: bool
    p_value: float
    level: float


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[Decided]:
    """Decide the tests of a family, so that an error in any is as likely as one alone allows.

    S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6:65. Tests without a p value are no part of the family.

    Parameters
    ----------
    p_values : sequence of float
        One for each test; NaN where there is none.
    level : float
        One-sided error of the family.

    Returns
    -------
    list of Decided
        In the order given.
    """
    order = [k for k in np.argsort(p_values) if not math.isnan(p_values[k])]
    decided = [Decided(False, math.nan, level)] * len(p_values)
    rejecting, adjusted, at = True, 0.0, level
    for done, k in enumerate(order):
        left = len(order) - done
        adjusted = min(1.0, max(adjusted, left * p_values[k]))
        if rejecting:
            at = level / left
            rejecting = p_values[k] <= at
        decided[k] = Decided(rejecting, adjusted, at)
    return decided


def ratio_interval(
    numerators: np.ndarray, denominators: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Fieller's interval of the ratio of two means, over pairs of numbers.

    All ratios r of which Student's test does not tell the mean of a - r b from 0
    (E. C. Fieller 1954, "Some problems in interval estimation", Journal of the Royal Statistical
    Society B 16:175).

    Parameters
    ----------
    numerators, denominators : numpy.ndarray, shape (n,)
        The pairs.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than :data:`FEWEST` pairs, and where the mean of
        the denominators cannot be told from 0, so that no ratio can be excluded.
    """
    n = len(numerators)
    if n < FEWEST:
        return math.nan, math.nan
    t = scipy.stats.t.ppf((1 + confidence) / 2, n - 1)
    means = np.mean([numerators, denominators], axis=1)
    # The ratios are those between the roots of a quadratic.
    (c, b), (_, a) = np.outer(means, means) - t**2 * np.cov(numerators, denominators) / n
    if a <= 0:
        return math.nan, math.nan
    half = math.sqrt(max(b**2 - a * c, 0.0))
    return float((b - half) / a), float((b + half) / a)


def distances(values: np.ndarray) -> np.ndarray:
    """Of each of some values, the sum of its distances from all others.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The sums, in ascending order of the values.
    """
    ascending, n = np.sort(values), len(values)
    upto = np.cumsum(ascending)
    found: np.ndarray = ascending * (2 * np.arange(n) + 2 - n) + upto[-1:] - 2 * upto
    return found


def mean_difference(values: np.ndarray) -> float:
    """Mean absolute difference of all pairs of some values.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.

    Returns
    -------
    float
        The mean; NaN for fewer than two values.
    """
    n = len(values)
    return float(distances(values).sum() / (n * (n - 1))) if n > 1 else math.nan


def mean_difference_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The jackknife's interval of the mean difference of two values.

    Student's, of pseudo-values of its logarithm, so that it is never below 0 (J. N. Arvesen 1969,
    "Jackknifing U-statistics", Annals of Mathematical Statistics 40:2076). Of few values
    that are skewed it covers less than it says: 0.90 for 0.95 of five exponential ones.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than :data:`FEWEST` values, or all but one are
        :func:`alike`.
    """
    n = len(values)
    if n < FEWEST:
        return math.nan, math.nan
    apart = distances(values)
    without = (apart.sum() - 2 * apart) / ((n - 1) * (n - 2))
    if np.any(without <= ROUNDING * np.max(np.abs(values))):
        return math.nan, math.nan
    pseudo = n * math.log(mean_difference(values)) - (n - 1) * np.log(without)
    low, high = mean_interval(pseudo, confidence)
    return math.exp(low), math.exp(high)


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
    if alike(values):
        return math.nan
    return float((np.mean(values) - reference) / np.std(values, ddof=1))


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
