"""The score of paired shares, against its likelihood, and what its interval covers."""

import functools

import numpy as np
import pytest
from scipy import optimize, stats

from snnlearn.paired_shares import beyond, difference_interval
from snnlearn.shares import more_gained

N = 10_000


def score_by_likelihood(gained: int, lost: int, n: int, difference: float) -> float:
    """The score with the share lost that a numerical search finds likeliest."""

    def unlikelihood(share: float) -> float:
        shares = np.array([share + difference, share, 1 - 2 * share - difference])
        return -stats.multinomial.logpmf([gained, lost, n - gained - lost], n, shares)

    least, most = max(0, -difference), (1 - difference) / 2
    found = optimize.minimize_scalar(unlikelihood, (least, most), bounds=(least, most),
                                     method="bounded", options={"xatol": 1e-12})  # fmt: skip
    variance = 2 * found.x + difference * (1 - difference)
    return ((gained - lost) / n - difference) / np.sqrt(variance / n)


@pytest.mark.parametrize("difference", [-0.3, -0.01, 0.002, 0.2])
@pytest.mark.parametrize(("gained", "lost", "n"), [(1, 7, 21), (24, 16, 1000), (5, 30, 100)])
def test_the_share_lost_is_the_likeliest(gained, lost, n, difference):
    z = score_by_likelihood(gained, lost, n, difference)
    for way, p in (("greater", stats.norm.sf(z)), ("less", stats.norm.cdf(z))):
        assert beyond(gained, lost, n, difference, way) == pytest.approx(p, rel=1e-4)


@pytest.mark.parametrize(("gained", "lost"), [(24, 16), (3, 20), (70, 40)])
def test_against_0_it_is_mcnemars(gained, lost):
    z = (gained - lost) / np.sqrt(gained + lost)
    assert beyond(gained, lost, N, 0, "greater") == pytest.approx(stats.norm.sf(z))
    exact = more_gained(gained, lost, "greater")
    assert beyond(gained, lost, N, 0, "greater") == pytest.approx(exact, abs=0.05)


def test_a_test_and_the_interval_of_its_level_decide_alike():
    rng = np.random.default_rng(0)
    for gained, lost in rng.integers(0, 40, (40, 2)):
        for level in (0.025, 0.004):
            low, high = difference_interval(gained, lost, N, 1 - 2 * level)
            assert low < (gained - lost) / N < high
            for bound in (-0.002, 0.0, 0.0031):
                assert (beyond(gained, lost, N, bound, "greater") <= level) == (bound <= low)
                assert (beyond(gained, lost, N, bound, "less") <= level) == (bound >= high)


def test_both_directions_are_alike():
    low, high = difference_interval(9, 2, 50)
    assert difference_interval(2, 9, 50) == pytest.approx((-high, -low))


def test_pairs_of_which_none_changes_leave_a_doubt():
    """All d with n d / (1 - d) < z²: z² / (n + z²) on either side."""
    z2 = stats.norm.ppf(0.975) ** 2
    assert difference_interval(0, 0, 1000) == pytest.approx((-z2 / (1000 + z2), z2 / (1000 + z2)))
    assert beyond(0, 0, 1000, 0, "greater") == beyond(0, 0, 1000, 0, "less") == 0.5
    assert difference_interval(7, 0, 7)[1] == 1
    assert difference_interval(0, 7, 7)[0] == -1


interval = functools.cache(difference_interval)


@pytest.mark.parametrize(
    ("gained", "lost"), [(1, 1), (2, 0.5), (5, 1), (12, 5), (5, 12), (30, 10), (100, 40)]
)
@pytest.mark.parametrize("confidence", [0.95, 0.9833])
def test_the_interval_holds_the_difference_as_often_as_it_says(gained, lost, confidence):
    """Numbers that change on average, from about two of 10,000 to many.

    Numbers of few pairs are lumpy: of very few, coverage may be more than what is said.
    """
    shares = np.array([gained, lost, N - gained - lost]) / N
    drawn = np.random.default_rng(0).multinomial(N, shares, 4000)
    ends = np.array([interval(int(g), int(lo), N, confidence) for g, lo, _ in drawn])
    low, high = ends.T
    covered = np.mean((low <= shares[0] - shares[1]) & (shares[0] - shares[1] <= high))
    assert covered > confidence - 0.02
    if gained + lost > 15:
        assert covered < confidence + 0.02


@pytest.mark.parametrize("lost", [0, 2, 10, 40])
@pytest.mark.parametrize("margin", [0.002, 0.01])
def test_a_difference_at_the_margin_is_rarely_taken_for_one_within(lost, margin):
    """The error that a verdict of equivalence can make, one-sided."""
    shares = np.array([margin + lost / N, lost / N, 1 - margin - 2 * lost / N])
    drawn = np.random.default_rng(1).multinomial(N, shares, 4000)
    ends = np.array([interval(int(g), int(lo), N) for g, lo, _ in drawn])
    within = (ends[:, 0] >= -margin) & (ends[:, 1] <= margin)
    assert within.mean() < 0.025 + 4 * np.sqrt(0.025 * 0.975 / 4000)
