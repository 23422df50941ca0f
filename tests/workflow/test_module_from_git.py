"""The pipeline as a module that Snakemake fetches from GitHub: git is led to a folder instead."""

import os
import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from pages import blocks
from tiny_project import ROOT, TINY, copy_project, make_python

#: Where a module's rules come from, as ``docs/module.md`` has it.
PAGE = (ROOT / "docs/module.md").read_text()
FETCHED = re.search(r'github\("(.+?)", path="(.+?)", tag="(.+?)"\)', PAGE)
MODULE = next(b.text for b in blocks(ROOT / "docs/module.md") if "github(" in b.text)

#: Settings of git of whoever runs the tests, and of the machine, are left aside.
NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

OUTER = """
configfile: "config.yaml"

{module}
use rule * from learning as learning_*
"""

#: What takes jobs with scripts of all kinds, and a caption for the report.
TARGET = "snn/results/tuning_curve/figures/tuning_curve.png"


def git(folder, *arguments):
    who = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
    command, environment = ["git", *who, *arguments], os.environ | NO_SETTINGS
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def fetching(tmp_path_factory):
    """A function that runs Snakemake in the folder of another workflow; and the repository."""
    base = tmp_path_factory.mktemp("github")
    repository = base / FETCHED[1]
    repository.parent.mkdir()
    copy_project(repository)
    for command in (["init"], ["add", "."], ["commit", "-m", "all"], ["tag", FETCHED[3]]):
        git(repository, *command)
    folder = tmp_path_factory.mktemp("thesis")
    (folder / "config.yaml").write_text(yaml.safe_dump({"learning": yaml.safe_load(TINY)}))
    led = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{base.as_uri()}/.insteadOf"}
    led["GIT_CONFIG_VALUE_0"] = "https://github.com/"
    kept = {"XDG_CACHE_HOME": str(folder / "cache"), "GITHUB_TOKEN": ""}

    def run(*arguments, python=sys.executable, library=ROOT / "src"):
        return subprocess.run(
            [str(python), "-m", "snakemake", "--cores", "2", *arguments],
            cwd=folder,
            env=os.environ | NO_SETTINGS | led | kept | {"PYTHONPATH": str(library)},
            capture_output=True,
            text=True,
        )

    run.folder, run.repository = folder, repository
    return run


def refused(finished):
    """What Snakemake said when it did not begin."""
    shown = finished.stdout + finished.stderr
    assert finished.returncode != 0 and "Traceback" not in shown
    return shown


def outer(fetching, source=FETCHED[0]):
    """Write the Snakefile of the other workflow, with the module as the page has it."""
    module = MODULE.replace(FETCHED[0], source)
    (fetching.folder / "Snakefile").write_text(OUTER.format(module=module))


def test_a_module_that_is_fetched_plans_everything_and_computes(fetching):
    outer(fetching)
    planned = fetching("--dry-run", "learning_all")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "snn/results/verdict.csv" in planned.stdout

    done = fetching(TARGET, "snn/results/tuning_curve/metrics/batch-0000.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (fetching.folder / TARGET).stat().st_size > 1000
    metrics = pd.read_csv(fetching.folder / "snn/results/tuning_curve/metrics/batch-0000.csv")
    assert metrics["value"].notna().any()
    again = fetching("--dry-run", TARGET)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_the_rules_alone_are_fetched_with_their_configuration(fetching):
    """Without another workflow, and without a configuration: it has the project's own."""
    shorthand = f"gh:{FETCHED[1]}@{FETCHED[3]}:{FETCHED[2]}"
    planned = fetching(
        "--snakefile", shorthand, "--dry-run", "results/tuning_curve/runs/batch-0000.parquet"
    )
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "Simulate tuning_curve" in planned.stdout


def test_files_that_cannot_import_each_other_are_refused(fetching):
    outer(fetching, f'gitfile("{fetching.repository}", path="{FETCHED[2]}", tag="{FETCHED[3]}")')
    shown = refused(fetching("--dry-run"))
    assert "name the Snakefile by its path, or by github(...) or gitlab(...)" in shown


def test_where_the_library_is_missing_a_clone_is_named(fetching, tmp_path):
    outer(fetching)
    shown = refused(fetching("--dry-run", python=make_python(tmp_path / "other"), library=""))
    assert "start the .venv/bin/snakemake of a clone of the project" in shown
