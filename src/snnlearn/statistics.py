"""Statistics over seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

#: With fewer values there is no interval, and nothing is decided: a deviation that is estimated
#: from so few is mostly noise.
FEWEST = 5

#: One-sided error of a test of a family; 95 % intervals have it on either side.
LEVEL = 0.025


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean.

    Exact for normal values, and the safer choice for few of others: percentiles of a bootstrap
    cover too little then (T. C. Hesterberg 2015, "What teachers should know about the bootstrap",
    The American Statistician 69:371, section 5).

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval; NaN where there are fewer than :data:`FEWEST` values.
    """
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
    mean, error = values.mean(axis=0), stats.sem(values)
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * error
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
        The interval; NaN where there are fewer than :data:`FEWEST` values.
    """
    n = len(values)
    if n < FEWEST:
        return math.nan, math.nan
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * np.std(values, ddof=1) * math.sqrt(1 + 1 / n)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def wilson_interval(
    counts: np.ndarray, n: int, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a share, where each of n independent cases counts or does not.

    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22:209.

    Parameters
    ----------
    counts : numpy.ndarray, shape (shares,)
        How many count, for each of some shares.
    n : int
        Of how many.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : numpy.ndarray, shape (shares,)
        The interval of each share, between 0 and 1.
    """
    z = stats.norm.ppf((1 + confidence) / 2)
    share = counts / n
    centre = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = ((centre + side * half) / (1 + z**2 / n) for side in (-1, 1))
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


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
        The one-sided p value; NaN where there are fewer than :data:`FEWEST` values.
    """
    if len(values) < FEWEST:
        return math.nan
    distance, error = np.mean(values) - bound, stats.sem(values)
    if alternative == "less":
        distance = -distance
    rounding = 1e-12 * np.max(np.abs(values))
    if error <= rounding:  # all alike: nothing is left to chance
        return 0.0 if distance > rounding else 1.0
    t = distance / error
    return float(stats.t.sf(t, len(values) - 1))


def more_gained(gained: int, lost: int, alternative: Literal["greater", "less"]) -> float:
    """McNemar's exact test whether more pairs change one way than the other.

    Q. McNemar (1947), "Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12:153; exact: half of those that change do so either way.

    Parameters
    ----------
    gained, lost : int
        Pairs that change one way, and the other.
    alternative : str
        Whether more are gained than lost (``greater``), or fewer (``less``).

    Returns
    -------
    float
        The one-sided p value.
    """
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost, alternative=alternative).pvalue)


def gain_interval(gained: int, lost: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of the share gained minus that lost, which decides as :func:`more_gained`.

    That of Clopper and Pearson for the pairs that change, given how many do (C. J. Clopper and
    E. S. Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26:404).

    Parameters
    ----------
    gained, lost : int
        Pairs that change one way, and the other.
    n : int
        All pairs.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval.
    """
    changed = gained + lost
    if changed == 0:
        return 0.0, 0.0
    found = stats.binomtest(gained, changed).proportion_ci(confidence, method="exact")
    low, high = (float((2 * end - 1) * changed / n) for end in (found.low, found.high))
    return low, high


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
    t = stats.t.ppf((1 + confidence) / 2, n - 1)
    means = np.mean([numerators, denominators], axis=1)
    # The ratios are those between the roots of a quadratic.
    (c, b), (_, a) = np.outer(means, means) - t**2 * np.cov(numerators, denominators) / n
    if a <= 0:
        return math.nan, math.nan
    half = math.sqrt(max(b**2 - a * c, 0.0))
    return float((b - half) / a), float((b + half) / a)


def differences(values: np.ndarray) -> np.ndarray:
    """Numbers whose mean is the mean absolute difference of all pairs of values.

    They are the jackknife's pseudo-values (J. N. Arvesen 1969, "Jackknifing U-statistics", Annals
    of Mathematical Statistics 40:2076).

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        One number a seed.

    Returns
    -------
    numpy.ndarray, shape (n,)
        One number a seed; none for fewer than two values. Two are their difference, twice.
    """
    n, apart = len(values), np.abs(values[:, np.newaxis] - values)
    if n <= 2:
        return apart.sum(axis=1) if n == 2 else np.empty(0)
    without = (apart.sum() - 2 * apart.sum(axis=1)) / ((n - 1) * (n - 2))
    return apart.sum() / (n - 1) - (n - 1) * without


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
