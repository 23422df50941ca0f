"""Images of one's own, by configuration alone: from the files to the figures."""

import gzip
import json
import struct

import numpy as np
import pandas as pd
import pytest
import yaml
from tiny_project import ROOT, TINY

from snnlearn.config.from_snakemake import of_files
from snnlearn.data import datasets, obtaining
from snnlearn.data.datasets import Images
from snnlearn.data.errors import DatasetError
from snnlearn.data.hashing import sha256_of_array
from snnlearn.data.idx import IDX_FILES
from snnlearn.data.obtaining import DataSettings
from snnlearn.published import claims

#: Where bars are: five rows and five columns of an image, each a class.
PLACES = (2, 7, 12, 17, 22)
CLASSES = [f"{way}/{place}" for way in ("flat", "up") for place in PLACES]


def bars(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bars in noise, shape (n, 28, 28), from 0 to 255, and their classes, shape (n,)."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 40, (n, 28, 28), np.uint8), (np.arange(n) % 10).astype(np.uint8)
    for image, label in zip(x, y, strict=True):
        place = PLACES[label % 5]
        (image if label < 5 else image.T)[place : place + 4] += 200
    return x, y


@pytest.fixture(scope="module")
def images():
    return Images(*bars(600, seed=0), *bars(60, seed=1))


@pytest.fixture(scope="module")
def hashes(images):
    return {name: sha256_of_array(array) for name, array in images.arrays().items()}


def write_idx(folder, images: Images, ending: str = ".gz") -> None:
    """Write the four files as people have them, gzipped or not."""
    folder.mkdir(parents=True)
    for name, array in images.arrays().items():
        header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        pack = gzip.compress if ending else bytes
        file = IDX_FILES[name].removesuffix(".gz") + ending
        (folder / file).write_bytes(pack(header + array.tobytes()))


@pytest.fixture
def configure(project, hashes):
    """Ask the project for bars instead of MNIST; what is not said is as without them."""

    def configure(**changed) -> None:
        raw = yaml.safe_load(TINY) | {"seeds": 1, "studies": {}}
        raw["variance"]["channel"] = {"blocks": 0}
        raw["data"] = {"name": "bars", "classes": CLASSES, "sha256": hashes} | changed
        raw["mnist"] |= {"test_images": 60, "n_steps": 30, "on_unavailable": "fail"}
        raw["mnist"]["parameters"] = {
            "mode": "train",
            "training": {"epochs": 8, "minibatch_size": 20},
        }
        few = {"dead_neurons": [0.1], "weight_noise": [], "weight_bits": [8], "image_noise": []}
        raw["robustness"] = {"seeds": 1, "test_images": 20, "on_unavailable": "fail"} | few
        project.configure(yaml.safe_dump(raw))

    return configure


def test_from_a_folder_of_files_to_figures_that_name_the_classes(
    project, configure, images, hashes
):
    write_idx(project.folder / "mine", images)
    configure(search=["mine"])
    figures = [f"results/mnist/figures/{name}.svg" for name in ("digits", "confusion", "misread")]
    project.snakemake("results/verdict.csv", "results/provenance.json", *figures)
    results = project.folder / "results"

    metrics = pd.read_csv(results / "metrics.csv").set_index(["experiment", "metric"])
    assert metrics.loc[("mnist", "accuracy_after"), "value"].item() > 0.9
    assert set(metrics.loc["mnist", "variant"]) == {"trained/bars"}
    # Its own block still asks for the parameters that come with the pipeline.
    assert set(metrics.loc["robustness", "variant"]) == {"pretrained-on-mnist/bars"}

    verdict = pd.read_csv(results / "verdict.csv")
    about = verdict[verdict["experiment"].isin(["mnist", "robustness"])]
    assert len(about) == len(claims("mnist")) + len(claims("robustness"))
    assert set(about["verdict"]) == {"not tested"}
    assert not about["reason"].str.contains("unavailable").any()

    told = json.loads((results / "provenance.json").read_text())["datasets"]["bars"]
    assert (told["name"], told["source"], told["sha256"]) == ("bars", "mine", hashes)
    assert (told["verified"], told["stand_in"], told["problems"]) == (True, False, [])

    for figure in figures:
        text = (project.folder / figure).read_text()
        assert "Data set: bars; trained parameters" in text
        assert "published" not in text
        named = [name for name in CLASSES if name in text]
        assert named == (CLASSES[:2] if figure.endswith("digits.svg") else CLASSES)

    # Other names are for figures alone.
    configure(search=["mine"], classes=None)
    planned = project.planned("results/verdict.csv", "results/provenance.json", *figures)
    assert {path.split("/")[0] for path in planned} <= {"mnist", "provenance.json"}
    assert all("figures" in path for path in planned if path.startswith("mnist"))


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_beside_mnist_is_read_as_the_archive_is(tmp_path, images, hashes, ending):
    """MNIST's own archive in the same folder is not looked at."""
    datasets.write(tmp_path / "both/bars.npz", images)
    write_idx(tmp_path / "idx", images, ending)
    (tmp_path / "idx/mnist.npz").write_text("another one")
    for folder in ("both", "idx"):
        settings = DataSettings("bars", search=(str(tmp_path / folder),), sha256=hashes)
        found, origin = obtaining.obtain(settings, tmp_path / "downloads")
        assert origin.label == "bars"
        assert origin.problems == []
        np.testing.assert_array_equal(found.x_test, images.x_test)


def test_addresses_of_mnist_are_for_mnist(tmp_path, hashes):
    assert DataSettings("bars", sha256=hashes).addresses == ()
    assert DataSettings().addresses == DataSettings().urls != ()
    mine = DataSettings("bars", search=(), sha256=hashes)
    with pytest.raises(DatasetError, match=r"Looked for bars\.npz .* tried 0 addresses"):
        obtaining.obtain(mine, tmp_path)


def test_mnist_in_the_place_of_others_is_named_and_not_called_damaged(
    tmp_path, monkeypatch, images, hashes
):
    monkeypatch.setattr(obtaining, "MNIST_SHA256", hashes)
    write_idx(tmp_path / "mine", images)
    others = hashes | {"x_test": "0" * 64}
    mine = DataSettings("bars", search=(str(tmp_path / "mine"),), sha256=others)
    with pytest.raises(DatasetError, match="is MNIST, not bars"):
        obtaining.obtain(mine, tmp_path / "downloads")


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_the_examples_change_what_makes_them_another_data_set(name):
    files = [ROOT / "config/config.yaml", ROOT / f"config/{name}.yaml"]
    settings = of_files(files)
    data = settings.general.data
    assert (data.name, data.sought) == (name, f"{name}.npz")
    assert data.addresses == data.urls != ()
    assert len(data.classes) == 10
    for block in ("mnist", "robustness", "latency"):
        parameters = settings.blocks[block].parameters
        assert parameters.parameters.mode == "train"
        assert parameters.on_unavailable == "fail"


def test_the_real_fashion_mnist_is_verified(tmp_path):
    """From Debian's package; its hashes stand in the example."""
    data = of_files([ROOT / "config/config.yaml", ROOT / "config/fashion-mnist.yaml"]).general.data
    folder = next(folder for folder in data.search if folder.startswith("/usr/share"))
    if not DataSettings("fashion", search=(folder,), sha256=None).candidates():
        pytest.skip(f"Fashion-MNIST is not in {folder}: apt-get install dataset-fashion-mnist")
    found, origin = obtaining.obtain(
        DataSettings(data.name, data.classes, search=(folder,), urls=(), sha256=data.sha256),
        tmp_path,
    )
    assert (origin.label, origin.source, origin.problems) == ("fashion-mnist", folder, [])
    assert (len(found.x_train), len(found.x_test)) == (60_000, 10_000)
    first = [data.classes[label] for label in found.y_test[:3]]
    assert first == ["Ankle boot", "Pullover", "Trouser"]
