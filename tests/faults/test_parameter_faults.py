"""The rule that gets the classifier's parameters, when they are not what they should be."""

import json

import numpy as np
import pytest
import yaml
from tiny_project import ROOT

from snnlearn.data.hashing import sha256_of_file

#: What gets and checks the file that is given.
GIVEN = ("results/mnist/runs/batch-0000.parquet", "--until", "given_parameters")
SHIPPED = ROOT / "resources/pretrained/spiking-convnet-0.npz"


@pytest.fixture
def configure(project):
    def configure(seeds: int = 1, **source: object) -> None:
        shape = {"x_train": (2, 28, 28), "y_train": 2, "x_test": (1, 28, 28), "y_test": 1}
        images = {name: np.full(size, 9, np.uint8) for name, size in shape.items()}
        np.savez(project.folder / "images.npz", **images)
        settings = {
            "mnist": {"seeds": seeds, "parameters": source},
            "data": {"file": "images.npz", "search": ["."], "urls": [], "sha256": None},
            "tracking": {"enabled": False},
        }
        project.configure(yaml.safe_dump(settings))

    return configure


def refused(project) -> str:
    failed = project.snakemake(*GIVEN, check=False)
    assert failed.returncode != 0
    assert not project.trained("0.npz")
    return failed.stdout + failed.stderr


def provenance(project) -> dict:
    (path,) = project.trained("0.json")
    return json.loads(path.read_text())


def test_another_architecture_is_refused(project, configure):
    np.savez(project.folder / "other.npz", np.zeros(7, np.float32))
    configure(pretrained={"file": "other.npz"}, accept_unverified=True)
    message = refused(project)
    assert "expected: arr_0 (34048,)" in message
    assert "found:    arr_0 (7,)" in message


def test_another_hash_is_refused(project, configure):
    shipped = "resources/pretrained/spiking-convnet-0.npz"
    configure(pretrained={"file": shipped, "sha256": "0" * 64})
    message = refused(project)
    assert f"expected SHA-256: {'0' * 64}" in message
    assert f"found SHA-256:    {sha256_of_file(SHIPPED)}" in message


def test_an_altered_shipped_file_is_refused(project, configure):
    arrays = dict(np.load(SHIPPED))
    arrays["arr_8"][0] += 1
    np.savez_compressed(project.folder / "resources/pretrained/spiking-convnet-0.npz", **arrays)
    configure(mode="pretrained")
    assert "is not the expected file" in refused(project)


def test_a_missing_file_is_named(project, configure):
    configure(pretrained={"file": "nowhere.npz"})
    assert "nowhere.npz" in refused(project)


def test_a_third_partys_file_is_used_and_marked(project, configure):
    arrays = np.load(SHIPPED)
    np.savez(project.folder / "theirs.npz", *(arrays[name] for name in arrays.files))
    configure(pretrained={"file": "theirs.npz"}, accept_unverified=True)
    project.snakemake(*GIVEN)
    assert provenance(project)["origin"] == "pretrained"
    assert provenance(project)["verified"] is False


def test_a_download_is_tried_again_and_verified(project, configure, server):
    (server.folder / "parameters.npz").write_bytes(SHIPPED.read_bytes())
    server.script("parameters.npz", 503)
    url = server.url("parameters.npz")
    configure(mode="download", download={"url": url, "sha256": sha256_of_file(SHIPPED)})
    project.snakemake(*GIVEN)
    assert server.requests == ["parameters.npz"] * 2
    assert provenance(project)["origin"] == "downloaded"
    assert provenance(project)["verified"] is True
    (path,) = project.trained("0.npz")
    assert path.read_bytes() == SHIPPED.read_bytes()


def test_a_download_that_cannot_be_had_is_an_error_with_its_address(project, configure, dead_url):
    configure(mode="download", download={"url": dead_url, "sha256": "0" * 64})
    assert dead_url in refused(project)


def test_one_file_for_several_seeds_is_refused_before_any_job(project, configure):
    np.savez(project.folder / "theirs.npz", np.zeros(7, np.float32))
    configure(seeds=3, pretrained={"file": "theirs.npz"})
    message = refused(project)
    assert "mnist.seeds: theirs.npz is one network, and there are 3 seeds: name one" in message
    assert "rule " not in message


def test_seeds_without_a_file_are_refused_before_any_job(project, configure):
    configure(seeds=7)
    message = refused(project)
    shipped = "resources/pretrained/spiking-convnet-5.npz"
    assert f"mnist.seeds: there is no file {shipped}, and none for another seed" in message
    assert "set mnist.parameters.mode to train" in message
