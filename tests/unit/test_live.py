"""Trainings in MLflow while they run."""

import io
import json
from contextlib import suppress

import pandas as pd
import pytest

from snnlearn.data.hashing import sha256_of_files
from snnlearn.experiments.mnist import Parameters
from snnlearn.mnist.training import HISTORY, _Progress
from snnlearn.settings.documentation import plain
from snnlearn.tracking import live
from snnlearn.tracking.runs import Study, log
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
def writer(uri, files, request):
    """A writer, as it is when Snakemake starts."""
    settings = TrackingSettings(uri=uri, experiment_prefix=f"live/{request.node.name}", live=True)

    def make(**others) -> live.Writer:
        assignment = {
            "live": "these results",
            "tags": {"configuration_sha256": "f" * 64},
            "settings": plain(settings),
            "parameters": PARAMETERS,
            "code": [],
            "files": [
                [seed, str(file), next(iter(live._lines(file)), None)]
                for seed, file in files.items()
            ],
        }
        return live.Writer(json.loads(json.dumps(assignment | others)))

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


def test_a_training_is_seen_while_it_runs(writer, training, runs, history):
    watching = writer()
    with training(1) as told:
        watching.look(last=False)
        (run,) = runs()
        assert run.info.status == "RUNNING"
        assert run.info.run_name == "training seed 1"
        assert run.data.params["parameters.training.epochs"] == "10"
        assert run.data.tags["seed"] == "1"
        assert run.data.tags["configuration_sha256"] == "f" * 64
        epoch(told, 0.5, 0.75)
        watching.look(last=False)
        assert history(run, "loss") == {1: 0.5}
        assert history(run, "accuracy") == {1: 0.75}
        assert history(run, "progress_percent") == {3: 50}
        epoch(told, 0.25, 0.875)
    watching.look(last=False)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert history(run, "loss") == {1: 0.5, 2: 0.25}
    assert history(run, "progress_percent") == {3: 50, 6: 100}
    watching.look(last=True)
    assert len(runs()) == 1


def test_within_an_epoch_progress_is_seen(writer, training, runs, history, monkeypatch):
    monkeypatch.setattr("snnlearn.jobs.progress.BETWEEN_MESSAGES", 0)
    watching = writer()
    with training(0) as told:
        told.report(1, 0.5, 0.75)
        watching.look(last=False)
        (run,) = runs()
        assert history(run, "progress_percent") == {1: pytest.approx(100 / 6)}
        assert "training/loss" not in run.data.metrics


def test_a_training_that_goes_on_shows_what_was_before(writer, training, runs, history):
    watching = writer()
    with training(0, done=1) as told:
        epoch(told, 0.25, 0.875)
    watching.look(last=False)
    assert history(runs()[0], "loss") == {1: 1.0, 2: 0.25}


def test_several_trainings_at_once(writer, training, runs):
    watching = writer()
    with training(0), training(1):
        watching.look(last=False)
        assert sorted(run.data.tags["seed"] for run in runs()) == ["0", "1"]
        assert {run.info.status for run in runs()} == {"RUNNING"}


def test_trainings_of_old_are_not_shown(writer, training, runs):
    with training(0):
        pass
    watching = writer()
    watching.look(last=False)
    assert runs() == []
    with training(0):
        watching.look(last=False)
        assert len(runs()) == 1


def test_a_training_that_fails_is_marked_so(writer, training, runs):
    watching = writer()
    with suppress(ZeroDivisionError), training(0):
        raise ZeroDivisionError
    watching.look(last=False)
    assert [run.info.status for run in runs()] == ["FAILED"]


def test_a_training_that_is_tried_again_is_another_run(writer, training, runs):
    watching = writer()
    training(0)  # killed
    watching.look(last=False)
    with training(0):
        watching.look(last=False)
        assert [run.info.status for run in runs()] == ["FAILED", "RUNNING"]


def test_what_has_not_ended_with_snakemake_was_killed(writer, training, runs):
    watching = writer()
    with training(1):
        pass
    training(0)
    watching.look(last=True)
    assert {run.data.tags["seed"]: run.info.status for run in runs()} == {
        "0": "KILLED",
        "1": "FINISHED",
    }


def test_a_run_left_running_is_ended_by_the_next_writer(writer, training, runs):
    watching = writer()
    training(0)
    watching.look(last=False)
    elsewhere = writer(live="other results")
    training(1)
    elsewhere.look(last=False)
    writer().look(last=False)  # both processes were killed
    assert {run.data.tags["live"]: run.info.status for run in runs()} == {
        "these results": "KILLED",
        "other results": "RUNNING",
    }


def test_an_outage_is_told_once_and_made_up_for(
    writer, training, runs, history, monkeypatch, caplog
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

    (file,) = [told._file]
    text = file.read_text()
    file.unlink()
    watching = writer()
    file.write_text(text)
    live.watch(watching, ended)
    assert caplog.text.count("the server is gone") == 1
    (run,) = runs()
    assert history(run, "loss") == {1: 0.5}
    assert run.info.status == "KILLED"


def test_an_address_that_does_not_answer_stops_nothing(writer, training, dead_port, caplog):
    settings = plain(TrackingSettings(uri=f"http://127.0.0.1:{dead_port}", live=True))
    watching = writer(settings=settings)
    training(0)
    looks = iter([False, True])
    live.watch(watching, lambda _: next(looks))
    assert "trainings cannot be shown in MLflow now" in caplog.text


def test_the_process_ends_with_its_input(uri, files, monkeypatch, request):
    """The pipe to Snakemake, which closes when that ends."""
    settings = TrackingSettings(uri=uri, experiment_prefix=f"live/{request.node.name}", live=True)
    assignment = {
        "live": "these results",
        "tags": {},
        "settings": plain(settings),
        "parameters": PARAMETERS,
        "code": [],
        "files": [],
    }
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(assignment) + "\n"))
    monkeypatch.setattr("select.select", lambda r, *_: (r, [], []))
    live.main()


def test_these_results_have_an_identity_once_they_were_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert live.identity() is None
    live.IDENTITY.parent.mkdir()
    live.IDENTITY.write_text("abc\n")
    assert live.identity() == "abc"


def test_the_run_of_the_seed_takes_its_place(client, writer, training, runs, uri, request):
    """What was killed under another configuration stays on record."""
    watching = writer()
    training(0)
    with training(1):
        pass
    watching.look(last=True)
    other = writer(parameters=PARAMETERS | {"n_steps": 10})
    training(0)
    other.look(last=True)
    assert len(runs()) == 3

    metrics = pd.DataFrame(
        {"experiment": "mnist", "variant": "trained/mnist", "seed": [0, 1], "metric": "accuracy",
         "value": [0.9, 0.95], "unit": "1"}
    )  # fmt: skip
    study = Study("mnist", watching._experiment, PARAMETERS, sha256_of_files([]), metrics, [], [])
    settings = TrackingSettings(uri=uri, experiment_prefix=f"live/{request.node.name}")
    log(study, settings, {}, live="these results")
    left = [run for run in runs() if "live" in run.data.tags]
    assert [(run.info.status, run.data.params["n_steps"]) for run in left] == [("KILLED", "10")]
