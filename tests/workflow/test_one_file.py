"""One file is an experiment: `docs/add-experiment.md`, with the very files that it shows."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pages import blocks, code
from tiny_project import CHAPTER, PARTS, ROOT, TINY, Project

from snnlearn.data.hashing import sha256_of_file

PAGE = ROOT / "docs/add-experiment.md"
NAME, SEEDS, FIGURE = "oscillator", 5, "turning"

#: What `make config` writes.
WRITTEN = {"config/config.yaml", "config/README.md", "workflow/schemas/config.schema.json"}

#: What is made anew of all experiments when there is one more.
TOGETHER = {
    *("metrics.csv", "verdict.csv", "verdict.md", "overview.html"),
    *("provenance.json", "tracking.json"),
}


def shown() -> dict[str, str]:
    """The files of the page by their rooms, in its order: each is named in the text before it."""
    places = re.findall(rf" file, `src/snnlearn/(\w+)/{NAME}\.py`", PAGE.read_text("utf-8"))
    python = [block.text for block in blocks(PAGE) if block.language == "python"]
    return dict(zip(places, python, strict=True))


FILES = shown()


def snnlearn(project: Project, *arguments: str) -> str:
    """What the command line of the copy prints."""
    command = [sys.executable, "-m", *arguments]
    environment = project.environment
    return subprocess.run(
        command, cwd=project.folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


def add(project: Project, room: str) -> None:
    (project.folder / f"src/snnlearn/{room}/{NAME}.py").write_text(FILES[room], encoding="utf-8")


def sources(project: Project) -> dict[str, str]:
    """SHA-256 of everything in the copy that is no result."""
    files = (
        file
        for part in PARTS
        for file in [project.folder / part, *(project.folder / part).rglob("*")]
        if file.is_file() and "__pycache__" not in file.parts
    )
    return {str(file.relative_to(project.folder)): sha256_of_file(file) for file in files}


def metrics(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.folder / "results/metrics.csv").set_index("experiment")


@pytest.fixture(scope="module")
def before(finished, tmp_path_factory):
    """A copy in which the chapter has been run."""
    project = finished.copied(tmp_path_factory.mktemp("one-file") / "project")
    project.configure(f"{TINY}\n{NAME}: {{seeds: {SEEDS}, duration: 2, n_neurons: 50}}\n")
    return project, sources(project)


@pytest.fixture(scope="module")
def alone(before):
    """The same, with the one file that is required."""
    project, _ = before
    add(project, "experiments")
    planned = project.planned()
    project.snakemake()
    return project, planned


@pytest.fixture(scope="module")
def whole(alone):
    """The same, with the two that may be there, and what is written from them."""
    project, _ = alone
    found = metrics(project)
    for room in ("figures", "published"):
        add(project, room)
    snnlearn(project, "snnlearn.config")
    planned = project.planned()
    project.snakemake()
    return project, planned, found


def test_the_page_shows_three_files():
    assert list(FILES) == ["experiments", "figures", "published"]


def test_the_files_are_written_as_the_project_is(tmp_path):
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for room in FILES:
        (tmp_path / "src/snnlearn" / room).mkdir(parents=True)
        add(Project(tmp_path), room)
    ours = ["--config", "lint.isort.known-first-party = ['snnlearn']"]  # most of it is not there
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, *ours, "."]
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr


def test_with_one_file_it_is_measured_and_nothing_else_runs(alone):
    project, planned = alone
    folders = {str(Path(path).parent) if "/" in path else path for path in planned}
    assert folders == {f"{NAME}/runs", f"{NAME}/metrics", "errata.csv", "errata.md"} | TOGETHER
    found = metrics(project)
    assert set(found.index) == {NAME, *CHAPTER}
    assert found.loc[NAME, "seed"].nunique() == SEEDS
    ratio = found.loc[NAME].query("metric == 'frequency_ratio'")["value"]
    assert ratio.between(0.8, 1.2).all()


def test_with_one_file_it_is_on_the_command_line(alone):
    project, _ = alone
    assert re.search(
        rf"^{NAME} +An oscillator: how well", snnlearn(project, "snnlearn", "list"), re.M
    )


def test_with_figures_and_claims_it_has_all_that_the_chapter_has(whole):
    project, planned, before = whole
    results = project.folder / "results"
    assert not [path for path in planned if "/runs/" in path or "/metrics/" in path]
    for kind in ("png", "svg"):
        assert (results / f"{NAME}/figures/{FIGURE}.{kind}").stat().st_size > 1000
    verdict = pd.read_csv(results / "verdict.csv").set_index("name")["verdict"]
    assert verdict.filter(like=f"{NAME}.").to_dict() == {
        f"{NAME}.turns-as-fast-as-the-feedback-says": "reproduced",
        f"{NAME}.does-not-die-out": "reproduced",
    }
    pd.testing.assert_frame_equal(metrics(project), before)


def test_the_page_s_looks_without_a_workflow_work(whole):
    project, *_ = whole
    printed = [
        snnlearn(project, "snnlearn", *line.split()[1:])
        for line in code(PAGE, "bash").splitlines()
        if line.startswith(".venv/bin/snnlearn ")
    ]
    assert len(printed) >= 4
    assert all(re.search(rf"^{NAME}\b", text, re.MULTILINE) for text in printed)
    assert (project.folder / f"{NAME}-{FIGURE}.png").is_file()


def test_each_seed_is_a_run_in_mlflow_with_the_figure(whole):
    project, *_ = whole
    logged = [run for run in project.logged() if run[0] == f"snnlearn/{NAME}"]
    assert len({name for _, name, _ in logged}) >= SEEDS
    assert {status for *_, status in logged} == {"FINISHED"}
    assert f"{FIGURE}.png" in {file for file, _ in project.artifacts()}


def test_nothing_was_touched_but_what_make_config_writes(before, whole):
    project, as_it_was = before
    now = sources(project)
    changed = {file for file in now | as_it_was if now.get(file) != as_it_was.get(file)}
    assert changed == WRITTEN | {f"src/snnlearn/{room}/{NAME}.py" for room in FILES}
    again = snnlearn(project, "snnlearn.config")
    assert again == ""
    assert sources(project) == now
