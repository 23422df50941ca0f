"""Training the classifier: what it reports, keeps and goes on from."""

import json
import logging
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from snnlearn.data import obtaining
from snnlearn.engines import nengodl
from snnlearn.jobs import progress
from snnlearn.mnist import training
from snnlearn.mnist.checkpoint import Checkpoint
from snnlearn.mnist.training import HISTORY, train

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = {
    "seed": 1,
    "epochs": 3,
    "learning_rate": 0.001,
    "minibatch_size": 50,
    "threads": 1,
    "engine": "compiled",
}


@pytest.fixture(scope="module")
def digits():
    images = obtaining.stand_in([])[0]
    return images.x_train[:160], images.y_train[:160]


@pytest.fixture(scope="module")
def uninterrupted(digits, tmp_path_factory):
    return train(*digits, **SETTINGS, checkpoint=tmp_path_factory.mktemp("whole") / "state.npz")


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def killed_in_second_epoch(digits, tmp_path, monkeypatch):
    """The state that a training leaves which ends within its second epoch."""
    report = training._Progress.report
    reports = []

    def counting(self, *arguments):
        reports.append(arguments)
        if len(reports) == 5:  # an epoch is 3 minibatches
            raise Killed
        report(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(training._Progress, "report", counting)
        with pytest.raises(Killed):
            train(*digits, **SETTINGS, checkpoint=tmp_path / "state.npz")
    return tmp_path / "state.npz"


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found.history, expected.history, check_exact=True)
    assert_equal(found.parameters, expected.parameters)
    assert_equal(found.initial, expected.initial)


def assert_equal(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_parameters_before_training_are_those_of_no_epoch(digits, uninterrupted, tmp_path):
    untrained = train(*digits, **SETTINGS | {"epochs": 0}, checkpoint=tmp_path / "state.npz")
    assert_equal(untrained.parameters, uninterrupted.initial)
    assert_equal(untrained.initial, uninterrupted.initial)
    assert (uninterrupted.parameters[1] != uninterrupted.initial[1]).any()


def test_history_has_one_row_an_epoch(uninterrupted):
    assert list(uninterrupted.history) == HISTORY
    assert uninterrupted.history["epoch"].tolist() == [1, 2, 3]
    assert uninterrupted.history["loss"].is_monotonic_decreasing
    assert uninterrupted.history["accuracy"].between(0, 1).all()


def test_killed_training_goes_on_to_the_same_bits(
    digits, uninterrupted, killed_in_second_epoch, caplog
):
    caplog.set_level(logging.INFO)
    found = train(*digits, **SETTINGS, checkpoint=killed_in_second_epoch)
    assert_same(found, uninterrupted)
    assert "seed 1: goes on after epoch 1 of 3" in caplog.text
    assert "epoch 1 of 3, minibatch" not in caplog.text


def test_finished_training_is_not_done_again(digits, uninterrupted, tmp_path, caplog):
    train(*digits, **SETTINGS, checkpoint=tmp_path / "state.npz")
    caplog.set_level(logging.INFO)
    assert_same(train(*digits, **SETTINGS, checkpoint=tmp_path / "state.npz"), uninterrupted)
    assert "goes on after epoch 3 of 3" in caplog.text


@pytest.mark.parametrize(
    "changed", [{"learning_rate": 0.002}, {"seed": 2}, {"minibatch_size": 40}, {"epochs": 0}]
)
def test_other_trainings_do_not_go_on_from_it(digits, killed_in_second_epoch, caplog, changed):
    caplog.set_level(logging.INFO)
    settings = SETTINGS | {"epochs": 1} | changed
    found = train(*digits, **settings, checkpoint=killed_in_second_epoch)
    assert len(found.history) == settings["epochs"]
    assert "goes on" not in caplog.text


def test_more_epochs_go_on_from_it(digits, killed_in_second_epoch, uninterrupted, caplog):
    caplog.set_level(logging.INFO)
    settings = SETTINGS | {"epochs": 4}
    found = train(*digits, **settings, checkpoint=killed_in_second_epoch)
    assert "goes on after epoch 1 of 4" in caplog.text
    pd.testing.assert_frame_equal(found.history[:3], uninterrupted.history, check_exact=True)


def test_epochs_are_reported_with_the_time_that_is_left(digits, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    train(*digits, **SETTINGS | {"epochs": 2}, checkpoint=tmp_path / "state.npz")
    lines = [message for message in caplog.messages if "minibatch" in message]
    assert len(lines) == 2
    assert lines[0].startswith("50 %: seed 1: epoch 1 of 2, minibatch 3 of 3: loss ")
    assert lines[1].startswith("100 %: ")
    assert lines[1].endswith(", 0 s left")


def test_long_epochs_are_reported_in_between(digits, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_MESSAGES", 0)
    caplog.set_level(logging.INFO)
    train(*digits, **SETTINGS | {"epochs": 1}, checkpoint=tmp_path / "state.npz")
    found = [message.split(":")[2] for message in caplog.messages if "minibatch" in message]
    assert found == [f" epoch 1 of 1, minibatch {n} of 3" for n in (1, 2, 3)]


def told(file) -> list[dict]:
    """The lines of a file, without those within an epoch, which depend on how long it takes."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if line.get("minibatch") in (None, 3)]


def test_how_far_it_is_stands_in_a_file(digits, tmp_path, uninterrupted):
    """For those who want to follow it; the parameters are the same."""
    progress, state = tmp_path / "progress.jsonl", tmp_path / "state.npz"
    progress.write_text("of an older training\n")
    assert_same(train(*digits, **SETTINGS, checkpoint=state, progress=progress), uninterrupted)
    first, *epochs, last = told(progress)
    assert first.items() >= {"epochs": 3, "minibatches": 3}.items()
    found = pd.DataFrame(epochs)[HISTORY]
    pd.testing.assert_frame_equal(found, uninterrupted.history, check_exact=True)
    assert last["ended"] == "finished"
    times = [datetime.fromisoformat(line["time"]) for line in (first, *epochs, last)]
    assert times == sorted(times)


def test_a_training_that_goes_on_tells_all_epochs(
    digits, tmp_path, killed_in_second_epoch, uninterrupted
):
    progress = tmp_path / "progress.jsonl"
    train(*digits, **SETTINGS, checkpoint=killed_in_second_epoch, progress=progress)
    found = pd.DataFrame(told(progress)[1:-1])[HISTORY]
    pd.testing.assert_frame_equal(found, uninterrupted.history, check_exact=True)


def test_a_training_that_fails_tells_so(digits, tmp_path, monkeypatch):
    progress = tmp_path / "progress.jsonl"

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(Checkpoint, "save", fail)
    with pytest.raises(OSError, match="full"):
        train(*digits, **SETTINGS, checkpoint=tmp_path / "state.npz", progress=progress)
    assert told(progress)[-1]["ended"] == "failed"


def test_nengodl_reports_too(digits, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    settings = SETTINGS | {"epochs": 1, "engine": "nengo-dl"}
    found = train(*digits, **settings, checkpoint=tmp_path / "state.npz")
    assert "epoch 1 of 1, minibatch 3 of 3" in caplog.text
    assert np.isfinite(found.history["loss"]).all()


def test_less_than_a_minibatch_is_refused(digits, tmp_path):
    with pytest.raises(ValueError, match="40 training images are less than one minibatch"):
        train(digits[0][:40], digits[1][:40], **SETTINGS, checkpoint=tmp_path / "state.npz")


# The file


@pytest.fixture
def variables():
    tf = nengodl.tensorflow()
    return [tf.Variable([1.0, 2.0]), tf.Variable(3, dtype=tf.int64)]


HISTORY_SO_FAR = pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25], "accuracy": [0.7, 0.8]})


def test_checkpoint_gives_back_what_was_saved(variables, tmp_path):
    Checkpoint(tmp_path / "state.npz", {"seed": 1}).save(variables, HISTORY_SO_FAR)
    for variable in variables:
        variable.assign(0 * variable)
    history = Checkpoint(tmp_path / "state.npz", {"seed": 1}).restore(variables, epochs=2)
    pd.testing.assert_frame_equal(history, HISTORY_SO_FAR, check_exact=True)
    assert [variable.numpy().tolist() for variable in variables] == [[1, 2], 3]
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]


@pytest.mark.parametrize(("settings", "epochs"), [({"seed": 2}, 2), ({"seed": 1}, 1)])
def test_checkpoint_of_another_training_changes_nothing(variables, tmp_path, settings, epochs):
    Checkpoint(tmp_path / "state.npz", {"seed": 1}).save(variables, HISTORY_SO_FAR)
    variables[1].assign(7)
    assert Checkpoint(tmp_path / "state.npz", settings).restore(variables, epochs) is None
    assert variables[1].numpy() == 7


@pytest.mark.parametrize("damage", [lambda _: b"half", lambda content: content[:-50]])
def test_from_a_damaged_checkpoint_training_begins_anew_and_says_so(
    variables, tmp_path, caplog, damage
):
    path = tmp_path / "state.npz"
    Checkpoint(path, {"seed": 1}).save(variables, HISTORY_SO_FAR)
    path.write_bytes(damage(path.read_bytes()))
    variables[1].assign(7)
    assert Checkpoint(path, {"seed": 1}).restore(variables, epochs=2) is None
    assert variables[1].numpy() == 7
    assert f"{path}" in caplog.text
    assert "training begins anew" in caplog.text
