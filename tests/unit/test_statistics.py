import numpy as np
import pytest
from scipy import stats

from snnlearn import statistics
from snnlearn.statistics import (
    mean_band,
    mean_interval,
    signed_rank_test,
    spread_band,
    standardized_distance,
)

#: Of 2000 resamples, the 2.5 % quantile is uncertain by 0.06 standard errors of the mean, and
#: a bootstrap interval of 200 skewless values is as wide as the normal one to 1 %.
QUANTILE_ERROR = 0.2


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_interval_is_the_normal_one_for_many_values(confidence):
    values = np.random.default_rng(3).normal(5, 2, 200)
    error = stats.sem(values)
    z = stats.norm.ppf((1 + confidence) / 2)
    low, high = mean_interval(values, confidence)
    assert low == pytest.approx(values.mean() - z * error, abs=QUANTILE_ERROR * error)
    assert high == pytest.approx(values.mean() + z * error, abs=QUANTILE_ERROR * error)


def test_interval_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = np.array([mean_interval(rng.normal(0, 1, 50)) for _ in range(200)])
    covered = np.mean((intervals[:, 0] < 0) & (intervals[:, 1] > 0))
    # 0.94 is expected of 50 values; the share of 200 has a standard deviation of 0.017.
    assert 0.89 < covered < 0.985


def test_skewed_values_give_a_skewed_interval():
    values = np.random.default_rng(0).lognormal(0, 1.5, 30)
    low, high = mean_interval(values)
    assert high - values.mean() > 1.1 * (values.mean() - low)


@pytest.mark.parametrize("values", [[], [0.3]])
def test_too_few_values_have_no_interval(values):
    assert np.isnan(mean_interval(np.array(values))).all()


def test_two_values_have_one():
    assert mean_interval(np.array([1.0, 3.0])) == (1.0, 3.0)


def test_equal_values_leave_no_doubt():
    assert mean_interval(np.full(10, 0.987)) == pytest.approx((0.987, 0.987))


def test_results_are_the_same_every_time():
    values = np.random.default_rng(0).normal(size=(20, 7))
    np.random.seed(0)  # noqa: NPY002
    first = mean_interval(values[:, 0]), mean_band(values), spread_band(values)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    second = mean_interval(values[:, 0]), mean_band(values), spread_band(values)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    np.random.seed(0)  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("band", [mean_band, spread_band])
@pytest.mark.parametrize("n_seeds", [1, 2, 30])
def test_band_has_an_edge_below_and_one_above_each_point(band, n_seeds):
    values = np.random.default_rng(0).normal(size=(n_seeds, 40)).cumsum(axis=1)
    low, high = band(values)
    assert low.shape == high.shape == (40,)
    # Where all is equal, rounding may put the edges a few bits beside the mean.
    assert (low <= values.mean(axis=0) + 1e-12).all()
    assert (high >= values.mean(axis=0) - 1e-12).all()
    assert (low < high).all() == (n_seeds > 1)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_mean_band_is_the_normal_one_for_many_seeds(confidence):
    values = np.random.default_rng(3).normal([0, 5, -3], [1, 2, 0.1], (200, 3))
    error = stats.sem(values)
    z = stats.norm.ppf((1 + confidence) / 2)
    low, high = mean_band(values, confidence)
    assert (np.abs(low - (values.mean(axis=0) - z * error)) < QUANTILE_ERROR * error).all()
    assert (np.abs(high - (values.mean(axis=0) + z * error)) < QUANTILE_ERROR * error).all()


def test_mean_band_resamples_whole_traces():
    """A trace and its mirror image have mirrored bands, if the same seeds are drawn for both."""
    trace = np.random.default_rng(0).lognormal(size=(15, 1))
    low, high = mean_band(np.hstack([trace, -trace]))
    assert low[1] == pytest.approx(-high[0], rel=1e-12)
    assert high[1] == pytest.approx(-low[0], rel=1e-12)


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


@pytest.mark.parametrize(("alternative", "p_value"), [("greater", 1 / 32), ("less", 1.0)])
def test_signed_ranks_of_five_values_above_a_bound(alternative, p_value):
    """If they lay around the bound, all five would be above it once in 2 to the power of 5."""
    values = 7 + np.array([0.1, 0.5, 0.2, 0.9, 0.4])
    assert signed_rank_test(values, 7, alternative) == pytest.approx(p_value)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_signed_ranks_need_two_values(values):
    assert np.isnan(signed_rank_test(np.array(values), 0, "greater"))


def test_resamples_drawn_in_parts_are_the_same(monkeypatch):
    values = np.random.default_rng(0).normal(size=(50, 3))
    at_once = mean_interval(values[:, 0]), mean_band(values)
    monkeypatch.setattr(statistics, "DRAWN_AT_ONCE", 50 * 300)
    in_parts = mean_interval(values[:, 0]), mean_band(values)
    assert in_parts[0] == at_once[0]
    np.testing.assert_allclose(in_parts[1], at_once[1], rtol=1e-14)
