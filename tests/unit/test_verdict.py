import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from snnlearn import published
from snnlearn.paired_shares import difference_interval
from snnlearn.published import Claim, claims
from snnlearn.registry import names
from snnlearn.statistics import LEVEL, mean_interval
from snnlearn.verdict import COLUMNS, judge

IS_1 = {"published": 1.0, "low": 0.9, "high": 1.2, "because": "reasons"}
ANY = Claim("is-1", "it is 1", "A. Uthor 2020", "m", **IS_1)
MNIST = Claim(
    *("mnist-is-1", "it is 1 on MNIST", "A. Uthor 2020", "m"),
    **IS_1,
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
        *("kind", "confidence", "counts"),
    ]
    assert list(judge([], metrics([1])).columns) == COLUMNS


#: Five values around 0 with a mean of 0, whose 95 % interval reaches to 0.196 either side.
AROUND = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        # The whole interval is within the bounds, 0.9 and 1.2, or outside, or neither.
        (1.05 + 0.5 * AROUND, "reproduced"),
        (1.05 + AROUND, "not tested"),
        (1.5 + AROUND, "not reproduced"),
        (0.6 + AROUND, "not reproduced"),
        (1.3 + AROUND, "not tested"),
        # A mean in the middle shows nothing where the interval is wide.
        (1.05 + 10 * AROUND, "not tested"),
        # One that strays does not matter among many.
        ([1.0, *(1.5 + AROUND), *(1.5 + AROUND)], "not reproduced"),
    ],
)
def test_the_interval_decides(values, verdict):
    row = judge_one(ANY, metrics(values))
    assert row["verdict"] == verdict
    assert row["measured"] == pytest.approx(np.mean(values))
    assert row["n"] == len(values)
    assert row["published"] == 1.0
    assert (row["claim"], row["source"]) == ("e: it is 1", "A. Uthor 2020")
    assert (row["name"], row["kind"], row["confidence"]) == ("e.is-1", "literature", 0.95)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_runs_decide_nothing_however_clear_they_are(n):
    row = judge_one(ANY, metrics([1.0] * n))
    assert (row["verdict"], row["n"], row["measured"]) == ("not tested", n, 1.0)
    assert row[["ci_low", "ci_high", "p_value", "confidence"]].isna().all()
    assert f"{n} run{'s' if n > 1 else ''} of at least 5 that a test needs" in row["reason"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (1.05 + 0.5 * AROUND, "is within the bounds"),
        (1.5 + AROUND, "is outside the bounds"),
        (1.2 + AROUND, "is only in part in"),
    ],
)
def test_reason_gives_mean_interval_bounds_and_why(values, words):
    reason = judge_one(ANY, metrics(values))["reason"]
    for part in (f"{np.mean(values):.6g}, 95 % interval [", "of 5 runs", words, "[0.9, 1.2]"):
        assert part in reason
    assert reason.endswith(": reasons")


@pytest.mark.parametrize(
    "claimed", [ANY, replace(ANY, test="prediction", low=-np.inf, high=np.inf)]
)
def test_runs_that_are_all_alike_have_no_interval(claimed):
    row = judge_one(claimed, metrics([1.0] * 5))
    assert (row["verdict"], row["measured"], row["n"]) == ("not tested", 1.0, 5)
    assert row[["ci_low", "ci_high", "p_value", "confidence"]].isna().all()
    assert row["reason"] == "all 5 runs come to 1; how far others are is unknown"


def test_the_interval_is_students():
    row = judge_one(ANY, metrics(1 + AROUND))
    half = stats.t.ppf(0.975, 4) * stats.sem(AROUND)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((1 - half, 1 + half))


def test_empty_values_do_not_count():
    row = judge_one(ANY, metrics([*np.tile(1.05 + 0.5 * AROUND, 4), np.nan]))
    assert row["measured"] == pytest.approx(1.05)
    assert (row["n"], row["verdict"]) == (20, "reproduced")


def test_many_empty_values_leave_nothing_to_test():
    """Runs that do not define something may be the very ones that lack it."""
    row = judge_one(ANY, metrics([*np.tile(1.05 + 0.5 * AROUND, 3), np.nan]))
    assert (row["n"], row["verdict"]) == (0, "not tested")
    assert row["reason"] == "only 15 of 16 runs define m"


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
        metrics([1.0, 1.1], variant="pretrained/mnist"),
        metrics([1.1, 1.0, 1.05], variant="trained/mnist"),
        metrics([9.0], variant="pretrained-unverified/mnist"),
        metrics([9.0], variant="trained/uci-digits"),
    )
    assert row["verdict"] == "reproduced"
    assert row["measured"] == pytest.approx(1.05)
    assert row["n"] == 5


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
        MNIST,
        metrics(2 + AROUND, variant="trained/mnist"),
        metrics([1], variant="trained/uci-digits"),
    )
    assert row["verdict"] == "not reproduced"


def test_claims_are_judged_in_their_order():
    found = judge([("f", ANY), ("e", MNIST), ("e", ANY)], metrics(1.05 + 0.5 * AROUND))
    assert found["claim"].tolist() == ["f: it is 1", "e: it is 1 on MNIST", "e: it is 1"]
    assert found["verdict"].tolist() == ["not tested", "not tested", "reproduced"]


# Relations


def claim(name="holds", **more) -> Claim:
    return Claim(name, f"it {name}", "A. Uthor 2020", "m", because="reasons", **more)


POSITIVE, NEGATIVE = claim(low=0), claim(high=0)
SMALL = claim(predicted=0, low=-1, high=1)


@pytest.mark.parametrize(
    ("relation", "values", "verdict"),
    [
        (POSITIVE, 0.3 + AROUND, "reproduced"),
        (POSITIVE, -0.3 + AROUND, "not reproduced"),
        (POSITIVE, 0.1 + AROUND, "not tested"),
        (NEGATIVE, -0.3 + AROUND, "reproduced"),
        (NEGATIVE, 0.3 + AROUND, "not reproduced"),
        (NEGATIVE, -0.1 + AROUND, "not tested"),
        (POSITIVE, [0.0] * 5, "not tested"),
        (SMALL, AROUND, "reproduced"),
        (SMALL, 1.3 + AROUND, "not reproduced"),
        (SMALL, -1.3 + AROUND, "not reproduced"),
        (SMALL, 0.9 + AROUND, "not tested"),
        # However near the mean is to 0, a wide interval shows no equivalence.
        (SMALL, 10 * AROUND, "not tested"),
        # One that strays does not matter among many, and neither does one that fits.
        (POSITIVE, [-0.1, *[1.0] * 20], "reproduced"),
        (POSITIVE, [0.1, *[-1.0] * 20], "not reproduced"),
    ],
)
def test_the_whole_interval_decides_on_a_relation(relation, values, verdict):
    assert judge_one(relation, metrics(values))["verdict"] == verdict


# Families


def test_claims_of_a_family_are_corrected_for_each_other():
    """Alone each is clear; of two, the first needs half the error, and so do those after it."""
    values = 0.22 + AROUND
    alone = judge_one(POSITIVE, metrics(values))
    assert (alone["verdict"], alone["confidence"]) == ("reproduced", 0.95)
    claims_made = [("e", claim(low=0)), ("e", claim("also", low=0))]
    both = judge(claims_made, metrics(values))
    assert 0.0125 < alone["p_value"] < 0.025
    assert both["verdict"].tolist() == ["not tested"] * 2
    assert both["confidence"].tolist() == [0.975] * 2
    assert both["p_value"].tolist() == pytest.approx([2 * alone["p_value"]] * 2)
    assert (both["ci_low"] < 0).all()


@pytest.mark.parametrize("other", [{"family": "another"}, {"kind": "regression"}])
def test_claims_of_another_family_or_kind_do_not_matter(other):
    claims_made = [("e", claim(low=0)), ("e", claim("also", low=0, **other))]
    assert judge(claims_made, metrics(0.22 + AROUND))["verdict"].tolist() == ["reproduced"] * 2


def test_claims_without_runs_are_no_part_of_a_family():
    claims_made = [("e", claim(low=0)), ("e", Claim("k", "k", "A.", "k", low=0, because="why"))]
    assert judge(claims_made, metrics(0.22 + AROUND))["verdict"].tolist() == [
        "reproduced",
        "not tested",
    ]


def test_what_is_clearly_false_in_a_family_is_said_to_be():
    claims_made = [("e", claim(low=0)), ("e", claim("also", high=0))]
    found = judge(claims_made, metrics(1 + AROUND))
    assert found["verdict"].tolist() == ["reproduced", "not reproduced"]


# Shares of runs


MOST = Claim(
    *("most", "most runs lack it", "A. Uthor 2020", "m"), case=0, low=0.5, because="reasons"
)


@pytest.mark.parametrize(
    ("values", "verdict", "share"),
    [
        ([0.0] * 20, "reproduced", 1),
        ([0.0] * 15 + [0.5] * 5, "reproduced", 0.75),
        ([0.0] * 14 + [1.0] * 6, "not tested", 0.7),
        ([0.5] * 20, "not reproduced", 0),
        ([0.0] * 5, "not tested", 1),  # 0.5 to the fifth is above 0.025
        ([0.0] * 4, "not tested", 1),
    ],
)
def test_a_share_of_runs_is_tested_exactly(values, verdict, share):
    """Whatever it is that other runs come to: half a miss is one."""
    row = judge_one(MOST, metrics(values).assign(unit="s"))
    assert (row["verdict"], row["n"], row["unit"]) == (verdict, len(values), "1")
    assert row["quantity"] == "share of runs with m = 0"
    assert row["test"] == "exact binomial test of the share of runs (one-sided), Holm"
    assert row["measured"] == share
    assert np.isnan(row["effect_size"])
    if len(values) >= 5:
        found = stats.binomtest(round(share * len(values)), len(values))
        expected = found.proportion_ci(0.95, method="exact")
        assert row["ci_low"] == pytest.approx(expected.low)
        assert row["ci_high"] == pytest.approx(expected.high)
        assert row["ci_low"] < row["ci_high"]


def test_what_none_of_twenty_runs_shows_may_still_be_rare():
    """If 2 % fail, none of 20 does two times in three: less than a tenth is not shown by that."""
    rare = replace(MOST, case=1, low=-np.inf, high=0.1)
    row = judge_one(rare, metrics([0.0] * 20))
    assert row["verdict"] == "not tested"
    assert (row["measured"], row["ci_low"]) == (0, 0)
    assert row["ci_high"] > 0.16


def test_runs_that_do_not_define_it_are_no_case_against_a_share():
    assert judge_one(MOST, metrics([*[0.0] * 20, np.nan]))["n"] == 20
    assert judge_one(MOST, metrics([*[0.0] * 5, np.nan]))["n"] == 0


# Identities, single networks, ratios


def test_an_identity_holds_in_every_run_or_not_at_all():
    identity = claim(low=-1, high=1, kind="identity")
    one = judge_one(identity, metrics([0.9]))
    assert (one["verdict"], one["n"]) == ("reproduced", 1)
    assert one[["ci_low", "p_value", "confidence"]].isna().all()
    assert one["reason"] == "0.9 is within the bounds [-1, 1]: reasons"
    assert judge_one(identity, metrics([0.0] * 20 + [1.1]))["verdict"] == "not reproduced"


def test_a_number_printed_of_one_network_is_held_against_single_networks():
    printed = claim(published=0.5, test="prediction")
    assert judge_one(printed, metrics(0.1 + AROUND))["verdict"] == "reproduced"
    far = judge_one(printed, metrics(-0.1 + AROUND))
    assert far["verdict"] == "not reproduced"
    assert far["expected"] == "0.5 in the prediction interval"
    # The mean itself is nowhere near.
    assert judge_one(replace(printed, test="mean", low=0.4, high=0.6), metrics(0.1 + AROUND))[
        "verdict"
    ] == ("not reproduced")
    assert judge_one(printed, metrics([0.5] * 4))["verdict"] == "not tested"


def test_ratios_are_tested_by_their_geometric_mean():
    ratios = np.exp(AROUND)
    row = judge_one(claim(predicted=1, low=1 / 1.3, high=1.3, scale="log"), metrics(ratios))
    assert (row["verdict"], row["measured"]) == ("reproduced", pytest.approx(1))
    assert row["ci_low"] == pytest.approx(1 / row["ci_high"])
    assert row["effect_size"] == pytest.approx(0, abs=1e-12)
    assert judge_one(claim(high=0.7, scale="log"), metrics(ratios))["verdict"] == "not reproduced"
    undefined = judge_one(claim(high=1, scale="log"), metrics([*ratios, 0.0]))
    assert undefined["verdict"] == "not tested"
    assert undefined["reason"] == "1 of 6 runs are not above 0, and have no logarithm"


def test_pairs_are_compared_and_not_means():
    """Large differences between seeds cancel where both numbers of a seed share them."""
    a, b = metrics(11.0 + 10 * np.arange(5)), metrics(10.0 + 10 * np.arange(5), metric="k")
    shuffled = b.sample(frac=1, random_state=1)
    difference = judge_one(claim(minus="k", low=0), metrics(a["value"] + AROUND), shuffled)
    assert (difference["measured"], difference["n"]) == (pytest.approx(1.0), 5)
    assert (difference["ci_low"], difference["ci_high"]) == (
        *(pytest.approx(end) for end in mean_interval(1 + AROUND)),
    )
    assert difference["verdict"] == "reproduced"
    ratio = judge_one(claim(over="k", predicted=1, low=0.9, high=1.2), a, shuffled)
    assert ratio["measured"] == pytest.approx(np.mean([1.1, 1.05, 31 / 30, 1.025, 1.02]))
    assert ratio["verdict"] == "reproduced"


def test_runs_that_lack_one_number_of_the_pair_do_not_count():
    a, b = metrics([1.0] * 20), metrics([0.5] * 19, metric="k")
    assert judge_one(claim(minus="k", low=0), a, b)["n"] == 19
    assert judge_one(claim(minus="k", low=0), a)["n"] == 0


def test_pairs_are_of_one_variant():
    claimed = claim(minus="k", low=0, variants=("v", "w"))
    a = metrics([5.0], variant="v"), metrics([7.0], variant="w")
    b = metrics([1.0], variant="v", metric="k"), metrics([2.0], variant="w", metric="k")
    assert judge_one(claimed, *a, *b)["measured"] == 4.5


def test_ratio_to_nothing_does_not_count():
    a, b = metrics([1.0, *[2.0, 3.0] * 10]), metrics([0.0, *[2.0] * 20], metric="k")
    row = judge_one(claim(over="k", low=0), a, b)
    assert (row["measured"], row["n"]) == (1.25, 20)


def test_row_says_what_was_compared_and_how():
    a, b = metrics([1.0, 2.0]).assign(unit="s"), metrics([1.0, 2.0], metric="k").assign(unit="s")
    found = [
        judge_one(c, a, b)[["experiment", "quantity", "unit", "expected", "test"]].tolist()
        for c in (
            ANY,
            claim(minus="k", low=0),
            claim(minus="k", predicted=0, low=-1, high=1),
            claim(over="k", high=2),
            claim(over="k", high=2, scale="log"),
            claim(low=0, kind="identity"),
            claim(published=1, test="prediction"),
        )
    ]
    assert found == [
        ["e", "m", "s", "in [0.9, 1.2]", "t test of the mean (equivalence), Holm"],
        ["e", "m - k", "s", "> 0", "paired difference, t test of the mean (one-sided), Holm"],
        [
            *("e", "m - k", "s", "in [-1, 1]"),
            "paired difference, t test of the mean (equivalence), Holm",
        ],
        ["e", "m / k", "1", "< 2", "paired ratio, t test of the mean (one-sided), Holm"],
        ["e", "m / k", "1", "< 2", "paired ratio, t test of the geometric mean (one-sided), Holm"],
        ["e", "m", "s", "> 0", "every run within the bounds"],
        [
            *("e", "m", "s", "1 in the prediction interval"),
            "prediction interval of one more network",
        ],
    ]


@pytest.mark.parametrize(
    ("claimed", "effect_size"),
    [
        (claim(low=0), 2.0),
        (claim(low=1.5), 0.5),
        # Two bounds: the distance is that from what was published or predicted.
        (claim(published=3, low=0, high=4), -1.0),
        (claim(predicted=2, low=0, high=4), 0.0),
        (claim(low=0, high=4), np.nan),
    ],
)
def test_effect_sizes(claimed, effect_size):
    row = judge_one(claimed, metrics([1.0, 2.0, 3.0]))
    assert row["effect_size"] == pytest.approx(effect_size, nan_ok=True)


def test_the_p_value_is_that_of_the_test_which_decided():
    values = 0.5 + AROUND
    greater = stats.ttest_1samp(values, 0, alternative="greater").pvalue
    assert judge_one(POSITIVE, metrics(values))["p_value"] == pytest.approx(greater)
    assert judge_one(NEGATIVE, metrics(values))["p_value"] == pytest.approx(greater)
    bounds = judge_one(claim(low=0, high=2), metrics(values))
    assert bounds["p_value"] == pytest.approx(greater), "the nearer bound"


@pytest.mark.parametrize("truth", [-0.02, 0.22])
def test_a_claim_with_bounds_beside_the_truth_fails(truth):
    """The bounds are 0 and 0.2; the truth is a tenth of their distance outside."""
    rng = np.random.default_rng(0)
    beside = claim(low=0, high=0.2)
    found = [judge_one(beside, metrics(rng.normal(truth, 0.1, 20)))["verdict"] for _ in range(200)]
    assert found.count("reproduced") <= 200 * LEVEL
    many = judge_one(beside, metrics(rng.normal(truth, 0.1, 2000)))
    assert many["verdict"] == "not reproduced"


def test_claim_about_something_else_is_listed_with_its_reason():
    listed = Claim(
        *("is-2", "it is 2 there", "B. Uthor 2021", "m"),
        published=2,
        kind="context",
        untested="other network",
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
    assert (claimed.test in ("prediction", "share")) != np.isfinite(
        [claimed.low, claimed.high]
    ).any()
    if claimed.case is not None:
        assert not (claimed.minus or claimed.over or claimed.control or claimed.scale == "log")
        assert claimed.test == "mean"
        assert all(0 < bound < 1 for bound in (claimed.low, claimed.high) if np.isfinite(bound))
        return
    if claimed.two_sided:
        (number,) = {claimed.published, claimed.predicted} - {None}
        assert claimed.low <= number <= claimed.high


def test_what_the_page_prints_is_all_that_is_called_published():
    """It prints two numbers, both of MNIST."""
    assert {claimed.published for _, claimed in CLAIMS if claimed.published is not None} == {
        *(0.0934, 0.9870),
    }


@pytest.mark.parametrize(("name", "claimed"), CLAIMS, ids=lambda value: getattr(value, "name", ""))
def test_shares_of_trials_are_claimed_of_networks(name, claimed):
    """Student's test is not for what is so or not in each of two trials."""
    assert ("missing" in claimed.metric) == (claimed.case is not None)


def test_what_twenty_networks_can_show_is_claimed_of_them():
    for _, claimed in CLAIMS:
        if claimed.case is not None:
            row = judge_one(replace(claimed, metric="m", study="e", cell="base"),
                            metrics([claimed.case] * 20))  # fmt: skip
            assert row["verdict"] == "reproduced"


def test_what_only_this_project_expects_is_not_called_literature():
    of_project = {claimed.name for _, claimed in CLAIMS if claimed.kind == "expectation"}
    assert of_project == {
        *(
            f"cr-{k}-{what}"
            for k in "123"
            for what in ("as-strong-as-ur-" + k, "silent-without-cs")
        ),
        *("cr-3-as-well-as-cr-1", "cr-3-as-well-as-cr-2"),
        *("the-model-predicts-other-trials", "the-model-predicts-other-tests"),
        *("answers-settle-in-10-ms", "spikes-come-to-rates", "early-answers-are-as-good"),
        *("early-answers-take-a-tenth", "spikes-are-cheaper-for-30-ms", "and-not-with-every-step"),
        *("8-bit-weights-cost-nothing", "4-bit-weights-cost-little", "a-tenth-of-neurons-may-die"),
        *("weights-may-be-a-tenth-off", "pixels-may-be-a-tenth-off"),
        *("overshoots-only-beyond-boundary", "overshoot-seen-where-theory-has-it"),
        *("oscillates-beyond-boundary", "oscillates-at-frequency-of-loop"),
        "noise-falls-with-root-of-size",
    }


def test_what_the_channel_was_measured_with_before_is_held_within_a_tenth_of_it():
    """A deviation between earlier networks would be a margin from the data."""
    before = [c for name, c in CLAIMS if name == "channel" and c.kind == "regression"]
    assert len(before) == 3
    for claimed in before:
        assert (claimed.low, claimed.high) == (
            *(pytest.approx(part * claimed.predicted) for part in (0.9, 1.1)),
        )


def test_identities_stand_apart():
    of_curve = {claimed.kind for name, claimed in CLAIMS if name == "tuning_curve"}
    assert of_curve == {"identity"}


# Studies


def of_cell(values, study="s", cell="base") -> pd.DataFrame:
    return metrics(values).assign(study=study, cell=cell)


def test_a_claim_on_a_study_is_judged_by_its_cell_alone():
    a = of_cell(0.5 + AROUND, cell="a")
    tables = metrics([5.0, 5.0]), a, of_cell([-3.0, -2.0], cell="b")
    row = judge_one(claim(low=0, study="s", cell="a"), *tables)
    assert (row["verdict"], row["measured"], row["n"]) == ("reproduced", pytest.approx(0.5), 5)
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


def test_a_control_may_be_a_cell_of_another_study():
    runs = metrics(1 + AROUND).assign(study="e", cell="base")
    control = of_cell(0.5 + AROUND[::-1], study="controls-e", cell="none")
    row = judge_one(claim(low=0, control="controls-e/none"), runs, control)
    assert (row["measured"], row["n"]) == (pytest.approx(0.5), 5)
    assert row["quantity"] == "m - the same of controls-e/none"
    assert row["name"] == "e.holds"


def test_claims_whose_control_is_not_configured_are_not_listed(monkeypatch):
    claimed = claim(low=0, control="controls-e/none")
    monkeypatch.setattr(published, "claims", lambda name: (claimed,) if name == "e" else ())
    assert list(published.listed({"e": "e"})) == []
    ((experiment, found),) = published.listed({"e": "e", "controls-e": "e"})
    assert (experiment, found.study) == ("e", "e")


# One network, and its images


def of_images(shown=1000, gained=0, lost=0, right=0.9) -> list[pd.DataFrame]:
    """What one network that is shown images comes to."""
    numbers = {"m": right, "k": right - (gained - lost) / shown, "images": shown}
    numbers |= {"gained": gained, "lost": lost}
    return [metrics([value], metric=name) for name, value in numbers.items()]


GROWS = Claim(
    *("grows", "m is above k", "A. Uthor 2020", "m"),
    **{"minus": "k", "low": 0, "pairs": ("gained", "lost"), "because": "reasons"},
)


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [
        (24, 16, "not tested"),  # exact: p = 0.13
        (23, 6, "reproduced"),
        (6, 23, "not reproduced"),
        (0, 0, "not tested"),
    ],
)
def test_a_difference_of_one_network_is_tested_by_the_images_that_change(gained, lost, verdict):
    row = judge_one(GROWS, *of_images(gained=gained, lost=lost))
    assert (row["verdict"], row["n"], row["counts"]) == (verdict, 1000, "images")
    assert row["measured"] == pytest.approx((gained - lost) / 1000)
    assert (row["ci_low"] > 0, row["ci_high"] < 0) == (
        verdict == "reproduced",
        verdict == "not reproduced",
    )
    if gained + lost:
        tails = [stats.binom.cdf(min(gained, lost), gained + lost, 0.5)]
        assert row["p_value"] == pytest.approx(tails[0])
    assert row["test"].startswith("McNemar")


ALIKE = replace(GROWS, name="alike", low=-0.02, high=0.02)


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [
        (9, 4, "reproduced"),
        (0, 0, "reproduced"),
        (24, 9, "not tested"),
        (80, 9, "not reproduced"),
        (9, 80, "not reproduced"),
    ],
)
def test_two_bounds_on_one_network_are_tested_by_its_images(gained, lost, verdict):
    row = judge_one(ALIKE, *of_images(gained=gained, lost=lost))
    assert (row["verdict"], row["n"], row["counts"]) == (verdict, 1000, "images")
    low, high = row["ci_low"], row["ci_high"]
    assert (low, high) == pytest.approx(difference_interval(gained, lost, 1000, row["confidence"]))
    assert (low >= -0.02 and high <= 0.02, low > 0.02 or high < -0.02) == (
        verdict == "reproduced",
        verdict == "not reproduced",
    )
    assert row["test"] == "Tango's score test of one network's images (equivalence), Holm"
    assert f"1000 images ({gained} gained, {lost} lost)" in row["reason"]


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ({"low": -np.inf, "high": 0}, "not reproduced"),
        ({"low": 0.01}, "reproduced"),
        ({"low": -np.inf, "high": 0.01}, "not reproduced"),
    ],
)
def test_a_lone_bound_on_one_network_is_tested_on_its_side(bounds, verdict):
    row = judge_one(replace(GROWS, **bounds), *of_images(gained=30, lost=1))
    assert (row["verdict"], row["counts"]) == (verdict, "images")


def test_what_is_claimed_of_one_network_is_tested_by_images_for_mnist():
    """Every claim about the difference of two accuracies of the same images."""
    compared = {c.name for c in claims("mnist") if c.minus.startswith("accuracy_")}
    tested = {c.name: c.pairs for c in claims("mnist") if c.pairs}
    assert compared - set(tested) == {"training-raises-accuracy"}  # two different networks
    assert len(set(tested.values())) == len(tested) == 4


def test_several_networks_are_tested_as_such():
    five = [metrics(table["value"].repeat(5) + AROUND / 100, metric=table["metric"].iloc[0])
            for table in of_images(gained=30, lost=1)]  # fmt: skip
    row = judge_one(GROWS, *five)
    assert (row["n"], row["counts"]) == (5, "runs")


def test_images_that_were_not_counted_test_nothing():
    row = judge_one(GROWS, *of_images(gained=30, lost=1)[:2])
    assert (row["verdict"], row["n"], row["counts"]) == ("not tested", 1, "runs")


SHARE = Claim(
    *("share", "m is 0.9", "A. Uthor 2020", "m"), published=0.9, test="share", because="reasons"
)


@pytest.mark.parametrize(
    ("right", "verdict"), [(0.9, "reproduced"), (0.915, "reproduced"), (0.95, "not reproduced")]
)
def test_a_share_that_one_network_was_printed_with(right, verdict):
    row = judge_one(SHARE, *of_images(right=right))
    assert (row["verdict"], row["n"], row["counts"]) == (verdict, 1000, "images")
    # Wilson's interval, as Brown, Cai and DasGupta (2001) write it
    z = stats.norm.ppf(0.975)
    centre = (right * 1000 + z**2 / 2) / (1000 + z**2)
    half = z * np.sqrt(1000) / (1000 + z**2) * np.sqrt(right * (1 - right) + z**2 / 4000)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((centre - half, centre + half))
    assert np.isnan(row["p_value"])


def test_a_share_is_not_that_of_several_networks():
    row = judge_one(SHARE, metrics([0.9, 0.9]), metrics([100, 100], metric="images"))
    assert row["verdict"] == "not tested"
    assert "about one network, and there are 2 runs" in row["reason"]
