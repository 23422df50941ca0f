"""The report: one page that holds everything and needs no network."""

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser

import pytest
from tiny_project import CHAPTER

from snnlearn.figures import described
from snnlearn.published import claims

CLAIMS = [claim.text for name in CHAPTER for claim in claims(name)]
FIGURES = [
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
def report(finished):
    finished.snakemake("--report", "results/report.html")
    return finished.folder / "results/report.html"


@pytest.fixture(scope="module")
def text(report):
    return report.read_text(encoding="utf-8")


def test_it_is_one_page_that_can_be_mailed(report, finished):
    assert report.stat().st_size < 15e6
    assert "Nothing to be done" in finished.snakemake().stderr


def test_it_opens_with_every_claim(text):
    opening = data(text, "workflow_desc")
    for claim in CLAIMS:
        assert claim in unescape(opening)
    assert "system-message" not in opening


def test_it_holds_every_figure_with_its_caption(text):
    results, categories = data(text, "results"), data(text, "categories")
    titles = {described(name).title for name in CHAPTER}
    assert set(categories) == titles | {"All experiments", "Rates"}
    for figure in FIGURES:
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


def test_nothing_is_loaded_from_anywhere(text):
    opening = data(text, "workflow_desc")
    captions = [result["caption"] for result in data(text, "results").values()]
    for part in (text, opening, *captions):
        page = Page(part)
        assert [address for address in page.loads if not address.startswith("data:")] == []
        for style in page.styles:
            assert not re.search(r"url\(\s*['\"]?(?!data:|#)", style)
            assert "@import" not in style


def test_a_browser_without_a_network_shows_it(text, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    browser = browser or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium to open the report in")
    # One picture that has to be asked for shows that what is asked for is seen.
    asked = f'<img src="{ASKED}">' + (
        "<script>setTimeout(() => { document.title = JSON.stringify("
        "performance.getEntriesByType('resource').map(entry => entry.name)) }, 10000)</script>"
    )
    page = tmp_path / "report.html"
    page.write_text(text + asked, encoding="utf-8")
    shown = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000",
            "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=300, check=True,
    ).stdout  # fmt: skip
    assert json.loads(unescape(re.search("<title>(.*?)</title>", shown)[1])) == [ASKED]
    seen = unescape(re.sub(r"<script.*?</script>", "", shown, flags=re.DOTALL))
    for claim in CLAIMS:
        assert claim in seen
