import math

import numpy as np
import pytest
from scipy import stats

from snnlearn.shares import (
    gain_interval,
    more_gained,
    share_beyond,
    share_interval,
    wilson_interval,
)
from snnlearn.statistics import (
    FEWEST,
    LEVEL,
    alike,
    holm,
    mean_band,
    mean_difference,
    mean_difference_interval,
    mean_interval,
    one_sided,
    prediction_interval,
    ratio_interval,
    spread_band,
    standardized_distance,
)

#: Simulated experiments, and four standard deviations of a share of 0.95 among them.
TRIALS = 20_000
OF_THE_SHARE = 4 * math.sqrt(0.95 * 0.05 / TRIALS)


def share_covered(band, truth):
    low, high = band
    return np.mean((low < truth) & (truth < high))


@pytest.mark.parametrize("n", [5, 8, 20, 100])
def test_an_interval_holds_the_true_mean_as_often_as_it_says(n):
    values = np.random.default_rng(0).normal(3, 2, (n, TRIALS))
    assert share_covered(mean_band(values), 3) == pytest.approx(0.95, abs=OF_THE_SHARE)
    strict = mean_band(values, 0.99)
    assert share_covered(strict, 3) == pytest.approx(0.99, abs=OF_THE_SHARE)


@pytest.mark.parametrize(("n", "least"), [(5, 0.90), (20, 0.92), (100, 0.94)])
def test_of_skewed_values_an_interval_holds_it_a_little_less_often(n, least):
    """Log-normal values whose logarithms have a standard deviation of 0.5."""
    values = np.random.default_rng(0).lognormal(0, 0.5, (n, TRIALS))
    assert least < share_covered(mean_band(values), math.exp(0.125)) < 0.95


@pytest.mark.parametrize("n", [5, 20])
def test_one_more_value_falls_into_the_prediction_interval_as_often_as_it_says(n):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(4000):
        low, high = prediction_interval(rng.normal(3, 2, n))
        inside += low < rng.normal(3, 2) < high
    assert inside / 4000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


def test_the_interval_of_a_ratio_holds_it_as_often_as_it_says():
    """Of normal pairs, Fieller's is exact where the denominators are far from 0."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(4000):
        shared, own, other = rng.normal(size=(3, 12))
        low, high = ratio_interval(2 + shared + own, 5 + shared + other)
        found.append(low < 2 / 5 < high)
    assert np.mean(found) == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


def test_a_ratio_to_what_may_be_nothing_has_no_interval():
    values = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
    assert np.isnan(ratio_interval(values, np.array([-1.0, 1.0, -1.0, 1.0, 0.1]))).all()
    assert ratio_interval(3 * values, values) == pytest.approx((3, 3))
    assert ratio_interval(0 * values, values) == (0, 0)


@pytest.mark.parametrize("n", range(FEWEST))
def test_too_few_values_have_no_interval_and_no_test(n):
    values = np.arange(float(n))
    for interval in (mean_interval, prediction_interval):
        assert np.isnan(interval(values)).all()
    assert np.isnan(ratio_interval(values, values)).all()
    assert np.isnan(one_sided(values, 0, "less"))
    assert np.isnan(mean_band(np.zeros((n, 3)))).all()


@pytest.mark.parametrize("n", [5, 20])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
def test_the_interval_of_a_share_of_runs_holds_it_at_least_as_often_as_it_says(n, share):
    """Of every number that can count, with its probability: no simulation is needed."""
    probabilities = stats.binom.pmf(np.arange(n + 1), n, share)
    for confidence in (0.95, 0.99):
        ends = np.array([share_interval(count, n, confidence) for count in range(n + 1)])
        holds = (ends[:, 0] <= share) & (share <= ends[:, 1])
        assert probabilities[holds].sum() >= confidence
        assert (ends[:, 0] < ends[:, 1]).all()


def test_students_interval_of_a_rare_share_would_not_hold_it():
    """Two of three times none of 20 counts, if 2 % do: Student's then has no width."""
    drawn = np.random.default_rng(0).random((20, TRIALS)) < 0.02
    assert share_covered(mean_band(drawn.astype(float)), 0.02) < 0.5
    assert share_interval(0, 20)[1] == pytest.approx(1 - 0.025 ** (1 / 20))


def test_a_share_of_runs_is_tested_exactly():
    assert share_beyond(20, 20, 0.5, "greater") == pytest.approx(0.5**20)
    assert share_beyond(0, 20, 0.1, "less") == pytest.approx(0.9**20)
    assert share_beyond(0, 20, 0.1, "less") > LEVEL
    assert np.isnan(share_beyond(4, 4, 0.5, "greater"))


@pytest.mark.parametrize("count", range(21))
def test_a_test_of_a_share_and_the_interval_of_its_level_decide_alike(count):
    for level in (0.025, 0.004):
        low, high = share_interval(count, 20, 1 - 2 * level)
        assert (share_beyond(count, 20, 0.5, "greater") <= level) == (low >= 0.5)
        assert (share_beyond(count, 20, 0.5, "less") <= level) == (high <= 0.5)


@pytest.mark.parametrize("values", [np.full(10, 0.5), np.zeros(10), np.tile([0.3, 0.1 + 0.2], 5)])
def test_values_that_are_all_alike_show_nothing_of_others(values):
    assert alike(values)
    assert np.isnan([*mean_interval(values), *prediction_interval(values)]).all()
    assert np.isnan([one_sided(values, bound, "greater") for bound in (0, 0.5, 1)]).all()


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_the_test_of_a_mean_is_students(alternative):
    values = np.random.default_rng(1).normal(0.3, 1, 12)
    expected = stats.ttest_1samp(values, 0.1, alternative=alternative).pvalue
    assert one_sided(values, 0.1, alternative) == pytest.approx(expected, rel=1e-12)


def test_a_test_and_the_interval_of_its_level_decide_alike():
    rng = np.random.default_rng(2)
    for level in (0.025, 0.004):
        for values in rng.normal(0.6, 1, (200, 9)):
            low, _ = mean_interval(values, 1 - 2 * level)
            assert (one_sided(values, 0, "greater") <= level) == (low >= 0)


def test_a_family_is_decided_step_by_step():
    """Worked by hand: 0.025/4, 0.025/3, and the third fails at 0.025/2."""
    found = holm([0.02, 0.001, 0.5, 0.008])
    assert [test.rejected for test in found] == [False, True, False, True]
    assert [test.p_value for test in found] == pytest.approx([0.04, 0.004, 0.5, 0.024])
    assert [test.level for test in found] == pytest.approx(
        [LEVEL / 2, LEVEL / 4, LEVEL / 2, LEVEL / 3]
    )


def test_a_family_of_one_is_not_corrected():
    (found,) = holm([0.024])
    assert (found.rejected, found.p_value, found.level) == (True, 0.024, LEVEL)


def test_tests_without_a_p_value_are_no_part_of_a_family():
    found = holm([math.nan, 0.02, math.nan])
    assert [test.rejected for test in found] == [False, True, False]
    assert found[1].p_value == 0.02
    assert math.isnan(found[0].p_value)


def test_adjusted_values_never_fall_along_the_family():
    found = holm([0.012, 0.012, 0.013], level=0.05)
    assert [test.p_value for test in found] == pytest.approx([0.036, 0.036, 0.036])


def test_an_error_in_a_family_is_as_rare_as_in_one_test():
    """Ten tests of which none has anything to find."""
    p_values = np.random.default_rng(3).uniform(size=(4000, 10))
    wrong = np.mean([any(test.rejected for test in holm(family)) for family in p_values])
    assert wrong == pytest.approx(LEVEL, abs=4 * math.sqrt(LEVEL / 4000))


def test_spread_band_holds_its_share_of_the_seeds():
    values = np.arange(101.0)[:, np.newaxis] * [1, -2] + [0, 7]
    np.testing.assert_allclose(spread_band(values), [[5, -183], [95, -3]])
    np.testing.assert_allclose(spread_band(values, share=0.5), [[25, -143], [75, -43]])


@pytest.mark.parametrize(("reference", "distance"), [(0, 2.0), (2, 0.0), (3, -1.0)])
def test_distance_is_in_standard_deviations(reference, distance):
    # The standard deviation of a sample of 1, 2, 3 is 1.
    assert standardized_distance(np.array([1.0, 2.0, 3.0]), reference) == pytest.approx(distance)


@pytest.mark.parametrize("values", [[], [1.0], [0.987, 0.987, 0.987], [0.3, 0.1 + 0.2], [0, 0]])
def test_without_a_deviation_there_is_no_distance(values):
    assert np.isnan(standardized_distance(np.array(values, float), 0.0))


@pytest.mark.parametrize(("gained", "lost"), [(24, 16), (23, 6), (6, 23), (5, 0), (6, 0), (0, 7)])
def test_the_interval_of_a_gain_decides_as_its_test(gained, lost):
    low, high = gain_interval(gained, lost, 100, 1 - 2 * LEVEL)
    assert (low > 0) == (more_gained(gained, lost, "greater") < LEVEL)
    assert (high < 0) == (more_gained(gained, lost, "less") < LEVEL)
    assert low <= (gained - lost) / 100 <= high


def test_a_gain_is_tested_exactly():
    assert more_gained(9, 1, "greater") == pytest.approx(11 / 2**10)
    assert more_gained(0, 0, "greater") == more_gained(0, 0, "less") == 1


def test_where_no_answer_changes_some_others_may():
    """As many as could be without any of ten, either way: all by Clopper and Pearson."""
    assert gain_interval(0, 0, 10) == pytest.approx(np.array([-1, 1]) * (1 - 0.025 ** (1 / 10)))


def test_interval_of_a_share():
    for counts, n in ((0, 20), (3, 20), (20, 20), (113, 10_000)):
        expected = stats.binomtest(counts, n).proportion_ci(method="wilson")
        found = wilson_interval(np.array([counts]), n)
        np.testing.assert_allclose(np.ravel(found), [expected.low, expected.high], atol=1e-15)


def test_mean_difference_is_that_of_all_pairs():
    values = np.random.default_rng(0).normal(size=12)
    pairs = np.abs(values[:, np.newaxis] - values)[np.triu_indices(12, 1)]
    assert mean_difference(values) == pytest.approx(pairs.mean())
    assert mean_difference(np.array([1.0, 4.0])) == 3
    assert np.isnan(mean_difference(np.array([1.0])))


def test_its_interval_is_the_jackknifes():
    """Leaving one out after another, on a logarithmic scale."""
    values = np.random.default_rng(0).normal(size=6)
    logs = np.log([mean_difference(np.delete(values, k)) for k in range(6)])
    expected = np.exp(mean_interval(6 * np.log(mean_difference(values)) - 5 * logs, 0.9))
    assert mean_difference_interval(values, 0.9) == pytest.approx(expected)


@pytest.mark.parametrize("n", [5, 20, 100])
def test_its_interval_holds_the_mean_difference_of_the_population(n):
    """Of two normal numbers, 2 / sqrt(pi) standard deviations; and it is never below 0."""
    drawn = np.random.default_rng(1).normal(3, 1, (1000, n))
    low, high = np.transpose([mean_difference_interval(values) for values in drawn])
    covered = share_covered((low, high), 2 / np.sqrt(np.pi))
    assert covered > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 1000)
    assert (low > 0).all()


@pytest.mark.parametrize("values", [[1.0] * 8, [1.0] * 8 + [2.0], [1.0, 2.0, 3.0, 4.0]])
def test_without_two_that_differ_from_others_it_has_none(values):
    assert np.isnan(mean_difference_interval(np.array(values))).all()
