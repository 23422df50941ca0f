import os
import subprocess
import sys

import pandas as pd
import pytest
from tiny_project import ROOT

from snnlearn.data import checksums
from snnlearn.published import claims
from snnlearn.registry import registry
from snnlearn.verdict import COLUMNS
from snnlearn.verdict.__main__ import main
from snnlearn.verdict.baseline import Loss, losses

BASELINE = ROOT / "tests/baseline/verdict.csv"


def table(**verdicts: str) -> pd.DataFrame:
    """A verdict with one word, and a reason after a slash, for each name of a claim."""
    parts = {claim: outcome.partition("/") for claim, outcome in verdicts.items()}
    return pd.DataFrame(
        {
            "name": list(parts),
            "claim": [f"{name} in words" for name in parts],
            "verdict": [outcome for outcome, _, _ in parts.values()],
            "reason": [reason for _, _, reason in parts.values()],
        }
    )


# Losses


@pytest.mark.parametrize("now", ["not reproduced/it is 2", "not tested/too few seeds"])
def test_claim_that_is_no_longer_reproduced_is_lost(now):
    found = losses(table(a=now, b="reproduced"), table(a="reproduced", b="reproduced"))
    assert found == [Loss("a", "a in words", now.replace("/", ": "))]


@pytest.mark.parametrize("before", ["not reproduced", "not tested"])
@pytest.mark.parametrize("now", ["reproduced", "not reproduced", "not tested"])
def test_claim_that_was_not_reproduced_cannot_be_lost(before, now):
    assert losses(table(a=now), table(a=before)) == []


@pytest.mark.parametrize("before", ["reproduced", "not reproduced", "not tested"])
def test_claim_that_is_gone_is_named(before):
    (found,) = losses(table(b="reproduced"), table(a=before))
    assert (found.name, found.claim, found.excused) == ("a", "a in words", False)
    assert "removed or renamed" in found.reason


def test_a_claim_in_other_words_is_the_same():
    before = table(a="reproduced", b="reproduced")
    reworded = before.assign(claim=["it is 1", "it is 2"])
    assert losses(reworded, before) == []
    (found,) = losses(reworded.assign(verdict=["reproduced", "not tested"]), before)
    assert (found.name, found.claim) == ("b", "it is 2")


def test_new_claims_are_no_loss():
    assert losses(table(a="reproduced", b="not reproduced"), table(a="reproduced")) == []


@pytest.mark.parametrize(
    ("now", "excused"),
    [
        ("not tested/MNIST unavailable", True),
        ("not tested/too few seeds", False),
        ("not reproduced/MNIST unavailable", False),
    ],
)
def test_only_an_excuse_excuses(now, excused):
    (found,) = losses(table(a=now), table(a="reproduced"), {"MNIST unavailable"})
    assert found.excused == excused


# The command line


@pytest.fixture
def baseline():
    return pd.read_csv(BASELINE)


@pytest.fixture
def run(baseline, tmp_path, capsys):
    """The exit status and output for a verdict that has lost a claim that was reproduced."""

    def run(of="", **changes):
        before, changed = baseline.copy(), baseline.copy()
        if of:
            assert (changed["claim"] == of).any()
            before.loc[before["claim"] == of, "verdict"] = "reproduced"
            changed.loc[changed["claim"] == of, list(changes)] = list(changes.values())
        paths = tmp_path / "verdict.csv", tmp_path / "baseline.csv"
        for table, path in zip((changed, before), paths, strict=True):
            table.to_csv(path, index=False)
        status = main([str(paths[0]), "--baseline", str(paths[1])])
        return status, " ".join(capsys.readouterr().out.split())

    return run


def test_baseline_holds_the_claims_there_are(baseline):
    """A new, renamed or removed claim needs a new baseline: see CONTRIBUTING."""
    always = [name for name, experiment in registry().items() if not experiment.on_request]
    published = [f"{c.study or name}.{c.name}" for name in always for c in claims(name)]
    assert baseline["name"].tolist() == published
    assert baseline.columns.tolist() == COLUMNS
    assert (baseline["verdict"] == "reproduced").sum() > 30


def test_the_baseline_itself_passes(run):
    status, output = run()
    assert status == 0
    assert "lost" not in output


SOFT = "tuning_curve: the soft curve rises everywhere"
LOADED = "mnist: with the chapter's own parameters, accuracy is 0.9870"


def test_lost_claim_fails_and_is_named(run):
    status, output = run(SOFT, verdict="not reproduced", reason="it falls")
    assert status == 1
    assert f"lost against the baseline: {SOFT} – not reproduced: it falls" in output


def test_unavailable_mnist_is_reported_and_passes(run):
    status, output = run(LOADED, verdict="not tested", reason="MNIST unavailable")
    assert status == 0
    assert f"not compared with the baseline: {LOADED} – not tested: MNIST unavailable" in output


def test_too_few_seeds_are_no_excuse(run):
    status, _ = run(LOADED, verdict="not tested", reason="0.98 of 2 seeds, too few to tell")
    assert status == 1


def test_renamed_claim_fails_and_is_named(run):
    status, output = run(SOFT, name="tuning_curve.rises")
    assert status == 1
    gone = "there is no tuning_curve.soft-rises-everywhere in the verdict"
    assert f"lost against the baseline: {SOFT} – {gone}" in output


def test_a_reworded_claim_loses_nothing(run):
    status, output = run(SOFT, claim="tuning_curve: it rises")
    assert status == 0
    assert "lost" not in output
    status, output = run(SOFT, claim="tuning_curve: it rises", verdict="not tested", reason="why")
    assert status == 1
    assert "lost against the baseline: tuning_curve: it rises – not tested: why" in output


def test_every_claim_and_every_reason_is_shown(run, baseline, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    _, output = run()
    for claim in baseline["claim"]:
        assert claim in output
    for reason in baseline.loc[baseline["verdict"] != "reproduced", "reason"]:
        assert " ".join(reason.split()) in output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        ("", "cannot be read"),
        ("claim,verdict\na,reproduced\n", "it lacks source, published"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
    ids=["missing", "empty", "other columns", "no text"],
)
@pytest.mark.parametrize("which", ["verdict", "baseline"])
def test_unusable_file_is_named_with_a_remedy(tmp_path, capsys, content, complaint, which):
    path = tmp_path / "some.csv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = {
        "verdict": [path, "--baseline", BASELINE],
        "baseline": [BASELINE, "--baseline", path],
    }
    assert main([str(argument) for argument in arguments[which]]) == 2
    message = capsys.readouterr().err
    for part in (str(path), complaint, "make reproduce" if which == "verdict" else "earlier run"):
        assert part in message


def test_a_verdict_that_was_edited_is_not_shown(tmp_path, capsys):
    path = tmp_path / "verdict.csv"
    path.write_bytes(BASELINE.read_bytes())
    checksums.record([path])
    path.write_text(path.read_text().replace("not reproduced", "reproduced"))
    assert main([str(path), "--baseline", str(BASELINE)]) == 2
    message = capsys.readouterr().err
    assert str(path) in message
    assert "not as a job has left them" in message


def test_a_baseline_without_names_says_what_to_do(baseline, tmp_path, capsys):
    path = tmp_path / "old.csv"
    baseline.drop(columns="name").to_csv(path, index=False)
    assert main([str(BASELINE), "--baseline", str(path)]) == 2
    message = capsys.readouterr().err
    assert f"{path} is of an earlier version" in message
    assert "replace it by the results/verdict.csv that `make reproduce` writes" in message


@pytest.mark.parametrize(
    ("settings", "colored"),
    [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({}, False)],
    ids=["terminal", "NO_COLOR", "pipe"],
)
def test_color_is_for_terminals_that_want_it(settings, colored):
    cleared = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "snnlearn.verdict", str(BASELINE), "--baseline", str(BASELINE)]
    finished = subprocess.run(
        command, env=cleared | {"TERM": "xterm-256color"} | settings, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    assert ("\x1b[32m" in finished.stdout) == colored
