"""What a reviewer starts from: the page of claims, and the manifest of CODECHECK."""

import re
from pathlib import PurePosixPath

import documents
import pytest
import yaml
from tiny_project import CHAPTER, ROOT

from snnlearn.crate import review

PAGE = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
CODECHECK = (ROOT / "codecheck.yml").read_text(encoding="utf-8")


def test_what_is_written_is_current(monkeypatch):
    monkeypatch.chdir(ROOT)
    for path, text in review.files().items():
        assert path.read_text(encoding="utf-8") == text, "run `make review`"


def test_every_claim_of_the_verdict_is_told_once_with_its_tolerance():
    verdict = documents.verdict()
    rows = dict(re.findall(r"^\| `([^`]+)` \| .* \| (.+) \|$", PAGE, re.MULTILINE))
    assert {*rows} == {*verdict.index}
    assert len(re.findall(r"^\| `", PAGE, re.MULTILINE)) == len(verdict)
    for name, tolerance in rows.items():
        expected = verdict.loc[name, "expected"]
        if isinstance(expected, str):
            assert tolerance.startswith((expected, "not tested: "))


@pytest.mark.parametrize("name", CHAPTER)
def test_every_experiment_has_its_command_and_minutes(name):
    assert re.search(rf"\n{re.escape(review.command(name))}\n```\n\nAbout [1-9] minutes?\.\n", PAGE)


def test_codecheck_has_what_authors_say_of_version_1_0():
    assert CODECHECK.startswith("%YAML 1.1\n")
    assert "\n---\n" in CODECHECK
    said = yaml.safe_load(CODECHECK)
    assert said["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    assert said["paper"]["title"]
    assert all(author["name"] for author in said["paper"]["authors"])
    assert said["paper"]["authors"]
    for entry in said["manifest"]:
        assert entry["comment"].endswith(".")
        path = PurePosixPath(entry["file"])
        assert not path.is_absolute()
        assert ".." not in path.parts
    files = [entry["file"] for entry in said["manifest"]]
    assert len({*files}) == len(files) > 15


def test_what_the_codechecker_says_is_left_to_the_codechecker():
    later = {"codechecker", "report", "summary", "check_time", "certificate"}
    assert not later & set(yaml.safe_load(CODECHECK))
