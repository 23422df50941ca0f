"""The pages of the documentation: they are made without a warning, and fetch nothing."""

import html
import json
import re
import shutil
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from tiny_project import ROOT, copy_project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

#: Each figure, and which of its traces follows the slider.
FIGURES = {"channel": 1, "conditioning": 3, "mnist": 1}

#: Places that an address asks for; the slider is then moved on by one.
ASKED = [
    {"rate": 0, "stop": 0, "digit": 3, "time": 4},
    {"rate": 5, "stop": 15, "digit": 5, "time": 29},
]

#: Puts what is drawn where the page is read: before a slider is moved as by hand, and after.
PROBE = """<script>
const drawn = (plot) => ({
  y: plot.data.map((trace) => trace.y && [...trace.y]),
  paths: [...plot.querySelectorAll(".trace path")].map((path) => path.getAttribute("d")),
  width: plot.querySelector("svg").getBoundingClientRect().width,
});
addEventListener("load", async () => {
  const found = {};
  for (const element of document.querySelectorAll(".explorable")) {
    const plot = element.querySelector(".plot");
    const slider = element.querySelector("input");
    const seen = () => ({ ...drawn(plot), words: element.querySelector("output").textContent });
    const before = seen();
    slider.value = Number(slider.value) + 1;
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 200));
    const told = slider.getAttribute("aria-valuetext");
    found[element.id] = { before, after: seen(), told };
  }
  found.room = document.documentElement.clientWidth;
  found.wide = document.documentElement.scrollWidth;
  found.still = document.querySelectorAll("img.still").length;
  const text = document.createElement("pre");
  text.id = "probe";
  text.textContent = JSON.stringify(found);
  document.body.append(text);
});
</script>"""


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


def shown(page, profile, address="", width=1300):
    """What :data:`PROBE` finds in a page that Chromium shows."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: no figure can be drawn")
    probed = page.with_name(f"{page.stem}-probed.html")
    probed.write_text(page.read_text(encoding="utf-8") + PROBE, encoding="utf-8")
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"]
    flags += ["disable-background-networking", "disable-component-update", "disable-sync"]
    flags += [f"user-data-dir={profile}", f"window-size={width},900", "dump-dom"]
    flags += ["virtual-time-budget=20000", "host-resolver-rules=MAP * ~NOTFOUND"]
    command = [CHROMIUM, *(f"--{flag}" for flag in flags), f"{probed.as_uri()}?{address}"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120)
    probed.unlink()
    found = re.search(r'<pre id="probe">(.*?)</pre>', made.stdout, re.S)
    assert found, made.stderr
    return json.loads(html.unescape(found[1]))


def content(name):
    text = (ROOT / f"docs/explore/{name}.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'json">(.*?)</script>', text, re.S)[1])


def at(follower, places):
    """What follows, at the places of its controls."""
    values = follower["values"]
    for name in follower["by"]:
        values = values[places[name]]
    return values


@pytest.mark.parametrize("width", [1300, 500])
@pytest.mark.parametrize("asked", ASKED)
def test_figures_follow_the_address_and_the_slider(pages, tmp_path, width, asked):
    found = shown(pages / "docs/explore.html", tmp_path, urlencode(asked), width)
    for name, trace in FIGURES.items():
        figure, figures = found[f"explore-{name}"], content(name)
        slider = next(c for c in figures["controls"] if c["slider"])
        moved = asked | {slider["name"]: asked[slider["name"]] + 1}
        follower = next(f for f in figures["followers"] if f["at"] == ["data", trace, "y"])
        for when, places in (("before", asked), ("after", moved)):
            assert figure[when]["y"][trace] == at(follower, places)
            assert figure[when]["words"] == at(figures["words"], places)
            assert 250 < figure[when]["width"] <= width
        assert figure["before"]["paths"] != figure["after"]["paths"]
        assert len(figure["after"]["paths"]) >= 3
        assert figure["told"] == slider["choices"][moved[slider["name"]]]
    assert found["wide"] <= found["room"]
    assert found["still"] == 0  # pictures are for those who run no script


def test_without_scripts_there_are_pictures_and_sentences(pages):
    text = (pages / "docs/explore.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<img [^>]*class="still"', text)) == len(FIGURES)
    for without in re.findall(r"<noscript>(.*?)</noscript>", text, re.S):
        assert without.count("<li>") >= 7
    assert text.count("<noscript>") == len(FIGURES)
