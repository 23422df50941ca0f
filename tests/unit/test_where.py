"""Where to look after a run: commands that work in the folder that is named."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_project import ROOT

from snnlearn.report.where import where_now


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in which a run has ended."""
    (tmp_path / "results").mkdir()
    (tmp_path / "results/mlflow.db").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(project: Path, *files: str, given: bool = False) -> str:
    return where_now(Path("results"), project, [Path(file).absolute() for file in files], given)


def test_in_the_projects_folder_make_shows_all(project):
    lines = told(project).splitlines()
    assert lines[0] == f"Where to look now, in {project}:"
    assert {line.split("  ")[1] for line in lines[1:]} == {
        *("results/overview.html", "results/*/figures", "results/verdict.md"),
        *("make ui", "make report"),
    }


def test_a_report_takes_the_same_configuration(project):
    assert "make report CONFIG='my own.yaml' " in told(project, "my own.yaml")
    for shown in (told(project, given=True), told(project, "a.yaml", "b.yaml")):
        assert "make report" not in shown
        program = Path(sys.executable).with_name("snakemake")
        assert f"  {program} --report results/report.html  all of it" in shown


def test_the_projects_own_snakemake_is_named_as_a_shell_finds_it(project, monkeypatch):
    python = project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.with_name("snakemake").touch()
    monkeypatch.setattr(sys, "executable", str(python))
    assert "  .venv/bin/snakemake --report" in told(project, given=True)


def test_of_other_folders_the_database_is_named(project, monkeypatch, tmp_path_factory):
    small = project / ".smoke"
    (small / "results").mkdir(parents=True)
    assert "make ui  " in told(project)
    monkeypatch.chdir(small)
    assert "make ui" not in told(project)  # nothing was logged
    (small / "results/mlflow.db").touch()
    assert f"(in {project}) make ui DATABASE=.smoke/results/mlflow.db" in told(project)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "results").mkdir()
    (elsewhere / "results/mlflow.db").touch()
    monkeypatch.chdir(elsewhere)
    expected = f"make -C {project} ui DATABASE={elsewhere}/results/mlflow.db"
    assert expected in told(project)


@pytest.mark.parametrize("name", ["mine.yaml", "my own.yaml", "Zoë (2).yaml"])
def test_make_takes_the_names_that_are_advised(project, name):
    for file in ("envs/requirements.lock", "pyproject.toml", ".venv/installed", ".venv/ready"):
        (project / file).parent.mkdir(exist_ok=True)
        (project / file).touch()
    (advised,) = (line for line in told(project, name).splitlines() if "make report" in line)
    command = shlex.split(advised.split("  ")[1])
    planned = subprocess.run(
        [*command, "--dry-run", "--makefile", ROOT / "Makefile"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (line,) = (line for line in planned.splitlines() if "--report results/.report.html" in line)
    words = shlex.split(line)
    assert words[words.index("--configfile") + 1] == name
