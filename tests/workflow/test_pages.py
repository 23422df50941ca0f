"""The pages of the documentation: they are made without a warning, and fetch nothing."""

import re
import shutil
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from explored import FIGURES, check, content, shown
from tiny_project import ROOT, copy_project

#: Places that an address asks for; the slider is then moved on by one.
ASKED = [
    {"rate": 0, "stop": 0, "digit": 3, "time": 4},
    {"rate": 5, "stop": 15, "digit": 5, "time": 29},
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder of all pages. A link that leads nowhere is a warning, and warnings are errors."""
    project = copy_project(tmp_path_factory.mktemp("pages") / "project").folder
    built = shutil.ignore_patterns("_build", "library")
    shutil.copytree(ROOT / "docs", project / "docs", ignore=built)
    for name in ("*.md", "*.cff", "LICENSE", "resources/README.md", "notebooks/*.py"):
        for file in ROOT.glob(name):
            (project / file.relative_to(ROOT)).parent.mkdir(exist_ok=True)
            shutil.copyfile(file, project / file.relative_to(ROOT))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--conf-dir", "docs", "--quiet"),
            *("--fail-on-warning", "--keep-going", ".", "docs/_build/html"),
        ],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return project / "docs/_build/html"


def test_every_page_of_the_documentation_is_there(pages):
    sources = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*/*.md")]
    assert len(sources) >= 20
    for source in sources:
        assert (pages / source.relative_to(ROOT).with_suffix(".html")).is_file()
    assert 'url=docs/index.html"' in (pages / "index.html").read_text()


def test_pages_fetch_nothing_when_they_are_shown(pages):
    loads = re.compile(r'<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)="([^"]+)"')
    for page in pages.rglob("*.html"):
        loaded = loads.findall(page.read_text())
        assert loaded or page.parent == pages
        assert not [address for address in loaded if re.match(r"(https?:)?//", address)], page
    for sheet in pages.rglob("*.css"):
        assert not re.search(r"@import|url\([\"']?(https?:)?//", sheet.read_text()), sheet


def test_formulas_are_mathml(pages):
    shown = (
        pages / "docs/reference/library/snnlearn.engines.feedforward.surrogate.html"
    ).read_text()
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">' in shown
    assert "&beta;" in shown or "β" in shown or "&#x003B2;" in shown


@pytest.mark.parametrize("width", [1300, 500])
@pytest.mark.parametrize("asked", ASKED)
def test_figures_follow_the_address_and_the_slider(pages, tmp_path, width, asked):
    found = shown(pages / "docs/explore.html", tmp_path, urlencode(asked), width)
    for name in FIGURES:
        figures = content((ROOT / f"docs/explore/{name}.html").read_text(encoding="utf-8"))
        check(found[f"explore-{name}"], name, figures, asked, width)
    assert found["wide"] <= found["room"]
    assert found["still"] == 0  # pictures are for those who run no script


def test_without_scripts_there_are_pictures_and_sentences(pages):
    text = (pages / "docs/explore.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<img [^>]*class="still"', text)) == len(FIGURES)
    for without in re.findall(r"<noscript>(.*?)</noscript>", text, re.S):
        assert without.count("<li>") >= 7
    assert text.count("<noscript>") == len(FIGURES)
