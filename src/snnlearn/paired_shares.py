r"""The difference of two shares of the same cases, such as images that are answered twice.

Of n pairs, some are gained and some are lost; the others say nothing of the difference. The test
whether the share gained minus that lost is d, and the interval of all d that it does not exclude,
are those of the score of T. Tango (1998, "Equivalence test and confidence interval for the
difference in proportions for the paired-sample design", Statistics in Medicine 17:891):

.. math::

    z(d) = \frac{gained - lost - n d}{\sqrt{n\,(2 q + d\,(1 - d))}},

where q is the likeliest share lost if the difference is d, the larger root of

.. math::

    2 n q^2 + \big((2 n - gained + lost)\,d - gained - lost\big)\,q - lost\,d\,(1 - d) = 0.

At d = 0 its square is McNemar's statistic. Test and interval decide alike, and both need only the
pairs that change. An estimated deviation, as of Wald's interval, would be far too small for few
of them, and 0 for none.
"""

import math
from typing import Literal

import scipy

#: How near an interval's end is searched for, and how near to -1 and 1.
_PRECISION = 1e-12


def beyond(
    gained: int, lost: int, n: int, bound: float, alternative: Literal["greater", "less"]
) -> float:
    """Test whether the share gained minus that lost lies beyond a bound.

    Parameters
    ----------
    gained, lost : int
        Pairs that change one way, and the other.
    n : int
        All pairs.
    bound : float
        The bound, between -1 and 1.
    alternative : str
        On which side of it: ``greater`` or ``less``.

    Returns
    -------
    float
        The one-sided p value.
    """
    z = _score(gained, lost, n, bound)
    return float(scipy.stats.norm.sf(z) if alternative == "greater" else scipy.stats.norm.cdf(z))


def difference_interval(
    gained: int, lost: int, n: int, confidence: float = 0.95
) -> tuple[float, float]:
    """The interval of the share gained minus that lost, which decides as :func:`beyond`.

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
        The interval. It has a width where no pair changes, too.
    """
    z = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    return _where_score_is(z, gained, lost, n), _where_score_is(-z, gained, lost, n)


def _where_score_is(z: float, gained: int, lost: int, n: int) -> float:
    """The difference with a score, which falls from one end to the other."""

    def excess(difference: float) -> float:
        return _score(gained, lost, n, difference) - z

    low, high = -1 + _PRECISION, 1 - _PRECISION
    if excess(low) <= 0:
        return -1.0
    if excess(high) >= 0:
        return 1.0
    return float(scipy.optimize.brentq(excess, low, high, xtol=_PRECISION))


def _score(gained: int, lost: int, n: int, difference: float) -> float:
    """Tango's score z(d); 0 where nothing changes, and nothing should."""
    share = _likeliest_lost(gained, lost, n, difference)
    variance = n * (2 * share + difference * (1 - difference))
    distance = gained - lost - n * difference
    if variance > 0:
        return distance / math.sqrt(variance)
    return math.copysign(math.inf, distance) if distance else 0.0


def _likeliest_lost(gained: int, lost: int, n: int, difference: float) -> float:
    """The share lost that maximizes the likelihood at a difference: the quadratic's larger root."""
    b = (2 * n - gained + lost) * difference - gained - lost
    c = -lost * difference * (1 - difference)
    root = math.sqrt(max(b**2 - 8 * n * c, 0.0))
    # Either way of writing the root loses digits on one side.
    if b > 0:
        return -2 * c / (b + root)
    return (root - b) / (4 * n)
