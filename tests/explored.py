"""What a browser shows of explorable figures, and what it should."""

import html
import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

#: Each figure, and which of its traces follows the slider.
FIGURES = {"channel": 1, "conditioning": 3, "mnist": 1}

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
  found.asked = performance.getEntriesByType("resource").map(({ name }) => name);
  found.still = document.querySelectorAll("img.still").length;
  const text = document.createElement("pre");
  text.id = "probe";
  text.textContent = JSON.stringify(found);
  document.body.append(text);
});
</script>"""


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


def content(text):
    """The data of a figure, from its part of a page."""
    return json.loads(re.search(r'json">(.*?)</script>', text, re.S)[1])


def at(follower, places):
    """What follows, at the places of its controls."""
    values = follower["values"]
    for name in follower["by"]:
        values = values[places[name]]
    return values


def check(figure, name, figures, asked, width):
    """See that a figure is what its data say, at places that were asked for and one further on."""
    trace, slider = FIGURES[name], next(c for c in figures["controls"] if c["slider"])
    moved = asked | {slider["name"]: asked[slider["name"]] + 1}
    follower = next(f for f in figures["followers"] if f["at"] == ["data", trace, "y"])
    for when, places in (("before", asked), ("after", moved)):
        assert figure[when]["y"][trace] == at(follower, places)
        assert figure[when]["words"] == at(figures["words"], places)
        assert 250 < figure[when]["width"] <= width
    assert figure["before"]["paths"] != figure["after"]["paths"]
    assert len(figure["after"]["paths"]) >= 3
    assert figure["told"] == slider["choices"][moved[slider["name"]]]
