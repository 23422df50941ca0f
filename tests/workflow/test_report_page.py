"""The report: one page that holds everything and needs no network."""

import base64
import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from explored import FIGURES, check, content, shown
from tiny_project import CHAPTER

from snnlearn.figures import described
from snnlearn.published import claims

CLAIMS = [claim.text for name in CHAPTER for claim in claims(name)]
PICTURES = [
    f"results/{name}/figures/{figure}.png"
    for name in CHAPTER
    for figure in described(name).captions
]

#: What a browser loads by itself: the element, and the attribute that says where from.
LOADED = {
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("img", "src"), ("img", "srcset"),
    ("input", "src"), ("link", "href"), ("object", "data"), ("script", "src"), ("source", "src"),
    ("source", "srcset"), ("track", "src"), ("video", "poster"), ("video", "src"),
    ("body", "background"), ("image", "href"), ("use", "href"),
}  # fmt: skip

EXPLORED = "results/explore.html"

ASKED = "http://asked.invalid/picture.png"


class Page(HTMLParser):
    """What a page loads, its styles, and the data that its scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.styles: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        values = dict(attributes)
        self.loads += [
            values[name] for element, name in LOADED if element == tag and name in values
        ]
        if "style" in values:
            self.styles.append(values["style"])

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "style":
            self.styles.append(data)


def data(text: str, name: str):
    """What a variable of the page holds."""
    found = re.search(rf"^    var {name} = (.*);$", text, re.MULTILINE)
    return json.loads(found[1])


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory):
    """The same project, in which a report has been made as `make report` does."""
    project = finished.copied(tmp_path_factory.mktemp("reported") / "project")
    project.snakemake("--", EXPLORED)
    project.snakemake("--report", "results/report.html", "--", "all", EXPLORED)
    return project


@pytest.fixture(scope="module")
def report(reported):
    return reported.folder / "results/report.html"


@pytest.fixture(scope="module")
def text(report):
    return report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def explored(text):
    """The page of figures that follow a slider, as the report has it."""
    uri = data(text, "results")[EXPLORED]["data_uri"]
    assert uri.startswith("data:text/html")
    return base64.b64decode(uri.partition("base64,")[2]).decode()


def figures_of(explored):
    """What each figure shows, by its experiment."""
    found = re.findall(r'id="explore-(\w+)">(.*?)</figure>', explored, re.S)
    return {name: content(text) for name, text in found}


def test_it_is_one_page_that_can_be_mailed(report, reported):
    assert report.stat().st_size < 15e6
    for targets in ([], ["--", "all", EXPLORED]):
        assert "Nothing to be done" in reported.snakemake(*targets).stderr


def test_it_opens_with_every_claim(text):
    opening = data(text, "workflow_desc")
    for claim in CLAIMS:
        assert claim in unescape(opening)
    assert "system-message" not in opening


def test_it_holds_every_figure_with_its_caption(text):
    results, categories = data(text, "results"), data(text, "categories")
    titles = {described(name).title for name in CHAPTER}
    assert set(categories) == titles | {"All experiments", "Rates"}
    for figure in PICTURES:
        result = results[figure]
        assert result["data_uri"].startswith("data:image/png")
        assert "Seeds: 0" in result["caption"]
        assert "system-message" not in result["caption"]
    assert "<strong>n_neurons</strong>" in results["results/channel/figures/error.png"]["caption"]
    assert any(path.endswith("provenance.json") for path in results)


def test_the_opening_links_to_every_category(text):
    opening = data(text, "workflow_desc")
    for name in CHAPTER:
        assert re.search(
            rf'href="javascript:[^"]*">{re.escape(described(name).title)}</a>', opening
        )


def test_nothing_is_loaded_from_anywhere(text, explored):
    opening = data(text, "workflow_desc")
    captions = [result["caption"] for result in data(text, "results").values()]
    for part in (text, opening, explored, *captions):
        page = Page(part)
        assert [address for address in page.loads if not address.startswith("data:")] == []
        for style in page.styles:
            assert not re.search(r"url\(\s*['\"]?(?!data:|#)", style)
            assert "@import" not in style


def opened(page, tmp_path, *more):
    """The document that a browser without a network makes of a page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    browser = browser or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium to open the report in")
    return subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000",
            *more, "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=300, check=True,
    ).stdout  # fmt: skip


def test_a_browser_without_a_network_shows_it(text, tmp_path):
    # One picture that has to be asked for shows that what is asked for is seen.
    asked = f'<img src="{ASKED}">' + (
        "<script>setTimeout(() => { document.title = JSON.stringify("
        "performance.getEntriesByType('resource').map(entry => entry.name)) }, 10000)</script>"
    )
    page = tmp_path / "report.html"
    page.write_text(text + asked, encoding="utf-8")
    dom = opened(page, tmp_path)
    assert json.loads(unescape(re.search("<title>(.*?)</title>", dom)[1])) == [ASKED]
    seen = unescape(re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL))
    for claim in CLAIMS:
        assert claim in seen


def test_it_has_figures_to_explore_of_this_configuration(explored):
    figures = figures_of(explored)
    assert figures.keys() == FIGURES.keys()
    choices = {
        control["name"]: control["choices"]
        for figure in figures.values()
        for control in figure["controls"]
    }
    assert choices["stop"] == ["3 s", "3.5 s", "4 s", "4.5 s", "5 s", "5.5 s", "6 s", "6.5 s"]
    assert choices["time"] == [f"{ms} ms" for ms in range(1, 11)]  # twice that of the run
    seen = unescape(re.sub(r"<script.*?</script>", "", explored, flags=re.DOTALL))
    assert "blocks of 0.25 s and 3 networks" in seen
    assert "of 20 test images are answered right" in seen
    assert "parameters and images: " in seen and "digits" in seen  # which stand in
    assert seen.count("This is not the default configuration: ") == len(FIGURES)
    for name in FIGURES:
        assert f"<h2>{described(name).title}</h2>" in seen


def test_the_report_shows_them_where_they_are_looked_at(text, explored, tmp_path):
    """A browser opens no data address of more than 2 MB, so that the report makes another one."""
    telling = explored + (
        "<script>addEventListener('load', () => setTimeout(() => parent.postMessage("
        "document.querySelectorAll('.explorable .trace path').length, '*'), 500))</script>"
    )
    looking = (
        f"<script>const path = '{EXPLORED}';"
        "addEventListener('message', ({ data }) => { document.title = `drawn ${data}` });"
        "setTimeout(() => app.setView({ content: 'html', contentPath: results[path].data_uri,"
        "resultPath: path }), 2000)</script>"
    )
    was, now = (base64.b64encode(page.encode()).decode() for page in (explored, telling))
    assert text.count(was) == 1 and len(now) > 2**21
    page = tmp_path / "report.html"
    page.write_text(text.replace(was, now) + looking, encoding="utf-8")
    # With this, both are of one process, and the time that the browser makes up passes in both.
    dom = opened(page, tmp_path, "--allow-file-access-from-files")
    drawn = re.search(r"<title>drawn (\d+)</title>", dom)
    assert drawn and int(drawn[1]) >= 3 * len(FIGURES)


@pytest.mark.parametrize("width", [1300, 500])
def test_its_figures_follow_a_slider_without_a_network(explored, tmp_path, width):
    page = tmp_path / "explore.html"
    page.write_text(explored, encoding="utf-8")
    places = {"rate": 3, "stop": 2, "digit": 1, "time": 4}
    found = shown(page, tmp_path / "profile", urlencode(places), width)
    for name, figure in figures_of(explored).items():
        check(found[f"explore-{name}"], name, figure, places, width)
    assert found["wide"] <= found["room"]
    assert found["asked"] == []
