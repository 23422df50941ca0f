from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts
from jinja2 import UndefinedError

from snnlearn.config.differences import differences
from snnlearn.config.loading import load
from snnlearn.experiments import channel
from snnlearn.experiments.mnist import Parameters as Classifier
from snnlearn.figures import described
from snnlearn.published import Claim
from snnlearn.registry import names, registry
from snnlearn.report.captions import (
    caption,
    caption_over_cells,
    configuration,
    configuration_of_study,
)
from snnlearn.report.overview import SIGNS, overview, ranges
from snnlearn.settings.changes import in_words
from snnlearn.verdict import NOT_REPRODUCED, REPRODUCED, judge

TITLES = {"e": "Zebras", "f": "Apes & <others>"}
CLAIMS = [
    (
        "e",
        Claim(
            "is-1", "it is 1", "A. Uthor", "m", published=1, low=0.9, high=1.2, because="reasons"
        ),
    ),
    (
        "e",
        Claim(
            "a-below-b", "a < b", "A. Uthor", "m", low=5, because="more & more", kind="regression"
        ),
    ),
    ("f", Claim("is-2", "it is 2", "B. Uthor", "m", published=2, untested="no runs")),
]
PROVENANCE = {
    "commit": "c0ffee",
    "dirty": True,
    "configuration_sha256": "5ee",
    "differs_from_default": {},
    "seeds": {"e": [0, 1, 2, 5], "f": [0]},
    "datasets": {
        "mnist": {
            "name": "mnist",
            "source": "resources/mnist.npz",
            "verified": True,
            "stand_in": False,
            "sha256": {"x_train": "abc"},
            "problems": [],
        },
    },
    "parameters": {
        f"f00/{seed}": {"origin": origin, "source": "p.npz", "sha256": "d1", "verified": True}
        for seed, origin in enumerate(("pretrained", "pretrained", "trained"))
    },
    "versions": {"python": "3.13.1", "numpy": "2.4"},
    "platform": {"system": "Linux", "machine": "x86_64", "cores": 2},
    "started": "2026-01-01T00:00:00+00:00",
    "ended": "2026-01-01T00:10:00+00:00",
}
ERRATA = pd.DataFrame(
    {
        "experiment": "e",
        "slip": ["axis", "axis", "seed"],
        "text": ["np.max(x, 0) is no rectifier", "np.max(x, 0) is no rectifier", "no seed"],
        "quantity": ["rate", "share", "error"],
        "unit": ["Hz", "1", "1"],
        "as_published": [np.nan, 0.25, 0.5],
        "as_published_low": [np.nan, np.nan, 0.4],
        "as_published_high": [np.nan, np.nan, 0.6],
        "corrected": [0.0, 0.75, 0.7],
        "corrected_low": [np.nan, np.nan, 0.6],
        "corrected_high": [np.nan, np.nan, 0.8],
        "n": [1, 1, 10000],
    }
)
VARIANCE = pd.DataFrame(
    {
        "experiment": "e",
        "variant": ["default", "default", "other"],
        "metric": ["error", "error", "error"],
        "unit": "1/s",
        "source": ["network", "stimulus", "network"],
        "share": [0.623, -0.02, np.nan],
        "ci_low": [0.5, -0.1, np.nan],
        "ci_high": [0.7, 0.05, np.nan],
        "standard_deviation": [0.25, 0.25, 0.0],
        "runs": 400,
    }
)


@pytest.fixture
def verdict():
    metrics = {"experiment": "e", "variant": "default", "seed": range(5), "metric": "m"}
    values = {"value": [0.95, 1.05, 1.0, 0.98, 1.02], "unit": "1"}
    return judge(CLAIMS, pd.DataFrame(metrics | values))


def test_every_claim_is_shown_with_its_verdict_and_why(verdict):
    page = overview(verdict, PROVENANCE, TITLES)
    assert ">2 claims of the literature: 1 reproduced, 1 not tested.</p>" in page
    assert ">1 earlier measurements of this project: 1 not reproduced.</p>" in page
    assert ">1 claim of the literature: 1 reproduced. 1 earlier measurement" in page
    for text in ("it is 1", "a &lt; b", "it is 2"):
        assert f"<td>{text}<small>" in page
    assert page.count("</code> · regression · m ") == 1
    assert page.count("1 [0.9527, 1.047]") == 2
    for outcome, sign in SIGNS.items():
        assert page.count(f"{sign} {outcome}</td>") == 1
    assert "is not &gt; 5: more &amp; more</td>" in page
    assert "no runs</td>" in page
    assert "within the bounds [0.9, 1.2]: reasons" not in page


def test_a_verdict_that_was_written_and_read_reads_the_same(verdict, tmp_path):
    verdict.to_csv(tmp_path / "verdict.csv", index=False)
    again = pd.read_csv(tmp_path / "verdict.csv", dtype={"unit": str})
    assert overview(again, PROVENANCE, TITLES) == overview(verdict, PROVENANCE, TITLES)


def test_a_configuration_that_is_not_the_chapters_is_said_to_be_another(verdict):
    assert "This is the default configuration: the chapter's." in overview(
        verdict, PROVENANCE, TITLES
    )
    rows = [{"key": "learning_rate", "here": 2e-4, "default": 1e-4}]
    page = overview(verdict, PROVENANCE | {"differs_from_default": {"e": rows}}, TITLES)
    assert "This is not the default configuration" in page
    assert f"<b>{TITLES['e']}</b>: learning_rate = 2e-4 (by default 1e-4)" in page


def test_experiments_stand_in_the_order_of_their_titles(verdict):
    page = overview(verdict, PROVENANCE, TITLES)
    assert page.index("<h3>Apes &amp; &lt;others&gt;</h3>") < page.index("<h3>Zebras</h3>")


def test_an_experiment_without_claims_has_no_table(verdict):
    page = overview(verdict[verdict["experiment"] == "e"], PROVENANCE, TITLES)
    assert "<h3>Zebras</h3>" in page
    assert "<h3>Apes" not in page


def test_an_experiment_that_has_not_run_is_left_out(verdict):
    page = overview(verdict, PROVENANCE, TITLES | {"g": "Gnus"})
    assert page == overview(verdict, PROVENANCE, TITLES)
    assert "Gnus" not in page


def test_signs_and_colours_tell_verdicts_apart(verdict):
    assert len(set(SIGNS.values())) == 3
    page = overview(verdict, PROVENANCE, TITLES)
    for outcome in (REPRODUCED, NOT_REPRODUCED):
        assert f".{outcome.replace(' ', '-')} {{ color" in page


def test_the_page_needs_nothing_else(verdict):
    page = overview(verdict, PROVENANCE, TITLES, ERRATA, VARIANCE)
    for sign in ("src=", "href=", "url(", "@import", "<script"):
        assert sign not in page


def test_provenance_is_told(verdict):
    page = overview(verdict, PROVENANCE, TITLES)
    for text in (
        "c0ffee, with uncommitted changes",
        "SHA-256 5ee",
        "Apes &amp; &lt;others&gt;: 0 (n = 1); Zebras: 0–2, 5 (n = 4)",
        "mnist from resources/mnist.npz; SHA-256 of x_train: abc</td>",
        "seeds 0, 1: pretrained from p.npz, SHA-256 d1; seeds 2: trained, SHA-256 d1",
        "python 3.13.1, numpy 2.4",
        "Linux, x86_64, 2 cores",
    ):
        assert text in page


def test_outside_a_checkout_there_is_no_commit(verdict):
    why = {"commit": None, "dirty": None, "no_commit_because": "there is no git"}
    assert "not known: there is no git</td>" in overview(verdict, PROVENANCE | why, TITLES)


def test_what_was_not_verified_says_so(verdict):
    dataset = PROVENANCE["datasets"]["mnist"] | {"verified": False}
    record = PROVENANCE["parameters"]["f00/0"] | {"verified": False}
    unverified = {"datasets": {"mnist": dataset}, "parameters": {"f00/0": record}}
    page = overview(verdict, PROVENANCE | unverified, TITLES)
    assert "mnist from resources/mnist.npz, not verified" in page
    assert "pretrained from p.npz, not verified" in page


def test_a_stand_in_is_announced(verdict):
    stand_in = {"name": "uci-digits", "stand_in": True, "problems": ["mnist could not be had."]}
    mnist = PROVENANCE["datasets"]["mnist"]
    datasets = {"mnist": mnist, "fashion-mnist": mnist | stand_in}
    page = overview(verdict, PROVENANCE | {"datasets": datasets}, TITLES)
    assert "are a stand-in (uci-digits for fashion-mnist)" in page
    assert "mnist could not be had." in page
    assert "stand-in" not in overview(verdict, PROVENANCE, TITLES)


def test_errata_are_shown_side_by_side(verdict):
    assert "Errata" not in overview(verdict, PROVENANCE, TITLES)
    page = overview(verdict, PROVENANCE, TITLES, errata=ERRATA)
    assert page.count("np.max(x, 0) is no rectifier") == 1
    assert page.count("not defined") == 1
    for text in ("rate in Hz</td>", "0.5 [0.4, 0.6]", "0.7 [0.6, 0.8]", ">10000</td>", ">0.75<"):
        assert text in page


def test_shares_of_variance_are_shown_with_a_bar_within_its_frame(verdict):
    assert "spread comes from" not in overview(verdict, PROVENANCE, TITLES)
    page = overview(verdict, PROVENANCE, TITLES, variance=VARIANCE)
    assert page.count("error<small>") == 2
    assert "Zebras · other" in page
    for text in (">62%<", "50% to 70%", ">-2%<", "width: 62%", "width: 0%", "0.25 1/s", ">400<"):
        assert text in page


def test_an_experiment_without_a_title_is_an_error(verdict):
    with pytest.raises((KeyError, UndefinedError)):
        overview(verdict, PROVENANCE, {"e": "Zebras"}, errata=ERRATA.assign(experiment="f"))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([0, 1], "0, 1"),
        ([0, 1, 2], "0–2"),
        ([9, 2, 1, 0, 7], "0–2, 7, 9"),
        (range(100), "0–99"),
    ],
)
def test_ranges(numbers, text):
    assert ranges(numbers) == text


def rendered(text: str) -> str:
    """A caption as Snakemake renders it; a slip in its markup is an error."""
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]


FIGURES = [(name, figure) for name in names() for figure in described(name).captions]


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_captions_list_every_parameter(name, figure):
    experiment = registry()[name]
    told = rendered(
        caption(
            described(name).captions[figure],
            experiment.Parameters(),
            range(20),
            configuration(experiment, ""),
        )
    )
    assert "Seeds: 0–19 (n = 20). This is the default configuration: " in told
    assert "<strong>" not in told
    for field in experiment.Parameters.__dataclass_fields__:
        assert f">{field} = " in told or f">{field}." in told


def test_a_caption_names_what_was_changed():
    told = rendered(
        caption("A line.", channel.Parameters(n_neurons=50, engine="nengo"), [0, 4], "So.")
    )
    assert "Seeds: 0, 4 (n = 2). So." in told
    assert "<strong>n_neurons</strong> = " in told
    assert ">50</tt> (default: <tt" in told
    assert "<strong>engine</strong>" in told
    assert told.count("<strong>") == 2
    assert "LIF neurons in each of the three ensembles" in told
    assert ">nengo</tt>" in told
    assert "own simulator, the reference" in told.partition("<strong>engine</strong>")[2]


def test_a_caption_says_of_which_configuration_it_is():
    given = load({"channel": {"n_neurons": 50, "seeds": 2}, "pavlov": {"seeds": 20}})
    differs = in_words(differences(given))
    told = {name: configuration(registry()[name], differs.get(name, "")) for name in given.blocks}
    assert rendered(told["channel"]).strip() == (
        "<p>This is not the default configuration, which is the chapter's: n_neurons = 50 (by "
        "default 60); seeds = 2, from 0 to 1 (by default 100, from 0 to 99).</p>"
    )
    # What is changed of one experiment is no matter of another's figures.
    assert told["conditioning"] == "This is the default configuration: the chapter's."
    assert told["pavlov"] == (
        "This is the default configuration: one of this project beyond the chapter."
    )


def test_other_images_are_another_configuration_of_what_takes_images():
    found = differences(load({"data": {"name": "letters", "sha256": None}}))
    assert found == {"mnist": [{"key": "data.name", "here": "letters", "default": "mnist"}]}


def test_a_caption_of_a_listed_study_says_that_it_is_none_of_the_chapters():
    rates = {"experiment": "channel", "sweep": {"learning_rate": [1e-4]}, "metrics": ["rmse"]}
    study = load({"studies": {"rates": rates}}).studies["rates"]
    words = "The study ``rates`` is no part of the default configuration, the chapter's."
    assert configuration_of_study(study) == words
    assert words in caption_over_cells(study, "rmse")


def test_a_caption_names_nested_parameters():
    parameters = Classifier()
    training = replace(parameters.parameters.training, epochs=2)
    source = replace(parameters.parameters, training=training)
    told = rendered(caption("Digits.", replace(parameters, parameters=source), [0], "So."))
    assert "<strong>parameters.training.epochs</strong>" in told
