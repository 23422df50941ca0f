"""What a reviewer starts from: the page of claims, and the manifest of CODECHECK."""

import re
from pathlib import PurePosixPath

import documents
import pytest
import yaml
from tiny_project import CHAPTER, ROOT

from snnlearn.crate import gallery, review
from snnlearn.published import KINDS
from snnlearn.verdict.table import singular

PAGE = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
GALLERY = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
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


@pytest.fixture
def figures(monkeypatch):
    """Every figure by study, with the configuration it is of."""
    monkeypatch.chdir(ROOT)
    return {
        (study.name, figure): shown
        for shown, studies in gallery.by_configuration()
        for study in studies
        for figure in gallery.figures_of(study)
    }


def test_every_figure_stands_in_the_gallery_once_with_its_command(figures):
    told = re.findall(r"^### `(.+)/(.+)`$", GALLERY, re.MULTILINE)
    assert told == [*figures]
    assert {name for name, _ in told} > {*CHAPTER, "pavlov", "surrogate", "trace"}
    for (study, figure), shown in figures.items():
        assert f"\n```bash\n{gallery.command(shown, study, figure)}\n```\n" in GALLERY


def test_pictures_are_of_figures_that_there_are(figures):
    kept = {path.relative_to(ROOT) for path in (ROOT / gallery.PICTURES).rglob("*.png")}
    assert kept <= {gallery.picture(*named) for named in figures}


def test_a_figure_of_the_chapter_without_a_picture_is_named_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(gallery, "PICTURES", tmp_path)
    remedy = r"signals\.png is missing.* run `\.venv/bin/snakemake results/channel/figures/signals"
    with pytest.raises(FileNotFoundError, match=remedy):
        gallery.page()


@pytest.mark.parametrize("page", ["docs/gallery.md", "README.md", "docs/verdict.md"])
def test_claims_are_counted_by_their_kind(page):
    """No number is of published claims and of this project's own expectations together."""
    page = (ROOT / page).read_text(encoding="utf-8")
    counts = re.findall(r"^- \d+ ([^:]+): \d+ (?:not )?(?:reproduced|tested)", page, re.MULTILINE)
    one = {re.sub(r"^\w+", lambda word: singular(word[0]), words) for words in KINDS.values()}
    assert {*counts} <= {*KINDS.values(), *one}
    assert {KINDS["literature"], KINDS["expectation"]} <= {*counts}


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
