import json
import re
import shutil
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from tiny_project import ROOT

from snnlearn.data import datasets, obtaining
from snnlearn.data.downloading import DownloadError
from snnlearn.data.hashing import sha256_of_file
from snnlearn.data.origin import Origin, beside, read_origin, write_origin
from snnlearn.experiments.mnist import SEEDS, Parameters
from snnlearn.mnist import parameter_files, parameter_source
from snnlearn.mnist.network import parameter_shapes
from snnlearn.mnist.neurons import AS_THEY_ARE, CHAPTER, NO_SPIKES, Neurons
from snnlearn.mnist.parameter_files import ParameterFileError, Provenance
from snnlearn.mnist.settings import ParameterSource
from snnlearn.mnist.training import HISTORY, Trained

SHAPES = [
    (34_048,),
    *((3, 3, 1, 32), (32,)),
    *((3, 3, 32, 64), (64,)),
    *((3, 3, 64, 128), (128,)),
    *((3200, 10), (10,)),
]


def random_parameters(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]


@pytest.fixture
def file(tmp_path):
    """A file of random parameters, without provenance."""
    path = tmp_path / "random.npz"
    parameter_files.write(path, random_parameters())
    return path


@pytest.fixture
def target(tmp_path):
    """Where to put parameters; its folder is empty."""
    (tmp_path / "target").mkdir()
    return tmp_path / "target" / "parameters.npz"


# Reading and writing


def test_layout_is_that_of_nengodl():
    assert list(parameter_shapes().values()) == SHAPES


def test_parameters_survive_writing_and_reading(file):
    with np.load(file) as archive:
        assert archive.files == [f"arr_{i}" for i in range(9)]
    for found, expected in zip(parameter_files.read(file), random_parameters(), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


def test_same_parameters_make_the_same_file(tmp_path, file):
    sha256 = parameter_files.write(tmp_path / "again.npz", random_parameters())
    assert sha256 == sha256_of_file(tmp_path / "again.npz") == sha256_of_file(file)
    assert parameter_files.write(tmp_path / "again.npz", random_parameters(1)) != sha256


def test_names_decide_and_not_their_order(tmp_path):
    named = {f"arr_{i}": array for i, array in enumerate(random_parameters())}
    np.savez(tmp_path / "reversed.npz", **dict(reversed(named.items())))
    found = parameter_files.read(tmp_path / "reversed.npz")
    assert [array.shape for array in found] == SHAPES


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda arrays: arrays[:-1], "arr_7 (3200, 10)"),
        (lambda arrays: [*arrays, np.zeros(10)], "arr_9 (10,)"),
        (lambda arrays: [arrays[0][:-1], *arrays[1:]], "arr_0 (34047,)"),
        (lambda arrays: [*arrays[:-2], arrays[-2].T, arrays[-1]], "arr_7 (10, 3200)"),
    ],
    ids=["one too few", "one too many", "one too short", "one transposed"],
)
def test_other_architecture_is_refused_with_both_listings(tmp_path, change, found):
    arrays = change(random_parameters())
    np.savez(tmp_path / "other.npz", *arrays)
    with pytest.raises(ParameterFileError, match=r"other\.npz") as raised:
        parameter_files.read(tmp_path / "other.npz")
    message = str(raised.value)
    expected_line, found_line = message.splitlines()[1:3]
    assert expected_line.startswith("expected: arr_0 (34048,) neuron biases; arr_1 (3, 3, 1, 32)")
    assert "arr_8 (10,) dense bias" in expected_line
    assert found_line.startswith("found:")
    assert found in found_line
    assert len(expected_line.split("; ")) == 9
    assert len(found_line.split("; ")) == len(arrays)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda arrays: arrays[:-1], "8 of the 9 are there; what is not the network's: none"),
        (lambda arrays: [*arrays[:7], arrays[7].T, arrays[8]], "8 of the 9 .*: arr_7 (10, 3200)"),
        (lambda arrays: [arrays[0], np.zeros(1), *arrays[1:]], "9 of the 9 .*: arr_1 (1,)"),
        (lambda arrays: [*arrays, np.ones(1, int)], "9 of the 9 .*: arr_9 (1,)"),
        (lambda arrays: [*arrays, np.ones(1, [("a", "f4")])], "9 of the 9 .*: arr_9 (1,)"),
        (lambda arrays: [*arrays, arrays[0]], "8 of the 9 .*: arr_0 (34048,); arr_9 (34048,)"),
    ],
    ids=["too few", "transposed", "a zero", "an integer", "a record", "twice"],
)
def test_what_is_not_the_networks_is_named(tmp_path, change, told):
    np.savez(tmp_path / "other.npz", *change(random_parameters()))
    with pytest.raises(ParameterFileError, match=re.sub(r"([()])", r"\\\1", told)):
        parameter_files.read(tmp_path / "other.npz")


@pytest.mark.parametrize(
    "save",
    [
        lambda path, arrays: np.savez(path, *arrays[::-1]),
        lambda path, arrays: np.savez(path, **{f"layer {i}": a for i, a in enumerate(arrays)}),
        lambda path, arrays: np.savez(path, *arrays[:2], np.ones(1, np.float32), *arrays[2:]),
    ],
    ids=["other order", "other names", "a weight of 1"],
)
def test_the_networks_arrays_are_told_by_their_shapes(tmp_path, caplog, save):
    save(tmp_path / "other.npz", random_parameters())
    for found, expected in zip(
        parameter_files.read(tmp_path / "other.npz"), random_parameters(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert "other.npz: the network's arrays are told by their shapes: " in caplog.text


@pytest.mark.parametrize(
    "kind", [complex, bool, np.int64, "U8", "S4", "datetime64[s]", [("weight", "f4")]], ids=str
)
def test_other_types_than_floating_point_are_refused(tmp_path, kind):
    parameters = random_parameters()
    parameters[4] = np.zeros(parameters[4].shape, kind)
    np.savez(tmp_path / "other.npz", *parameters)
    with pytest.raises(ParameterFileError, match=r"other\.npz.* no floating-point numbers: arr_4"):
        parameter_files.read(tmp_path / "other.npz")


@pytest.mark.parametrize("kind", ["f2", ">f4", "f8", np.longdouble], ids=str)
def test_floating_point_of_any_width_is_taken(tmp_path, kind):
    np.savez(tmp_path / "other.npz", *[array.astype(kind) for array in random_parameters()])
    for found, expected in zip(
        parameter_files.read(tmp_path / "other.npz"), random_parameters(), strict=True
    ):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected.astype(kind).astype(np.float32))


def test_values_that_are_too_large_for_32_bits_are_refused(tmp_path):
    parameters = [array.astype(float) for array in random_parameters()]
    parameters[3].flat[-1] = 1e300
    np.savez(tmp_path / "large.npz", *parameters)
    with pytest.raises(ParameterFileError, match=r"no finite numbers of 32 bits: \['arr_3'\]"):
        parameter_files.read(tmp_path / "large.npz")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path, bad):
    parameters = random_parameters()
    parameters[3].flat[-1] = bad
    parameter_files.write(tmp_path / "bad.npz", parameters)
    with pytest.raises(ParameterFileError, match=r"bad\.npz.*\['arr_3'\]"):
        parameter_files.read(tmp_path / "bad.npz")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damage(content: bytes) -> bytes:
    return content[:5000] + b"\0\0\0\0" + content[5004:]


def replace(_: bytes) -> bytes:
    return b"<html>quota exceeded</html>"


@pytest.mark.parametrize("spoil", [cut, damage, replace])
def test_damaged_file_is_refused(file, spoil):
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(ParameterFileError, match=r"random\.npz.*save_params"):
        parameter_files.read(file)


def test_pickle_is_refused(tmp_path):
    np.savez(tmp_path / "pickle.npz", np.array([{}], dtype=object))
    with pytest.raises(ParameterFileError, match=r"pickle\.npz"):
        parameter_files.read(tmp_path / "pickle.npz")


def test_missing_file_is_another_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        parameter_files.read(tmp_path / "nowhere.npz")


def test_provenance_stands_beside_its_file(file):
    provenance = Provenance("trained", "0" * 64, True, "here", {"seed": 3, "history": [{"a": 1}]})
    parameter_files.write_provenance(file, provenance)
    assert json.loads(file.with_suffix(".json").read_text())["details"]["seed"] == 3
    assert parameter_files.read_provenance(file) == provenance


@pytest.mark.parametrize("origin", ["pretrained", "downloaded"])
def test_label_tells_what_is_not_verified(origin):
    assert Provenance(origin, "0" * 64, True, "here").label == origin
    assert Provenance(origin, "0" * 64, False, "here").label == f"{origin}-unverified"


# A file at hand


def pretrained(file, sha256=None, accept_unverified=False) -> ParameterSource:
    return ParameterSource(
        mode="pretrained",
        pretrained={"file": str(file), "sha256": sha256},
        accept_unverified=accept_unverified,
    )


def test_file_with_the_configured_hash_is_used(file, target):
    parameter_source.obtain(pretrained(file, sha256_of_file(file)), 0, target)
    assert target.read_bytes() == file.read_bytes()
    provenance = parameter_files.read_provenance(target)
    assert provenance == Provenance("pretrained", sha256_of_file(file), True, str(file))
    assert provenance.label == "pretrained"


def test_file_with_the_hash_of_its_own_provenance_is_used(file, target):
    details = {"seed": 0, "accuracy": 0.987}
    known = Provenance("trained", sha256_of_file(file), True, "trained there", details)
    parameter_files.write_provenance(file, known)
    parameter_source.obtain(pretrained(file), 0, target)
    provenance = parameter_files.read_provenance(target)
    assert (provenance.label, provenance.source) == ("pretrained", str(file))
    assert provenance.details == details


@pytest.mark.parametrize(
    "text",
    [
        '{"epochs": 10, "optimizer": "RMSprop", "test_accuracy": 0.98}',
        '{"origin": "mine", "sha256": "SHA", "verified": true, "source": "there"}',
        '{"origin": "trained", "sha256": 7, "verified": true, "source": "there"}',
        '{"origin": "trained", "sha256": "SHA", "verified": "yes", "source": "there"}',
        *("[]", "null", "3", "", "{", "\x00"),
    ],
)
def test_a_json_that_is_not_ours_is_left_alone(file, target, text, caplog):
    caplog.set_level("INFO")
    beside(file).write_text(text.replace("SHA", sha256_of_file(file)))
    parameter_source.obtain(pretrained(file, accept_unverified=True), 0, target)
    assert parameter_files.read_provenance(target).label == "pretrained-unverified"
    assert f"{beside(file)} says nothing that is known of {file}" in caplog.text


def assert_refused(source: ParameterSource, target) -> str:
    """Refuse, leave nothing behind, and return the message."""
    with pytest.raises(ParameterFileError) as raised:
        parameter_source.obtain(source, 0, target)
    assert list(target.parent.iterdir()) == []
    return str(raised.value)


@pytest.mark.parametrize("accept_unverified", [False, True])
@pytest.mark.parametrize("known_from", ["configuration", "provenance"])
def test_wrong_hash_is_refused_with_both_hashes_and_the_key(
    file, target, known_from, accept_unverified
):
    expected = "0" * 64
    configured = expected if known_from == "configuration" else None
    if known_from == "provenance":
        parameter_files.write_provenance(file, Provenance("trained", expected, True, "there"))
    message = assert_refused(pretrained(file, configured, accept_unverified), target)
    assert f"expected SHA-256: {expected}" in message
    assert f"found SHA-256:    {sha256_of_file(file)}" in message
    assert "mnist.parameters.pretrained.sha256" in message
    assert str(file) in message


def test_configured_hash_overrules_the_provenance(file, target):
    right = sha256_of_file(file)
    parameter_files.write_provenance(file, Provenance("trained", right, True, "there"))
    assert "is not the expected file" in assert_refused(pretrained(file, "0" * 64), target)


def test_unknown_hash_is_refused_with_the_remedy(file, target):
    message = assert_refused(pretrained(file), target)
    assert sha256_of_file(file) in message
    assert "mnist.parameters.pretrained.sha256" in message
    assert "mnist.parameters.accept_unverified" in message


def test_unknown_hash_may_be_accepted_and_is_then_marked(file, target):
    parameter_source.obtain(pretrained(file, accept_unverified=True), 0, target)
    assert target.read_bytes() == file.read_bytes()
    assert parameter_files.read_provenance(target).label == "pretrained-unverified"


@pytest.mark.parametrize("accept_unverified", [False, True])
def test_right_hash_does_not_excuse_a_wrong_network(tmp_path, target, accept_unverified):
    other = tmp_path / "other.npz"
    np.savez(other, *random_parameters()[:-1])
    message = assert_refused(pretrained(other, sha256_of_file(other), accept_unverified), target)
    assert "another network" in message


def test_file_that_is_not_there_is_named_with_its_key(tmp_path, target):
    message = assert_refused(pretrained(tmp_path / "nowhere.npz"), target)
    assert str(tmp_path / "nowhere.npz") in message
    assert "mnist.parameters.pretrained.file" in message


# A file for each seed


@pytest.fixture
def of_seeds(tmp_path, monkeypatch):
    """Files for the seeds 0 to 2, each with its seed beside it."""
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        path = tmp_path / f"net-{seed}.npz"
        sha256 = parameter_files.write(path, random_parameters(seed))
        provenance = Provenance("pretrained", sha256, True, "there", {"seed": seed})
        parameter_files.write_provenance(path, provenance)
    return ParameterSource(pretrained={"file": "net-{seed}.npz"})


def test_each_seed_has_its_own_file(of_seeds, target):
    for seed in range(3):
        parameter_source.obtain(of_seeds, seed, target)
        for found, wanted in zip(
            parameter_files.read(target), random_parameters(seed), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
        assert parameter_files.read_provenance(target).details["seed"] == seed
        assert of_seeds.files(seed) == [f"net-{seed}.npz"]


def test_the_file_of_another_seed_is_refused(of_seeds, tmp_path, target):
    for suffix in (".npz", ".json"):
        shutil.copy(tmp_path / f"net-1{suffix}", tmp_path / f"net-2{suffix}")
    with pytest.raises(ParameterFileError, match=r"net-2.npz should be of seed 2.*with seed 1"):
        parameter_source.obtain(of_seeds, 2, target)


def test_seeds_without_a_file_are_refused_beforehand(of_seeds):
    assert of_seeds.refused([0, 1, 2]) == ""
    assert of_seeds.refused([1, 5]) == "there is no file net-5.npz"
    assert (
        of_seeds.refused([1, 5, 6, 7]) == "there is no file net-5.npz, and none for 2 other seeds"
    )
    assert "design" in of_seeds.refused([{"network": 0}, {"network": 1}])
    assert ParameterSource(mode="train").refused([5, 6]) == ""


@pytest.mark.parametrize(
    "source",
    [
        ParameterSource(pretrained={"file": "theirs.npz"}),
        ParameterSource(mode="download", accept_unverified=True),
    ],
    ids=["file", "download"],
)
def test_one_file_is_one_network(source):
    assert source.refused([3]) == ""
    assert "is one network, and there are 2 seeds" in source.refused([3, 4])


def test_one_hash_is_of_one_file():
    with pytest.raises(ValidationError, match="sha256 is of one file"):
        ParameterSource(pretrained={"file": "net-{seed}.npz", "sha256": "0" * 64})


# A file from an address


def download(url, sha256=None, accept_unverified=False) -> ParameterSource:
    return ParameterSource(
        mode="download",
        download={"url": url, "sha256": sha256},
        accept_unverified=accept_unverified,
    )


@pytest.fixture
def served(server, file):
    """Serves ``file`` under its name."""
    shutil.copy(file, server.folder)
    return server


def test_download_with_the_right_hash_is_used(served, file, target):
    url = served.url(file.name)
    parameter_source.obtain(download(url, sha256_of_file(file)), 0, target)
    assert target.read_bytes() == file.read_bytes()
    assert parameter_files.read_provenance(target) == Provenance(
        "downloaded", sha256_of_file(file), True, url
    )
    assert sorted(target.parent.iterdir()) == [target.with_suffix(".json"), target]


@pytest.mark.parametrize("accept_unverified", [False, True])
def test_download_with_the_wrong_hash_leaves_nothing(served, file, target, accept_unverified):
    source = download(served.url(file.name), "0" * 64, accept_unverified)
    message = assert_refused(source, target)
    assert "0" * 64 in message
    assert sha256_of_file(file) in message
    assert "mnist.parameters.download.sha256" in message
    assert served.url(file.name) in message


def test_unverified_download_must_be_accepted_beforehand():
    with pytest.raises(ValidationError, match="accept_unverified"):
        download("http://localhost/parameters.npz")


def test_accepted_unverified_download_is_marked(served, file, target):
    parameter_source.obtain(download(served.url(file.name), accept_unverified=True), 0, target)
    provenance = parameter_files.read_provenance(target)
    assert provenance.label == "downloaded-unverified"
    assert provenance.sha256 == sha256_of_file(file)


@pytest.mark.parametrize("spoil", [cut, damage, replace])
def test_accepted_unverified_download_must_still_fit(served, file, target, spoil):
    (served.folder / file.name).write_bytes(spoil(file.read_bytes()))
    source = download(served.url(file.name), accept_unverified=True)
    assert "save_params" in assert_refused(source, target)


@pytest.mark.parametrize("answer", [404, "cut"])
def test_failed_download_leaves_nothing(served, file, target, answer):
    served.script(file.name, answer, forever=True)
    with pytest.raises(DownloadError) as raised:
        parameter_source.obtain(download(served.url(file.name), sha256_of_file(file)), 0, target)
    assert served.url(file.name) in str(raised.value)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["file:///parameters.npz", "ftp://a.org/b.npz", "a.npz", "https://"]
)
def test_address_that_cannot_be_downloaded_is_refused_beforehand(url):
    with pytest.raises(ValidationError, match="url"):
        download(url, "0" * 64)


# The parameters of one seed


@pytest.fixture
def dataset(tmp_path, make_images):
    """Writes a data set of random images, with its origin beside it."""

    def write(stand_in: bool):
        images = make_images(n_train=30)
        path = tmp_path / "dataset.npz"
        datasets.write(path, images)
        name = "uci-digits" if stand_in else "mnist"
        origin = Origin(name, "there", True, stand_in, {"x_train": "0" * 64}, [])
        write_origin(path.with_suffix(".json"), origin)
        return path, images

    return write


@pytest.mark.parametrize(
    ("details", "neurons"),
    [
        ({"amplitude": 0.02, "max_rate": 150.0, "seed": 3}, Neurons(0.02, 150.0)),
        ({"amplitude": 0.02}, Neurons(0.02, 100.0)),
        ({}, CHAPTER),
        ({"amplitude": "high"}, CHAPTER),
        ({"max_rate": -1}, CHAPTER),
        ({"max_rate": [100]}, CHAPTER),
    ],
)
def test_parameters_are_shown_with_the_neurons_that_they_were_trained_with(
    tmp_path, details, neurons
):
    file = tmp_path / "trained.npz"
    assert parameter_files.neurons_of(file) == CHAPTER
    provenance = Provenance("trained", "0" * 64, True, "there", details)
    parameter_files.write_provenance(file, provenance)
    assert parameter_files.neurons_of(file) == neurons


def test_files_whose_names_end_alike_share_nothing(dataset, tmp_path, trainings):
    path, _ = dataset(stand_in=False)
    (tmp_path / "out").mkdir()
    recipe = Parameters(parameters={"mode": "train", "training": TRAINING}).recipe
    for seed in (0, 1):
        parameter_source.provide(recipe, seed, path, tmp_path / "out" / f"mnist.seed{seed}")
    checkpoints = [settings["checkpoint"].name for _, _, settings in trainings]
    assert checkpoints == [".mnist.seed0.training.npz", ".mnist.seed1.training.npz"]
    for seed in (0, 1):
        known = parameter_files.read_provenance(tmp_path / "out" / f"mnist.seed{seed}")
        assert known.details["seed"] == seed


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ({"name": "mnist", "sha256": {"x_train": "0" * 64}}, ""),
        ({"name": "letters", "sha256": {"x_train": "1" * 64}}, "letters"),
        ({"name": "letters"}, ""),
        ("letters", ""),
        (None, ""),
    ],
    ids=["the same", "others", "no hashes", "a text", "unknown"],
)
def test_parameters_of_other_images_are_told(dataset, file, target, caplog, theirs, told):
    """The images have the hash of zeros."""
    path, _ = dataset(stand_in=False)
    known = Provenance("trained", sha256_of_file(file), True, "there", {"dataset": theirs})
    parameter_files.write_provenance(file, known)
    recipe = Parameters(parameters={"pretrained": {"file": str(file)}}).recipe
    parameter_source.provide(recipe, 0, path, target)
    label = parameter_files.read_provenance(target).label_with(read_origin(beside(path)))
    assert label == (f"pretrained-on-{told}/mnist" if told else "pretrained/mnist")
    assert ("seed 0 were trained on letters, and the images are mnist" in caplog.text) == bool(told)


def given(file):
    """Parameters that a file gives, which nothing vouches for."""
    return {"pretrained": {"file": str(file)}, "accept_unverified": True}


TRAINING = {"epochs": 2, "learning_rate": 0.005, "images": 20, "minibatch_size": 5}


@pytest.fixture
def trainings(monkeypatch):
    """Replaces training, which takes its time, and notes what it was asked for."""
    asked = []

    def train(images, labels, **settings):
        asked.append((images, labels, settings))
        settings["checkpoint"].touch()
        history = pd.DataFrame([[1, 2.0, 0.5], [2, 1.0, 0.75]], columns=HISTORY)
        return Trained(random_parameters(seed=0), random_parameters(seed=1), history)

    monkeypatch.setattr(parameter_source, "train", train)
    return asked


def test_given_parameters_are_copied_with_their_provenance(dataset, file, target, trainings):
    path, _ = dataset(stand_in=False)
    settings = Parameters(parameters=given(file))
    history = parameter_source.provide(settings.recipe, 0, path, target)
    assert target.read_bytes() == file.read_bytes()
    provenance = parameter_files.read_provenance(target)
    assert (provenance.label, provenance.source) == ("pretrained-unverified", str(file))
    assert list(history.columns) == HISTORY
    assert len(history) == 0
    assert trainings == []


@pytest.mark.parametrize("stand_in", [True, False], ids=["stand-in", "nothing given"])
def test_seed_is_trained_where_nothing_fits(dataset, file, target, trainings, stand_in):
    path, images = dataset(stand_in)
    training = {"training": TRAINING}
    source = given(file) | training if stand_in else {"mode": "train"} | training
    recipe = Parameters(parameters=source).recipe
    history = parameter_source.provide(recipe, 7, path, target, threads=2)

    ((x, y, settings),) = trainings
    np.testing.assert_array_equal(x, images.x_train[:20])
    np.testing.assert_array_equal(y, images.y_train[:20])
    expected = {"epochs": 2, "learning_rate": 0.005, "minibatch_size": 5, "threads": 2}
    checkpoint = target.with_name(f".{target.stem}.training.npz")
    expected |= {
        "seed": 7,
        "engine": "compiled",
        "neurons": CHAPTER,
        "rates": AS_THEY_ARE,
        "spikes": NO_SPIKES,
        "checkpoint": checkpoint,
        "progress": None,
    }
    assert settings == expected
    assert not checkpoint.exists()

    for found, wanted in zip(parameter_files.read(target), random_parameters(1), strict=True):
        np.testing.assert_array_equal(found, wanted)
    provenance = parameter_files.read_provenance(target)
    assert provenance.label == "trained"
    assert provenance.sha256 == sha256_of_file(target) != sha256_of_file(file)
    details = provenance.details
    assert (details["seed"], details["threads"]) == (7, 2)
    assert details["engine"] == "compiled"
    assert details["dataset"]["name"] == ("uci-digits" if stand_in else "mnist")
    assert details["dataset"]["sha256"] == {"x_train": "0" * 64}
    shaped = {"rates": asdict(AS_THEY_ARE), "spikes": asdict(NO_SPIKES)}
    assert details["training"] == TRAINING | shaped
    assert details["history"] == history.to_dict(orient="records")
    assert history["accuracy"].tolist() == [0.5, 0.75]


def test_training_really_happens(tmp_path, target):
    images, origin = obtaining.stand_in(["no network"])
    datasets.write(tmp_path / "dataset.npz", images)
    write_origin(tmp_path / "dataset.json", origin)
    training = {"epochs": 1, "images": 200, "minibatch_size": 50}
    settings = Parameters(parameters={"mode": "train", "training": training})
    history = parameter_source.provide(
        settings.recipe, 0, tmp_path / "dataset.npz", target, threads=1
    )
    assert history["epoch"].tolist() == [1]
    assert np.isfinite(history["loss"]).all()
    assert history["accuracy"].between(0, 1).all()
    # All biases start at zero.
    assert all(np.ptp(array) > 0 for array in parameter_files.read(target))
    assert parameter_files.read_provenance(target).details["dataset"]["name"] == "uci-digits"


# The files that come with the pipeline


@pytest.mark.parametrize("seed", SEEDS)
def test_a_network_comes_for_each_seed_of_the_default(seed):
    path = ROOT / Parameters().parameters.pretrained.of(seed)
    parameter_files.read(path)
    provenance = parameter_files.read_provenance(path)
    details = provenance.details
    assert provenance.sha256 == sha256_of_file(path)
    assert details["seed"] == seed
    assert (details["training"]["epochs"], details["training"]["images"]) == (10, None)
    assert details["dataset"]["sha256"] == obtaining.MNIST_SHA256
    told = (ROOT / "resources/README.md").read_text().splitlines()
    (row,) = (line for line in told if line.startswith(f"| {seed} | `{details['engine']}`"))
    assert row.endswith(f"| {details['test_accuracy']['accuracy']:.4f} |")
