import numpy as np
import pandas as pd
import pytest

from snnlearn.experiment import Claim
from snnlearn.verdict import COLUMNS, judge

ANY = Claim("it is 1", "A. Uthor 2020", "m", 1.0, 0.9, 1.2, "reasons")
MNIST = Claim(
    *("it is 1 on MNIST", "A. Uthor 2020", "m", 1.0, 0.9, 1.2, "reasons"),
    variants=("pretrained/mnist", "trained/mnist"),
    excused=(("trained/uci-digits", "MNIST unavailable"), ("trained/toy", "toy data")),
)


def metrics(values, experiment="e", variant="default", metric="m") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "experiment": experiment,
            "variant": variant,
            "seed": range(len(values)),
            "metric": metric,
            "value": np.array(values, float),
            "unit": "1",
        }
    )


def judge_one(claim: Claim, *tables: pd.DataFrame) -> pd.Series:
    found = judge([("e", claim)], pd.concat(tables, ignore_index=True))
    assert list(found.columns) == COLUMNS
    (row,) = (row for _, row in found.iterrows())
    return row


def test_columns_are_those_of_the_contract():
    contract = "claim, source, published, measured, ci_low, ci_high, n, verdict, reason"
    assert ", ".join(COLUMNS) == contract
    assert list(judge([], metrics([1])).columns) == COLUMNS


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        # One seed: its value must lie within [0.9, 1.2].
        ([0.9], "reproduced"),
        ([1.2], "reproduced"),
        ([0.8999], "not reproduced"),
        ([1.2001], "not reproduced"),
        # Several: their mean must. The interval of the mean of two is from one to the other.
        ([0.95, 1.05], "reproduced"),
        ([0.5, 1.5], "reproduced"),
        # The mean is outside, but the interval reaches in: too few seeds to tell.
        ([0.7, 0.95], "not tested"),
        ([1.15, 1.9], "not tested"),
        ([0.7, 0.8999], "not reproduced"),
        ([1.2001, 1.9], "not reproduced"),
        # A lone value within the bounds does not help where the mean is clearly outside.
        ([1.0, *[1.5] * 20], "not reproduced"),
        ([1.0, *[0.5] * 20], "not reproduced"),
    ],
)
def test_mean_and_interval_decide(values, verdict):
    row = judge_one(ANY, metrics(values))
    assert row["verdict"] == verdict
    assert row["measured"] == pytest.approx(np.mean(values))
    assert row["n"] == len(values)
    assert row["published"] == 1.0
    assert (row["claim"], row["source"]) == ("e: it is 1", "A. Uthor 2020")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.05], "1.05 is within the bounds"),
        ([1.25, 1.5], "1.375 is outside the bounds"),
        ([1.1, 1.6], "1.35 of 2 seeds, too few to tell, is just outside"),
    ],
)
def test_reason_gives_mean_bounds_and_why(values, words):
    reason = judge_one(ANY, metrics(values))["reason"]
    for part in (words, "[0.9, 1.2]", "reasons"):
        assert part in reason


def test_interval_surrounds_the_mean_of_several_seeds():
    row = judge_one(ANY, metrics([0.9, 1.0, 1.1, 1.2]))
    assert 0.9 <= row["ci_low"] < 1.05 < row["ci_high"] <= 1.2
    assert row[["ci_low", "ci_high"]].notna().all()


def test_one_seed_has_no_interval():
    assert judge_one(ANY, metrics([1.0]))[["ci_low", "ci_high"]].isna().all()


def test_empty_values_do_not_count():
    row = judge_one(ANY, metrics([1.0, np.nan, 1.1]))
    assert row["measured"] == pytest.approx(1.05)
    assert row["n"] == 2
    assert row["verdict"] == "reproduced"


def test_only_empty_values_test_nothing():
    row = judge_one(ANY, metrics([np.nan, np.nan]))
    assert (row["verdict"], row["n"]) == ("not tested", 0)
    assert np.isnan(row["measured"])


@pytest.mark.parametrize(
    "other",
    [metrics([1.0], experiment="f"), metrics([1.0], metric="k"), metrics([])],
    ids=["experiment", "metric", "nothing"],
)
def test_other_results_test_nothing(other):
    row = judge_one(ANY, other)
    assert (row["verdict"], row["n"]) == ("not tested", 0)
    assert row[["measured", "ci_low", "ci_high"]].isna().all()
    assert "there are those of none" in row["reason"]


def test_other_results_do_not_mix_in():
    others = metrics([9.0], experiment="f"), metrics([9.0], metric="k")
    row = judge_one(ANY, metrics([1.0]), *others)
    assert (row["measured"], row["n"]) == (1.0, 1)


def test_only_the_named_variants_count():
    row = judge_one(
        MNIST,
        metrics([1.0], variant="pretrained/mnist"),
        metrics([1.1], variant="trained/mnist"),
        metrics([9.0], variant="pretrained-unverified/mnist"),
        metrics([9.0], variant="trained/uci-digits"),
    )
    assert row["verdict"] == "reproduced"
    assert row["measured"] == pytest.approx(1.05)
    assert row["n"] == 2


@pytest.mark.parametrize(
    ("variant", "reason"),
    [("trained/uci-digits", "MNIST unavailable"), ("trained/toy", "toy data")],
)
def test_excused_variant_gives_its_reason(variant, reason):
    row = judge_one(MNIST, metrics([0.2], variant=variant))
    assert (row["verdict"], row["reason"]) == ("not tested", reason)
    assert np.isnan(row["measured"])


def test_unknown_variant_is_named_beside_the_wanted_ones():
    row = judge_one(MNIST, metrics([1.0], variant="trained-unverified/mnist"))
    assert row["verdict"] == "not tested"
    for name in ("pretrained/mnist", "trained/mnist", "trained-unverified/mnist"):
        assert name in row["reason"]


def test_excuse_is_not_needed_where_the_claim_is_tested():
    row = judge_one(
        MNIST, metrics([2.0], variant="trained/mnist"), metrics([1], variant="trained/uci-digits")
    )
    assert row["verdict"] == "not reproduced"


def test_claims_are_judged_in_their_order():
    found = judge([("f", ANY), ("e", MNIST), ("e", ANY)], metrics([1.0]))
    assert found["claim"].tolist() == ["f: it is 1", "e: it is 1 on MNIST", "e: it is 1"]
    assert found["verdict"].tolist() == ["not tested", "not tested", "reproduced"]
