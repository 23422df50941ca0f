import numpy as np
import pandas as pd
import pytest

from snnlearn.published import Claim
from snnlearn.verdict import judge
from snnlearn.verdict.markdown import estimate, with_unit
from snnlearn.verdict.table import cells, markdown, reasons, summary

CLAIMS = [
    (
        "e",
        Claim(
            "is-1", "it is 1", "A. Uthor", "m", published=1, low=0.9, high=1.2, because="reasons"
        ),
    ),
    (
        "e",
        Claim("a-not-b", "|a - b| > 0", "A. Uthor", "m", low=5, because="more", kind="regression"),
    ),
    ("f", Claim("is-2", "it is 2", "B. Uthor", "m", published=2, untested="another network")),
]


@pytest.fixture
def verdict():
    metrics = {"experiment": "e", "variant": "default", "seed": range(5), "metric": "m"}
    values = {"value": [0.95, 1.05, 1.0, 0.98, 1.02], "unit": "1"}
    return judge(CLAIMS, pd.DataFrame(metrics | values))


def test_one_row_a_claim(verdict):
    assert cells(verdict) == [
        ("e: it is 1", "1", "in [0.9, 1.2]", "1 [0.9527, 1.047] at 95 %", "5 runs", "reproduced"),
        ("e: |a - b| > 0", "", "> 5", "1 [0.9527, 1.047] at 95 %", "5 runs", "not reproduced"),
        ("f: it is 2", "2", "", "", "0 runs", "not tested"),
    ]


def test_a_verdict_that_was_written_and_read_reads_the_same(verdict, tmp_path):
    verdict.to_csv(tmp_path / "verdict.csv", index=False)
    again = pd.read_csv(tmp_path / "verdict.csv")
    assert cells(again) == cells(verdict)
    assert markdown(again, {}) == markdown(verdict, {})


def test_one_run_has_no_interval(verdict):
    alone = verdict.assign(ci_low=np.nan, ci_high=np.nan)
    assert cells(alone)[0][3] == "1"


def test_summary_counts(verdict):
    assert summary(verdict) == [
        "2 claims of the literature: 1 reproduced, 1 not tested.",
        "1 earlier measurements of this project: 1 not reproduced.",
    ]
    # What other networks reached is no claim that could be reproduced.
    assert summary(verdict[2:].assign(kind="context")) == []


def test_reasons_are_given_for_all_that_was_not_reproduced(verdict):
    (first, why), (second, other) = reasons(verdict)
    assert (first, second) == ("e: |a - b| > 0", "f: it is 2")
    assert why == (
        "not reproduced: 1, 95 % interval [0.952719, 1.04728], of 5 runs, is not > 5: more"
    )
    assert other == "not tested: another network"


def test_page_has_a_table_with_as_many_cells_in_each_row(verdict):
    page = markdown(verdict, {})
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(CLAIMS)
    assert {line.replace(r"\|", "").count("|") for line in rows} == {7}
    assert r"\|a - b\| > 0" in page
    assert page.count("\n- **") == 2


def test_page_without_losses_has_no_reasons(verdict):
    assert "Not reproduced" not in markdown(verdict[:1], {})


@pytest.mark.parametrize(
    ("symbol", "shown"), [("Hz", "2 Hz"), ("1", "2"), (float("nan"), "2"), ("", "2")]
)
def test_the_unit_of_a_bare_number_is_not_shown(symbol, shown):
    assert with_unit("2", symbol) == shown


def test_a_unit_can_stand_in_brackets():
    assert with_unit("rate", "Hz", "{} ({})") == "rate (Hz)"


def test_what_is_not_defined_says_so():
    nan = float("nan")
    assert estimate(nan, nan, nan) == "not defined"
    assert estimate(2.0, nan, nan) == "2"
    assert estimate(2.0, 1.0, 3.0) == "2 [1, 3]"


def test_the_page_of_another_configuration_says_so(verdict):
    assert "not the default" not in markdown(verdict, {})
    page = markdown(verdict, {"channel": "learning_rate = 2e-4 (by default 1e-4)"})
    assert "This is not the default configuration, which is the chapter's:\n\n- channel: " in page
