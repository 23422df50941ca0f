"""The pipeline as a module of another workflow, with the lines of ``docs/module.md``."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from pages import blocks
from tiny_project import ROOT, TINY, copy_project

PRETRAINED = ROOT / "resources/pretrained/spiking-convnet-0"


def documented() -> str:
    """The Snakefile of the page."""
    return next(b.text for b in blocks(ROOT / "docs/module.md") if b.language == "snakemake")


@pytest.fixture(scope="module")
def outer(tmp_path_factory):
    """A function that starts another workflow in its folder; and that folder."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("thesis")
    (folder / "Snakefile").write_text(documented().replace("PROJECT", str(project.folder)))
    settings = yaml.safe_load(TINY) | {"variance": {"channel": {"blocks": 0}}}
    settings["studies"] = {}
    settings["tracking"] = {"live": True}
    settings["mnist"]["parameters"]["pretrained"] = {"file": "mine/network.npz"}
    (folder / "config.yaml").write_text(yaml.safe_dump({"title": 1, "learning": settings}))
    # Of another workflow, and none of the module's business.
    (folder / "config").mkdir()
    (folder / "config/config.yaml").write_text("title: 1\n")
    (folder / "snn/mine").mkdir(parents=True)
    for kind in ("npz", "json"):
        shutil.copyfile(f"{PRETRAINED}.{kind}", folder / f"snn/mine/network.{kind}")

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=folder,
            env=project.environment,
            capture_output=True,
            text=True,
        )

    run.folder, run.project = folder, project
    return run


def test_all_is_below_the_prefix(outer):
    before = {path for path in outer.project.folder.rglob("*") if "__pycache__" not in path.parts}
    # On the command line, all values within blocks are texts.
    changed = '--config=learning={"channel": {"seeds": "2"}, "tuning_curve": {"n_currents": 40}}'
    done = outer("learning_tracking", changed)
    assert done.returncode == 0, done.stdout + done.stderr
    after = {path for path in outer.project.folder.rglob("*") if "__pycache__" not in path.parts}
    assert after == before
    assert sorted(path.name for path in outer.folder.iterdir()) == [
        ".snakemake", "Snakefile", "config", "config.yaml", "snn",
    ]  # fmt: skip
    results = outer.folder / "snn/results"
    assert (results / "channel/figures/error.rst").is_file()
    metrics = pd.read_csv(results / "metrics.csv")
    assert set(metrics.loc[metrics["experiment"] == "channel", "seed"]) == {0, 1}

    client = MlflowClient(f"sqlite:///{results}/mlflow.db")
    experiments = {found.name: found for found in client.search_experiments()}
    assert (results / ".live").is_file() and not (results / "logs/live.log").read_text()
    (run,) = client.search_runs([experiments["snnlearn/mnist"].experiment_id], "tags.seed = '0'")
    assert run.info.status == "FINISHED"
    for run in client.search_runs([experiments["snnlearn/channel"].experiment_id]):
        assert run.info.artifact_uri.startswith((results / "mlflow.artifacts").as_uri())
        assert run.info.end_time - run.info.start_time > 100  # the times of the job, from its log

    again = outer("--dry-run", "learning_tracking", changed)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_all_that_the_page_asks_for_is_planned(outer):
    planned = outer("--dry-run")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "snn/results/verdict.csv" in planned.stdout


def test_what_is_wrong_is_named_with_file_and_line(outer):
    wrong = outer.folder.parent / "wrong.yaml"
    wrong.write_text("title: 1\nlearning:\n  channel:\n    n_neurons: none\n")
    refused = outer("--dry-run", "--configfile", str(wrong))
    assert refused.returncode != 0
    shown = refused.stdout + refused.stderr
    assert f"channel.n_neurons: 'none' is not a whole number ({wrong}, line 4)" in shown
    refused = outer("--dry-run", '--config=learning={"channel": {"n_neurons": -1}}')
    assert "-1 is less than 1 (given on the command line)" in refused.stdout + refused.stderr


def test_a_block_that_the_outer_workflow_makes_may_hold_texts(outer):
    made = (outer.folder / "Snakefile").read_text()
    file = outer.folder.parent / "Snakefile"
    file.write_text(made.replace('config["learning"]', '{**config["learning"], "seeds": "2"}'))
    arguments = ("-s", str(file), "--dry-run", '--config=learning={"channel": {"n_neurons": 12}}')
    planned = outer(*arguments)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    refused = outer(*arguments[:-1], '--config=learning={"channel": {"n_neurons": -1}}')
    assert "channel.n_neurons: -1 is less than 1" in refused.stdout + refused.stderr
