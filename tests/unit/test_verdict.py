import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from snnlearn import published
from snnlearn.published import Claim, claims
from snnlearn.registry import names
from snnlearn.verdict import COLUMNS, judge

ANY = Claim("is-1", "it is 1", "A. Uthor 2020", "m", 1.0, 0.9, 1.2, "reasons")
MNIST = Claim(
    *("mnist-is-1", "it is 1 on MNIST", "A. Uthor 2020", "m", 1.0, 0.9, 1.2, "reasons"),
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
    assert ", ".join(COLUMNS[:9]) == contract
    assert COLUMNS[9:] == [
        *("experiment", "quantity", "unit", "expected", "test", "effect_size", "p_value", "name"),
    ]
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
    assert row["name"] == "e.is-1"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.05], "1.05 is within the bounds"),
        ([1.25, 1.5], "1.375 is outside the bounds"),
        ([1.1, 1.6], "1.35 of 2 seeds, too few to tell, is just outside the bounds"),
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


# Relations


def claim(test="inclusion", **more) -> Claim:
    return Claim("holds", "it holds", "A. Uthor 2020", "m", because="reasons", test=test, **more)


POSITIVE, NEGATIVE = claim(low=0), claim(high=0)
SMALL = claim(published=0, low=-1, high=1)


@pytest.mark.parametrize(
    ("relation", "values", "verdict"),
    [
        # The interval of the mean of two is from one to the other.
        (POSITIVE, [0.1, 0.2], "reproduced"),
        (POSITIVE, [-0.2, -0.1], "not reproduced"),
        (POSITIVE, [-0.1, 0.5], "not tested"),
        (POSITIVE, [-0.5, 0.1], "not tested"),
        (NEGATIVE, [-0.2, -0.1], "reproduced"),
        (NEGATIVE, [0.1, 0.2], "not reproduced"),
        (NEGATIVE, [-0.5, 0.1], "not tested"),
        # "Greater than" leaves the bound itself out, "between" does not.
        (POSITIVE, [0.0, 0.2], "not tested"),
        (NEGATIVE, [-0.2, 0.0], "not tested"),
        (SMALL, [-1.0, 1.0], "reproduced"),
        (SMALL, [-1.0001, 1.0], "not tested"),
        (SMALL, [-1.0, 1.0001], "not tested"),
        (SMALL, [1.0001, 2.0], "not reproduced"),
        (SMALL, [-2.0, -1.0001], "not reproduced"),
        # However near the mean is to 0, a wide interval shows no equivalence.
        (SMALL, [-3.0, 3.0], "not tested"),
        # One that strays does not matter among many, and neither does one that fits.
        (POSITIVE, [-0.1, *[1.0] * 20], "reproduced"),
        (POSITIVE, [0.1, *[-1.0] * 20], "not reproduced"),
    ],
)
def test_whole_interval_decides_on_a_relation(relation, values, verdict):
    assert judge_one(relation, metrics(values))["verdict"] == verdict


@pytest.mark.parametrize("relation", [POSITIVE, SMALL])
def test_one_run_shows_no_relation(relation):
    row = judge_one(relation, metrics([0.5]))
    assert (row["verdict"], row["n"], row["measured"]) == ("not tested", 1, 0.5)
    assert "one run has no interval" in row["reason"]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([0.1], "reproduced"), ([0.0], "not reproduced"), ([-0.1, 0.05], "not tested")],
)
def test_lone_bound_of_an_agreement(values, verdict):
    assert judge_one(claim("agreement", low=0), metrics(values))["verdict"] == verdict


def test_pairs_are_compared_and_not_means():
    """Large differences between seeds cancel where both numbers of a seed share them."""
    a, b = metrics([11.0, 21.0, 31.0, 41.0]), metrics([10.0, 20.0, 30.0, 40.0], metric="k")
    shuffled = b.sample(frac=1, random_state=1)
    difference = judge_one(claim(minus="k", low=0), a, shuffled)
    assert (difference["measured"], difference["n"]) == (1.0, 4)
    assert (difference["ci_low"], difference["ci_high"]) == (1.0, 1.0)
    assert difference["verdict"] == "reproduced"
    ratio = judge_one(claim(over="k", published=1, low=0.9, high=1.2), a, shuffled)
    assert ratio["measured"] == pytest.approx(np.mean([1.1, 1.05, 31 / 30, 1.025]))
    assert ratio["verdict"] == "reproduced"


def test_runs_that_lack_one_number_of_the_pair_do_not_count():
    a, b = metrics([1.0, 2.0, 3.0]), metrics([0.5, np.nan], metric="k")
    assert judge_one(claim(minus="k", low=0), a, b)["n"] == 1
    assert judge_one(claim(minus="k", low=0), a)["n"] == 0


def test_pairs_are_of_one_variant():
    claimed = claim(minus="k", low=0, variants=("v", "w"))
    a = metrics([5.0], variant="v"), metrics([7.0], variant="w")
    b = metrics([1.0], variant="v", metric="k"), metrics([2.0], variant="w", metric="k")
    assert judge_one(claimed, *a, *b)["measured"] == 4.5


def test_ratio_to_nothing_does_not_count():
    a, b = metrics([1.0, 2.0, 3.0]), metrics([0.0, 2.0, 2.0], metric="k")
    row = judge_one(claim(over="k", low=0), a, b)
    assert (row["measured"], row["n"]) == (1.25, 2)


def test_row_says_what_was_compared_and_how():
    a, b = metrics([1.0, 2.0]).assign(unit="s"), metrics([1.0, 2.0], metric="k").assign(unit="s")
    found = [
        judge_one(c, a, b)[["experiment", "quantity", "unit", "expected", "test"]].tolist()
        for c in (
            ANY,
            claim(minus="k", low=0),
            claim(minus="k", published=0, low=-1, high=1),
            claim(over="k", high=2),
        )
    ]
    within = "95 % interval within the bounds"
    assert found == [
        ["e", "m", "s", "in [0.9, 1.2]", "mean within the bounds"],
        ["e", "m - k", "s", "> 0", f"paired difference, {within} (one-sided)"],
        ["e", "m - k", "s", "in [-1, 1]", f"paired difference, {within} (equivalence)"],
        ["e", "m / k", "1", "< 2", f"paired ratio, {within} (one-sided)"],
    ]


@pytest.mark.parametrize(
    ("claimed", "effect_size", "p_value"),
    [
        (claim(low=0), 2.0, 1 / 8),
        (claim(low=1.5), 0.5, 3 / 8),
        (claim(high=0), 2.0, 1.0),
        # Two bounds: no p-value, and the distance is that from what was published.
        (claim(published=3, low=0, high=4), -1.0, np.nan),
        (claim("agreement", published=2, low=0, high=4), 0.0, np.nan),
    ],
)
def test_effect_sizes_and_p_values(claimed, effect_size, p_value):
    row = judge_one(claimed, metrics([1.0, 2.0, 3.0]))
    assert row["effect_size"] == pytest.approx(effect_size)
    assert row["p_value"] == pytest.approx(p_value, nan_ok=True)


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0, 1.0]])
def test_no_p_value_without_an_effect_size(values):
    row = judge_one(POSITIVE, metrics(values))
    assert row[["effect_size", "p_value"]].isna().all()


def test_claim_about_something_else_is_listed_with_its_reason():
    listed = Claim(
        *("is-2", "it is 2 there", "B. Uthor 2021", "m"), published=2, untested="other network"
    )
    row = judge_one(listed, metrics([1.0, 1.1]))
    assert (row["verdict"], row["reason"], row["n"]) == ("not tested", "other network", 0)
    assert (row["published"], row["expected"], row["test"]) == (2, "", "")
    assert np.isnan(row["measured"])


# The claims there are

CLAIMS = [(name, claimed) for name in names() for claimed in claims(name)]


def test_no_two_claims_read_the_same():
    texts = [f"{name}: {claimed.text}" for name, claimed in CLAIMS]
    assert len(texts) > 50
    assert len(set(texts)) == len(texts)


def test_names_of_claims_are_short_and_differ():
    for experiment in names():
        found = [claimed.name for claimed in claims(experiment)]
        assert len(set(found)) == len(found)
        for name in found:
            assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name)
            assert len(name) <= 40


@pytest.mark.parametrize(("name", "claimed"), CLAIMS, ids=lambda value: getattr(value, "name", ""))
def test_claims_are_complete(name, claimed):
    assert claimed.source
    assert not (claimed.minus and claimed.over)
    if claimed.untested:
        return
    assert claimed.because
    assert claimed.low < claimed.high
    assert np.isfinite([claimed.low, claimed.high]).any()
    if claimed.two_sided:
        assert claimed.low <= claimed.published <= claimed.high


# Studies


def of_cell(values, study="s", cell="base") -> pd.DataFrame:
    return metrics(values).assign(study=study, cell=cell)


def test_a_claim_on_a_study_is_judged_by_its_cell_alone():
    tables = metrics([5.0, 5.0]), of_cell([0.1, 0.2], cell="a"), of_cell([-3.0, -2.0], cell="b")
    row = judge_one(claim(low=0, study="s", cell="a"), *tables)
    assert (row["verdict"], row["measured"], row["n"]) == ("reproduced", pytest.approx(0.15), 2)
    assert (row["experiment"], row["name"]) == ("e", "s.holds")
    # What is said of the experiment is judged by its own runs.
    assert judge_one(POSITIVE, *tables)["measured"] == 5.0
    assert judge_one(claim(low=0, study="other"), *tables)["verdict"] == "not tested"


def test_a_control_is_subtracted_from_the_run_of_the_same_seed():
    runs = of_cell([1.0, 2.0, 9.0], cell="learning")
    control = of_cell([3.0, 1.5], cell="none").iloc[::-1]
    row = judge_one(claim(low=0, study="s", cell="learning", control="none"), runs, control)
    assert row["n"] == 2  # the third has no control
    assert row["measured"] == pytest.approx(np.mean([1.0 - 3.0, 2.0 - 1.5]))
    assert row["quantity"] == "m - the same of none"
    assert row["test"].startswith("paired difference, ")


def test_claims_on_studies_that_are_not_configured_are_not_listed(monkeypatch):
    said = {"e": (ANY, replace(ANY, name="more", study="s", cell="a")), "s": (MNIST,)}
    monkeypatch.setattr(published, "claims", lambda name: said.get(name, ()))
    alone = list(published.listed({"e": "e"}))
    assert [(name, c.name, c.study) for name, c in alone] == [("e", "is-1", "e")]
    both = list(published.listed({"e": "e", "s": "e"}))
    assert [(name, c.name, c.study) for name, c in both] == [
        *(("e", "is-1", "e"), ("e", "more", "s"), ("e", "mnist-is-1", "s")),
    ]
