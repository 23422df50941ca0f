"""The notebooks run as scripts, draw, and do what they say, also with the change they propose."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from tiny_project import ROOT

from snnlearn.data.obtaining import DataSettings

NOTEBOOKS = sorted(ROOT.glob("notebooks/*.py"))

#: Run as a script, and keep the figures that it leaves.
RUN = """
import runpy, sys
import matplotlib.pyplot as plt
runpy.run_path(sys.argv[1], run_name="__main__")
for number in plt.get_fignums():
    plt.figure(number).savefig(f"figure-{number}.png", dpi=40)
"""

#: How a notebook proposes its change: a statement, and what takes its place.
CHANGE = re.compile(r"change `(\w+ = [^`]+)` into `(\w+ = [^`]+)`")

NUMBER = re.compile(r"-?\d+\.?\d*")

of_each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)


def cells(notebook: Path) -> list[tuple[str, str]]:
    """Kind (what follows ``# %%``) and text of each cell; what stands before the first is one."""
    parts = re.split(r"^# %%(.*)\n", notebook.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert parts[0] == ""
    return list(zip((kind.strip() for kind in parts[1::2]), parts[2::2], strict=True))


def prose(notebook: Path) -> str:
    """All Markdown of a notebook."""
    texts = [text for kind, text in cells(notebook) if kind == "[markdown]"]
    return "\n".join(re.sub(r"^# ?", "", text, flags=re.MULTILINE) for text in texts)


def run(notebook: Path, folder: Path, change: tuple[str, str] | None = None) -> str:
    """Run a copy of a notebook, in a project of parameters alone, and return what it prints.

    With a change, it also finds the images that are at hand.
    """
    source = notebook.read_text(encoding="utf-8")
    if change:
        source, changed = re.subn(rf"^{re.escape(change[0])}\b", change[1], source, flags=re.M)
        assert changed == 1
    (folder / "notebooks").mkdir()
    (folder / "resources").mkdir()
    (folder / "notebooks" / notebook.name).write_text(source, encoding="utf-8")
    (folder / "resources/pretrained").symlink_to(ROOT / "resources/pretrained")
    for file in DataSettings().files() if change else []:
        (folder / "resources" / file.name).symlink_to(file.resolve())
    finished = subprocess.run(
        [sys.executable, "-c", RUN, notebook.name],
        cwd=folder / "notebooks",
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def same(told: str, printed: str) -> bool:
    """Whether two lines are the same but for what rounding does to a spiking network."""
    if NUMBER.sub("", told) != NUMBER.sub("", printed):
        return False
    both = [[float(number) for number in NUMBER.findall(line)] for line in (told, printed)]
    return np.allclose(*both, rtol=0.1, atol=0.03)


def proposed(notebook: Path) -> tuple[tuple[str, str], list[str]]:
    """The change that a notebook proposes, and lines that are then printed."""
    section = prose(notebook).partition("## Change one thing\n")[2]
    (change,) = CHANGE.findall(" ".join(section.split()))
    return change, re.findall(r"^ {4}(\S.*)$", section, re.MULTILINE)


def missing(told: list[str], printed: str) -> list[str]:
    """Those of some lines that are not printed."""
    return [line for line in told if not any(same(line, out) for out in printed.splitlines())]


def test_every_demonstration_of_the_chapter_has_a_notebook():
    assert [notebook.stem for notebook in NOTEBOOKS] == [
        "channel",
        "conditioning",
        "mnist",
        "tuning_curve",
    ]


@of_each
def test_notebooks_are_in_the_percent_format(notebook):
    found = cells(notebook)
    assert {kind for kind, _ in found} == {"", "[markdown]"}
    assert found[0][0] == "[markdown]" and found[0][1].startswith("# # ")
    for kind, text in found:
        if kind:
            assert all(line.startswith("#") for line in text.strip().splitlines())
        else:
            assert ast.parse(text).body, "a cell without code"
    assert "$" in prose(notebook)
    assert re.search(r"^## What a referee would ask$", prose(notebook), re.MULTILINE)


@of_each
def test_notebooks_run_as_scripts_and_draw(notebook, tmp_path):
    """Where images stand in for MNIST, that is announced."""
    printed = run(notebook, tmp_path)
    assert len(printed.splitlines()) >= 4
    _, told = proposed(notebook)
    assert missing(told, printed), "the change that is proposed changes nothing"
    figures = [imread(file) for file in (tmp_path / "notebooks").glob("*.png")]
    assert figures and all(np.std(figure) > 0.01 for figure in figures)
    announced = "going on with scikit-learn's bundled digits" in printed
    assert announced == ("test images of uci-digits" in printed)


@pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(notebook, marks=pytest.mark.mnist if notebook.stem == "mnist" else ())
        for notebook in NOTEBOOKS
    ],
    ids=lambda notebook: notebook.stem,
)
def test_the_change_that_is_proposed_does_what_is_told(notebook, tmp_path, request):
    """What a notebook quotes of it, indented, is printed."""
    if notebook.stem == "mnist":
        request.getfixturevalue("mnist")
    change, told = proposed(notebook)
    assert told
    assert missing(told, run(notebook, tmp_path, change)) == []
