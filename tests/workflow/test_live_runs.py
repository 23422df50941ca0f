"""Trainings in MLflow while the pipeline runs."""

import time

import pytest
from tiny_project import TINY, TRAINED

from mlflow import MlflowClient  # isort: skip

LONG = (
    TINY.replace("epochs: 1, images: 100", "epochs: 24, images: 1000") + "tracking: {live: true}\n"
)


def runs(project) -> list:
    database = project.folder / "results/mlflow.db"
    if not database.is_file():
        return []
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("snnlearn/mnist")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


@pytest.mark.slow
def test_a_killed_training_is_marked_and_then_replaced(project):
    project.configure(LONG)

    def two_epochs_are_shown() -> bool:
        logs = project.folder / "results/logs/trainings"
        if not any(logs.glob("*/0.progress.jsonl")):
            return False
        time.sleep(1)  # MLflow needs its time too
        return any(
            run.data.metrics.get("training/progress_percent", 0) > 3 for run in runs(project)
        )

    project.kill_when(two_epochs_are_shown, *TRAINED)
    deadline = time.monotonic() + 60
    while (shown := runs(project))[0].info.status == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(1)
    (killed,) = shown
    assert killed.info.status == "KILLED"
    assert killed.data.tags["live"] == (project.folder / "results/.live").read_text().strip()

    project.snakemake("--unlock")
    project.snakemake()
    left = runs(project)
    assert {run.info.status for run in left} == {"FINISHED"}
    assert not [run for run in left if "live" in run.data.tags]
    (child,) = [run for run in left if "seed" in run.data.tags]
    assert child.data.metrics["training/loss"] > 0
    log = (project.folder / "results/logs/live.log").read_text()
    assert "Traceback" not in log


def test_numbers_do_not_depend_on_it(project, finished):
    project.configure(TINY + "tracking: {live: true}\n")
    project.snakemake("results/metrics.csv")
    metrics = [(p.folder / "results/metrics.csv").read_bytes() for p in (project, finished)]
    assert metrics[0] == metrics[1]
    project.configure(TINY)
    assert "Nothing to be done" in project.snakemake("results/metrics.csv").stderr
