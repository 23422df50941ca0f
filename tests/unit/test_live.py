"""Trainings in MLflow while they run."""

import io
from contextlib import suppress
from dataclasses import replace

import pandas as pd
import pytest

from snnlearn.experiments.mnist import Parameters
from snnlearn.jobs.training_progress import read_progress
from snnlearn.mnist.training import HISTORY, _Progress
from snnlearn.registry import load
from snnlearn.settings.documentation import plain
from snnlearn.tracking import live, watching
from snnlearn.tracking.cells import FinishedCell, Inputs
from snnlearn.tracking.runs import log
from snnlearn.tracking.settings import TrackingSettings

# isort: split
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

EPOCHS, BATCHES = 2, 3
PARAMETERS = plain(Parameters())


@pytest.fixture
def client(uri):
    return MlflowClient(tracking_uri=uri)


@pytest.fixture
def files(tmp_path):
    """Where the trainings of two seeds tell how far they are."""
    return {seed: tmp_path / f"seed-{seed}.progress.jsonl" for seed in (0, 1)}


@pytest.fixture
def training(files):
    """A training that has told its beginning; as it is while ``with training(seed)`` lasts."""

    def training(seed: int, done: int = 0) -> _Progress:
        history = pd.DataFrame(
            [{"epoch": epoch, "loss": 1.0, "accuracy": 0.25} for epoch in range(1, done + 1)],
            columns=HISTORY,
        )
        return _Progress(seed, EPOCHS, BATCHES, history, files[seed])

    return training


@pytest.fixture
def assignment(uri, files, request):
    """What a watcher is told when Snakemake starts."""
    settings = TrackingSettings(uri=uri, experiment_prefix=f"live/{request.node.name}", live=True)

    def make(key: str = "these settings", label: str = "", **others: object) -> live.Assignment:
        trainings = [
            live.Training(
                key=f"{key}/{seed}", seed=seed, file=str(file), label=label, parameters=PARAMETERS
            )
            for seed, file in files.items()
        ]
        given = {
            "live": "these results",
            "settings": plain(settings),
            "experiment": "mnist",
            "trainings": [live.as_it_is(training) for training in trainings],
            "tags": {"configuration_sha256": "f" * 64},
        }
        return live.Assignment(**given | others)

    return make


@pytest.fixture
def make_watcher(assignment):
    """A watcher, as it is when Snakemake starts."""

    def make(**others) -> watching.Watcher:
        return watching.Watcher(live.read_assignment(assignment(**others).written()))

    return make


@pytest.fixture
def runs(client, request):
    """All runs of this test, the oldest first."""

    def runs() -> list:
        experiment = client.get_experiment_by_name(f"live/{request.node.name}/mnist")
        found = client.search_runs([experiment.experiment_id], order_by=["start_time"])
        return list(found)

    return runs


@pytest.fixture
def history(client):
    def history(run, name: str) -> dict[int, float]:
        points = client.get_metric_history(run.info.run_id, f"training/{name}")
        assert len({point.step for point in points}) == len(points)
        return {point.step: point.value for point in points}

    return history


def epoch(told: _Progress, loss: float, accuracy: float) -> None:
    for batch in range(1, BATCHES + 1):
        told.report(batch, loss, accuracy)


def test_a_training_is_seen_while_it_runs(make_watcher, training, runs, history):
    watcher = make_watcher()
    with training(1) as told:
        watcher.look(last=False)
        (run,) = runs()
        assert run.info.status == "RUNNING"
        assert run.info.run_name == "training seed 1"
        assert run.data.params["parameters.training.epochs"] == "10"
        assert run.data.tags["seed"] == "1"
        assert run.data.tags["configuration_sha256"] == "f" * 64
        epoch(told, 0.5, 0.75)
        watcher.look(last=False)
        assert history(run, "loss") == {1: 0.5}
        assert history(run, "accuracy") == {1: 0.75}
        assert history(run, "progress_percent") == {3: 50}
        epoch(told, 0.25, 0.875)
    watcher.look(last=False)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert history(run, "loss") == {1: 0.5, 2: 0.25}
    assert history(run, "progress_percent") == {3: 50, 6: 100}
    watcher.look(last=True)
    assert len(runs()) == 1


def test_within_an_epoch_progress_is_seen(make_watcher, training, runs, history, monkeypatch):
    monkeypatch.setattr("snnlearn.jobs.progress.BETWEEN_MESSAGES", 0)
    watcher = make_watcher()
    with training(0) as told:
        told.report(1, 0.5, 0.75)
        watcher.look(last=False)
        (run,) = runs()
        assert history(run, "progress_percent") == {1: pytest.approx(100 / 6)}
        assert "training/loss" not in run.data.metrics


def test_a_training_that_goes_on_shows_what_was_before(make_watcher, training, runs, history):
    watcher = make_watcher()
    with training(0, done=1) as told:
        epoch(told, 0.25, 0.875)
    watcher.look(last=False)
    assert history(runs()[0], "loss") == {1: 1.0, 2: 0.25}


def test_several_trainings_at_once(make_watcher, training, runs):
    watcher = make_watcher()
    with training(0), training(1):
        watcher.look(last=False)
        assert sorted(run.data.tags["seed"] for run in runs()) == ["0", "1"]
        assert {run.info.status for run in runs()} == {"RUNNING"}


def test_trainings_of_old_are_not_shown(make_watcher, training, runs):
    with training(0):
        pass
    watcher = make_watcher()
    watcher.look(last=False)
    assert runs() == []
    with training(0):
        watcher.look(last=False)
        assert len(runs()) == 1


def test_a_training_that_fails_is_marked_so(make_watcher, training, runs):
    watcher = make_watcher()
    with suppress(ZeroDivisionError), training(0):
        raise ZeroDivisionError
    watcher.look(last=False)
    assert [run.info.status for run in runs()] == ["FAILED"]


def test_a_training_that_is_tried_again_is_another_run(make_watcher, training, runs):
    watcher = make_watcher()
    training(0)  # killed
    watcher.look(last=False)
    with training(0):
        watcher.look(last=False)
        assert [run.info.status for run in runs()] == ["FAILED", "RUNNING"]


def test_what_has_not_ended_with_snakemake_was_killed(make_watcher, training, runs):
    watcher = make_watcher()
    with training(1):
        pass
    training(0)
    watcher.look(last=True)
    assert {run.data.tags["seed"]: run.info.status for run in runs()} == {
        "0": "KILLED",
        "1": "FINISHED",
    }


def test_a_run_left_running_is_ended_by_the_next_writer(make_watcher, training, runs):
    watcher = make_watcher()
    training(0)
    watcher.look(last=False)
    elsewhere = make_watcher(live="other results")
    training(1)
    elsewhere.look(last=False)
    make_watcher().look(last=False)  # both processes were killed
    assert {run.data.tags["live"]: run.info.status for run in runs()} == {
        "these results": "KILLED",
        "other results": "RUNNING",
    }


def test_an_outage_is_told_once_and_made_up_for(
    make_watcher, training, files, runs, history, monkeypatch, caplog
):
    log_batch, down = MlflowClient.log_batch, [False]

    def failing(*arguments, **others):
        if down[0]:
            raise MlflowException("the server is gone")
        log_batch(*arguments, **others)

    monkeypatch.setattr(MlflowClient, "log_batch", failing)
    told = training(0)
    looks = iter(["begin", "down", "down", "up", "last"])

    def ended(_: float) -> bool:
        match next(looks):
            case "begin":
                return False
            case "down":
                if not down[0]:
                    epoch(told, 0.5, 0.75)
                    down[0] = True
                return False
            case "up":
                down[0] = False
                return False
            case _:
                return True

    file = files[0]
    text = file.read_text()
    file.unlink()
    watcher = make_watcher()
    file.write_text(text)
    watching.watch(watcher, ended)
    assert caplog.text.count("the server is gone") == 1
    (run,) = runs()
    assert history(run, "loss") == {1: 0.5}
    assert run.info.status == "KILLED"


def test_an_address_that_does_not_answer_stops_nothing(make_watcher, training, dead_port, caplog):
    settings = plain(TrackingSettings(uri=f"http://127.0.0.1:{dead_port}", live=True))
    watcher = make_watcher(settings=settings)
    training(0)
    looks = iter([False, True])
    watching.watch(watcher, lambda _: next(looks))
    assert "trainings cannot be shown in MLflow now" in caplog.text


def test_the_process_ends_with_its_input(assignment, monkeypatch):
    """The pipe to Snakemake, which closes when that ends."""
    monkeypatch.setattr("sys.stdin", io.StringIO(assignment(trainings=[]).written()))
    monkeypatch.setattr("select.select", lambda r, *_: (r, [], []))
    watching.main()


def test_a_process_is_started_that_shows_them(assignment, training, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stop = []
    monkeypatch.setattr("atexit.register", lambda *call: stop.append(call))
    given = assignment()
    told = [replace(one, before=None) for one in given.trainings]
    with training(0):  # of old
        pass
    live.start(given.settings, given.experiment, told, given.tags, tmp_path)
    with training(1):
        pass
    ((end, process, log),) = stop
    end(process, log)
    assert process.returncode == 0, log.read_text()
    (run,) = runs()
    assert run.data.tags["seed"] == "1"
    assert run.data.tags["live"] == live.identity(tmp_path)


def test_a_label_says_what_a_training_is_of(make_watcher, training, runs):
    watcher = make_watcher(label="learning_rate=3e-4")
    with training(1):
        watcher.look(last=False)
    assert [run.info.run_name for run in runs()] == ["training seed 1, learning_rate=3e-4"]


def test_a_run_lasts_as_long_as_the_training(make_watcher, training, files, runs):
    watcher = make_watcher()
    with training(0):
        pass
    watcher.look(last=True)
    progress = read_progress(files[0])
    (run,) = runs()
    assert (run.info.start_time, run.info.end_time) == (progress.started, progress.ended)


def test_a_line_that_is_half_written_is_left_for_later(training, files):
    assert read_progress(files[0]) is None
    epoch(training(0), 0.5, 0.75)
    whole = read_progress(files[0])
    assert [step.loss for step in whole.steps] == [0.5]
    with files[0].open("a") as file:
        file.write('{"time": "2026-01-')
    assert read_progress(files[0]) == whole
    files[0].write_text('{"time": "2026-01-')
    assert read_progress(files[0]) is None


def test_results_have_an_identity_once_they_were_shown(tmp_path):
    assert live.identity(tmp_path) is None
    (tmp_path / live.IDENTITY).write_text("abc\n")
    assert live.identity(tmp_path) == "abc"


def test_the_run_of_the_seed_takes_its_place(make_watcher, training, runs, uri, request):
    """What was killed under another configuration stays on record."""
    watcher = make_watcher()
    training(0)
    with training(1):
        pass
    watcher.look(last=True)
    other = make_watcher(key="other settings")
    training(0)
    other.look(last=True)
    assert len(runs()) == 3

    metrics = pd.DataFrame(
        {"experiment": "mnist", "variant": "trained/mnist", "seed": [0, 1], "metric": "accuracy",
         "value": [0.9, 0.95], "unit": "1"}
    )  # fmt: skip
    cell = FinishedCell(
        study="mnist",
        experiment=load("mnist"),
        parameters=PARAMETERS,
        code_sha256="c" * 64,
        metrics=metrics,
        inputs=Inputs(trainings={seed: f"these settings/{seed}" for seed in (0, 1)}),
    )
    settings = TrackingSettings(uri=uri, experiment_prefix=f"live/{request.node.name}")
    log(cell, settings, {}, live="these results")
    left = [run for run in runs() if "live" in run.data.tags]
    assert [(run.info.status, run.data.tags["training"]) for run in left] == [
        ("KILLED", "other settings/0")
    ]
