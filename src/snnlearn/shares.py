"""Statistics of shares: each of some independent cases counts, or it does not."""

import math
from typing import Literal

import numpy as np
import scipy

from snnlearn.statistics import FEWEST


def share_interval(count: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share, of Clopper and Pearson.

    It covers at least what it says, also where none or all count (C. J. Clopper and E. S. Pearson
    1934, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26:404).

    Parameters
    ----------
    count : int
        How many count.
    n : int
        Of how many.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    low, high : float
        The interval.
    """
    found = scipy.stats.binomtest(count, n).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)


def share_beyond(
    count: int, n: int, bound: float, alternative: Literal["greater", "less"]
) -> float:
    """The exact binomial test whether a share lies beyond a bound.

    Parameters
    ----------
    count : int
        How many count.
    n : int
        Of how many.
    bound : float
        The bound.
    alternative : str
        On which side of it: ``greater`` or ``less``.

    Returns
    -------
    float
        The one-sided p value; NaN where there are fewer than
        :data:`snnlearn.statistics.FEWEST` cases.
    """
    if n < FEWEST:
        return math.nan
    return float(scipy.stats.binomtest(count, n, bound, alternative).pvalue)


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
    z = scipy.stats.norm.ppf((1 + confidence) / 2)
    share = counts / n
    centre = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = ((centre + side * half) / (1 + z**2 / n) for side in (-1, 1))
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


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
    return float(scipy.stats.binomtest(gained, gained + lost, alternative=alternative).pvalue)


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
    if changed == 0:  # and of all that could be shown, at most so many would, all one way
        _, most = share_interval(0, n, confidence)
        return -most, most
    found = scipy.stats.binomtest(gained, changed).proportion_ci(confidence, method="exact")
    low, high = (float((2 * end - 1) * changed / n) for end in (found.low, found.high))
    return low, high
