import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_project import on_a_terminal, without_controls

from snnlearn.commands import classifier as cli
from snnlearn.data import datasets, obtaining
from snnlearn.data.hashing import sha256_of_file
from snnlearn.jobs import cores
from snnlearn.mnist.neurons import AS_THEY_ARE, NO_SPIKES

SHIPPED = Path(__file__).parents[2] / "resources/pretrained/spiking-convnet-0.npz"
N_IMAGES = 20
N_STEPS = 30


def run(*arguments: object) -> subprocess.CompletedProcess:
    """The command line in a process of its own: TensorFlow's threads are set once a process."""
    command = [sys.executable, "-m", "snnlearn.mnist", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def printed(finished: subprocess.CompletedProcess) -> dict:
    """The one JSON object on the standard output."""
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("\n") == 1
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A file with the digits that stand in for MNIST."""
    path = tmp_path_factory.mktemp("images") / "digits.npz"
    datasets.write(path, obtaining.stand_in([])[0])
    return path


@pytest.fixture(scope="module")
def started(tmp_path_factory, digits):
    """The runs that several tests look at, two at a time, and the file that one of them writes."""
    path = tmp_path_factory.mktemp("trained") / "parameters.npz"
    evaluating = ("evaluate", "--params", SHIPPED, "--data", digits, "--limit", N_IMAGES)
    nengo_dl = ("--engine", "nengo-dl", "--minibatch-size", N_IMAGES)
    training = ("train", "--params", path, "--data", digits)
    # One minibatch is 200 images.
    options = ("--images", 200, "--epochs", 1, "--seed", 3, "--learning-rate", 0.002)
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {
            "train": pool.submit(run, *training, *options),
            "compiled": pool.submit(run, *evaluating, "--json", "-"),
            "nengo-dl": pool.submit(run, *evaluating, *nengo_dl, "--json", "-"),
            "file": path,
        }


@pytest.fixture(scope="module")
def compiled(started):
    return printed(started["compiled"].result())


@pytest.fixture(scope="module")
def trained(started):
    finished = started["train"].result()
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == ""
    return started["file"]


@pytest.fixture
def refused(monkeypatch, capsys):
    """The message with which the command line ends."""

    def refused(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["snnlearn.mnist", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Traceback" not in printed.err
        return printed.err

    return refused


# Evaluating


def test_one_json_object_is_printed(compiled):
    assert set(compiled) == {"accuracy", "accuracy_per_step", "images", "seconds", "engine"}
    assert compiled["images"] == N_IMAGES
    assert compiled["engine"] == "compiled"
    assert compiled["seconds"] > 0
    assert len(compiled["accuracy_per_step"]) == N_STEPS
    assert compiled["accuracy"] == compiled["accuracy_per_step"][-1]
    right = np.array(compiled["accuracy_per_step"]) * N_IMAGES
    # A share of 20 images is rounded to the nearest double.
    np.testing.assert_allclose(right, np.rint(right), rtol=0, atol=1e-12)


def test_trained_parameters_are_used(compiled):
    """They were trained on other digits; chance would be right about 2 of 20 images."""
    assert compiled["accuracy"] > 0.4


def test_engines_agree(compiled, started):
    found = printed(started["nengo-dl"].result())
    assert found["engine"] == "nengo-dl"
    # Sums are rounded in another order, so a spike may come a step later; on another machine
    # that may turn the answer about one image. A wrong formula turns many.
    np.testing.assert_allclose(
        found["accuracy_per_step"], compiled["accuracy_per_step"], rtol=0, atol=1.01 / N_IMAGES
    )


@pytest.mark.mnist
def test_shipped_parameters_classify_mnist(mnist):
    """0.987 is published; 0.97 of 500 images is more than three standard errors below it."""
    options = ("--params", SHIPPED, "--data", mnist, "--limit", 500, "--json", "-")
    found = printed(run("evaluate", *options))
    assert found["images"] == 500
    assert found["accuracy"] >= 0.97


def test_cores_that_work_are_said(started, compiled, trained):
    for name, doing in (("compiled", "Evaluating"), ("train", "Training")):
        said = f"{doing} with engine compiled, threads: {cores.available()}\n"
        assert started[name].result().stderr.count(said) == 1


def test_a_terminal_shows_how_far_it_is(digits, tmp_path):
    command = [sys.executable, "-m", "snnlearn.mnist", "evaluate", "--threads", "1"]
    files = ["--params", str(SHIPPED), "--data", str(digits), "--limit", str(N_IMAGES)]
    code, shown = on_a_terminal([*command, *files], tmp_path, os.environ)
    assert code == 0
    assert "threads: 1" in shown
    assert "100%" in shown
    assert "accuracy" in without_controls(shown).splitlines()[-1]


@pytest.fixture(scope="module")
def test_only(tmp_path_factory, digits):
    """Test images and their classes, without anything to train on."""
    path = tmp_path_factory.mktemp("images") / "test_only.npz"
    images = datasets.read(digits)
    np.savez(path, x_test=images.x_test[:N_IMAGES], y_test=images.y_test[:N_IMAGES])
    return path


@pytest.fixture(scope="module")
def images_only(tmp_path_factory, test_only):
    path = tmp_path_factory.mktemp("images") / "images_only.npz"
    np.savez(path, x_test=datasets.read_arrays(test_only, ("x_test",))["x_test"])
    return path


def test_test_images_alone_are_evaluated(test_only, compiled):
    found = printed(run("evaluate", "--params", SHIPPED, "--data", test_only, "--json", "-"))
    assert found["accuracy_per_step"] == compiled["accuracy_per_step"]


def test_images_without_classes_cannot_be_evaluated(refused, images_only):
    message = refused("evaluate", "--params", SHIPPED, "--data", images_only)
    assert "lacks the arrays ['y_test']" in message


# Predicting


def test_class_and_score_of_each_image(images_only, test_only, compiled):
    finished = run("predict", "--params", SHIPPED, "--data", images_only)
    assert finished.returncode == 0, finished.stderr
    table = pd.read_csv(io.StringIO(finished.stdout))
    assert list(table) == ["image", "class", "score"]
    assert table["image"].tolist() == list(range(N_IMAGES))
    assert np.isfinite(table["score"]).all()
    y = datasets.read_arrays(test_only, ("x_test", "y_test"))["y_test"]
    assert (table["class"] == y).mean() == compiled["accuracy"]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_predictions_go_into_a_file(images_only, tmp_path, kind, monkeypatch, capsys):
    path = tmp_path / "answers"
    options = ["--limit", 3, "--steps", 2, f"--{kind}", path]
    arguments = ["snnlearn.mnist", "predict", "--params", SHIPPED, "--data", images_only, *options]
    monkeypatch.setattr(sys, "argv", [*map(str, arguments)])
    cli.main()
    assert capsys.readouterr().out == ""
    expected = cli.predict(SHIPPED, images_only, limit=3, steps=2)
    assert len(expected) == 3
    found = pd.DataFrame(json.loads(path.read_text())) if kind == "json" else pd.read_csv(path)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_parameters_of_other_images_are_told(digits, caplog):
    caplog.set_level("WARNING")
    cli.evaluate(SHIPPED, digits, limit=1, steps=1)
    assert "spiking-convnet-0.npz was trained on mnist; these are not all of its test images" in (
        caplog.text
    )


# Training


def test_provenance_of_trained_parameters(trained, digits):
    known = json.loads(trained.with_suffix(".json").read_text())
    assert known["origin"] == "trained"
    assert known["sha256"] == sha256_of_file(trained)
    assert known["verified"] is True
    details = known["details"]
    assert details["seed"] == 3
    assert details["training"] == {
        "epochs": 1,
        "learning_rate": 0.002,
        "images": 200,
        "minibatch_size": 200,
        "rates": asdict(AS_THEY_ARE),
        "spikes": asdict(NO_SPIKES),
    }
    assert details["dataset"]["name"] == "digits-unverified"
    assert details["dataset"]["sha256"] == obtaining.stand_in([])[1].sha256
    (epoch,) = details["history"]
    assert epoch["epoch"] == 1
    assert epoch["loss"] > 0
    assert 0 <= epoch["accuracy"] <= 1
    assert sorted(file.name for file in trained.parent.iterdir()) == [
        "parameters.json",
        "parameters.npz",
    ]


def test_trained_parameters_are_evaluated(trained, digits, tmp_path):
    path = tmp_path / "result.json"
    options = ("--limit", N_IMAGES, "--steps", 3, "--json", path)
    finished = run("evaluate", "--params", trained, "--data", digits, *options)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == ""
    found = json.loads(path.read_text())
    assert len(found["accuracy_per_step"]) == 3
    assert found["images"] == N_IMAGES


# Mistakes


def damaged(path: Path, source: Path) -> Path:
    content = bytearray(source.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 100] = bytes(byte ^ 255 for byte in content[middle : middle + 100])
    path.write_bytes(content)
    return path


def cut(path: Path, source: Path) -> Path:
    path.write_bytes(source.read_bytes()[:-200])
    return path


def missing(path: Path, source: Path) -> Path:
    return path


def other(path: Path, source: Path) -> Path:
    np.savez(path, np.zeros(7, np.float32))
    return path


COMPLAINTS = {
    missing: "No such file or directory: '{path}'",
    cut: "{path} is not a whole .npz archive of arrays",
    damaged: "{path} is not a whole .npz archive of arrays",
}


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [*COMPLAINTS.items(), (other, "{path} holds the parameters of another network")],
)
def test_unusable_parameters_are_refused(refused, digits, tmp_path, spoil, complaint):
    path = spoil(tmp_path / "parameters.npz", SHIPPED)
    message = refused("evaluate", "--params", path, "--data", digits)
    assert complaint.format(path=path) in message


@pytest.mark.parametrize(
    ("spoil", "complaint"), [*COMPLAINTS.items(), (other, "{path} lacks the arrays ['x_t")]
)
@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_unusable_images_are_refused(refused, digits, tmp_path, spoil, complaint, command):
    path = spoil(tmp_path / "images.npz", digits)
    params = SHIPPED if command == "evaluate" else tmp_path / "trained.npz"
    assert complaint.format(path=path) in refused(command, "--params", params, "--data", path)
    assert not (tmp_path / "trained.npz").exists()


def test_other_architecture_lists_expected_and_found(refused, digits, tmp_path):
    path = other(tmp_path / "parameters.npz", SHIPPED)
    message = refused("evaluate", "--params", path, "--data", digits)
    assert "expected: arr_0 (34048,) neuron biases" in message
    assert "found:    arr_0 (7,)" in message


def test_refusal_is_the_same_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "nowhere.npz"
    finished = run("evaluate", "--params", path, "--data", path, "--json", "-")
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == f"[Errno 2] No such file or directory: '{path}'\n"


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        (("--limit", 0), "is not a whole number of at least 1"),
        (("--steps", "many"), "is not a whole number"),
        (("--engine", "rust"), "invalid choice: 'rust'"),
    ],
)
def test_unusable_options_are_refused(refused, digits, option, complaint):
    message = refused("evaluate", "--params", SHIPPED, "--data", digits, *option)
    assert complaint in message


def test_fewer_images_than_a_minibatch_are_refused(refused, tmp_path, digits):
    """The excerpt of 100 images that many begin with."""
    few = {name: array[:100] for name, array in datasets.read(digits).arrays().items()}
    np.savez(tmp_path / "tiny.npz", **few)
    message = refused("train", "--params", tmp_path / "new.npz", "--data", tmp_path / "tiny.npz")
    assert "100 training images are less than one minibatch of 200" in message


@pytest.mark.parametrize("option", [("--images", 100), ("--learning-rate", -1), ("--seed", -1)])
def test_unusable_training_is_refused(refused, digits, tmp_path, option):
    """A minibatch has 200 images; a learning rate is positive."""
    path = tmp_path / "trained.npz"
    assert refused("train", "--params", path, "--data", digits, "--epochs", 1, *option)
