from itertools import product

import numpy as np
import pandas as pd
import pytest

from snnlearn.experiments.channel import Parameters
from snnlearn.registry import registry
from snnlearn.simulation import measure, simulate
from snnlearn.statistics import ratio_interval
from snnlearn.studies import LEVELS, block_seeds, source_seeds
from snnlearn.verdict.variance import components, decompose, markdown, study

SOURCES = {"a": ("one", "two"), "b": ("three",)}


def test_every_combination_of_levels_is_run_and_blocks_share_no_seed():
    first, second = block_seeds(SOURCES, 0), block_seeds(SOURCES, 1)
    assert first == [
        {"one": 0, "two": 0, "three": 0},
        {"one": 0, "two": 0, "three": 1},
        {"one": 1, "two": 1, "three": 0},
        {"one": 1, "two": 1, "three": 1},
    ]
    assert {seed["one"] for seed in second} == {2, 3}


def test_components_of_two_factors_are_those_of_the_textbook():
    """Mean squares of a 2 x 2 table: rows 2, columns 0.5, rest 0.5; solved for variances."""
    table = np.array([[1.0, 1.0], [2.0, 3.0]])
    rows, columns, rest = 2.25, 0.25, 0.25
    found = components(table)
    assert found[(0, 1)] == pytest.approx(rest)
    assert found[(0,)] == pytest.approx((rows - rest) / 2)
    assert found[(1,)] == pytest.approx((columns - rest) / 2)


def test_components_add_up_to_an_unbiased_variance_and_find_what_is_there():
    """Sums of independent effects with known variances, over many blocks."""
    rng = np.random.default_rng(0)
    variances = {(0,): 4.0, (1,): 1.0, (2,): 0.0, (0, 1): 2.0, (0, 1, 2): 0.5}
    n, totals = 4000, {}
    for _ in range(n):
        values = np.zeros((LEVELS,) * 3)
        for axes, variance in variances.items():
            shape = [LEVELS if axis in axes else 1 for axis in range(3)]
            values = values + rng.normal(0, np.sqrt(variance), shape)
        for axes, component in components(values).items():
            totals[axes] = totals.get(axes, 0) + component / n
    for axes, component in totals.items():
        assert component == pytest.approx(variances.get(axes, 0), abs=0.25), axes


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_a_single_source_gets_all_of_the_variance(levels):
    values = np.arange(levels, dtype=float)[:, np.newaxis, np.newaxis] * np.ones(
        (1, levels, levels)
    )
    found = components(values)
    assert found.pop((0,)) == pytest.approx(np.var(np.arange(levels), ddof=1))
    assert found == pytest.approx(dict.fromkeys(found, 0))


def runs_of(value, blocks=6):
    rows = []
    for block in range(blocks):
        for a, b in product(range(LEVELS), repeat=2):
            number = value(block, a, b)
            rows.append((len(rows), "default", "m", number, "Hz"))
    columns = ["seed", "variant", "metric", "value", "unit"]
    return pd.DataFrame(rows, columns=columns)


def test_shares_have_intervals_and_leave_out_blocks_without_the_metric():
    rng = np.random.default_rng(1)
    effects = rng.normal(size=(41, LEVELS))

    def value(block, a, b):
        return np.nan if block == 3 and a == b == 1 else 3 + effects[block, a]

    found = decompose("thing", ["a", "b"], ["m"], runs_of(value, blocks=41)).set_index("source")
    assert list(found.index) == ["a", "b", "interactions"]
    assert found["share"].to_list() == pytest.approx([1, 0, 0], abs=1e-12)
    assert found["ci_low"].to_list() == pytest.approx([1, 0, 0], abs=1e-12)
    assert (found["runs"] == 40 * 4).all()
    kept = [block for block in range(41) if block != 3]
    deviation = np.sqrt(np.mean(np.var(effects[kept], axis=1, ddof=1)))
    assert found["standard_deviation"].to_list() == pytest.approx([deviation] * 3)
    assert "| `thing.m` |" in markdown(found.reset_index())


def test_one_block_has_no_interval_and_no_variance_has_no_shares():
    one = decompose("thing", ["a", "b"], ["m"], runs_of(lambda block, a, b: a, blocks=1))
    assert one["share"].notna().all()
    assert one[["ci_low", "ci_high"]].isna().all(axis=None)
    still = decompose("thing", ["a", "b"], ["m"], runs_of(lambda block, a, b: 5.0))
    assert still["share"].isna().all()
    assert (still["standard_deviation"] == 0).all()
    undefined = decompose("thing", ["a", "b"], ["m"], runs_of(lambda block, a, b: np.nan))
    assert (undefined["runs"] == 0).all()
    assert undefined["share"].isna().all()


def test_interval_of_a_ratio_covers_it():
    rng = np.random.default_rng(0)
    below = rng.uniform(1, 3, 50)
    low, high = ratio_interval(0.25 * below + rng.normal(0, 0.05, 50), below)
    assert 0.2 < low < 0.25 < high < 0.3
    assert np.isnan(ratio_interval(np.ones(1), np.ones(1))).all()


def test_a_metric_that_there_is_not_is_named():
    with pytest.raises(ValueError, match=r"variance\.thing\.metrics.* no metric n; there are m"):
        decompose("thing", ["a", "b"], ["m", "n"], runs_of(lambda block, a, b: 1.0))


def test_channel_runs_differ_by_the_sources_that_were_changed():
    experiment = registry()["channel"]
    parameters = Parameters(duration=2, generalization_duration=0)
    metrics = experiment.variance.metrics
    (cell,) = study(experiment, parameters, 1, metrics, 50).cells
    levels = [source_seeds(experiment.random_sources, seed) for seed in cell.seeds.values()]
    assert [tuple(seeds.values()) for seeds in levels] == list(product(range(LEVELS), repeat=3))
    runs = measure(experiment, parameters, simulate(experiment, parameters, cell.seeds))
    first = runs[runs["metric"] == "rmse_first_second"]
    assert first["value"].nunique() == LEVELS**3
    found = decompose("channel", list(experiment.random_sources), metrics, runs)
    assert list(dict.fromkeys(found["metric"])) == list(metrics)
    assert found.loc[found["metric"] == "rmse_first_second", "share"].sum() == pytest.approx(1)
