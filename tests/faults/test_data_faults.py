"""The rule that finds the images, when they are damaged or not to be had."""

import json

import numpy as np
import pytest
import yaml

from snnlearn.data import datasets, obtaining

TARGET = "results/data/little.npz"


@pytest.fixture
def configure(project, hashes):
    """Ask the project for ``images`` instead of MNIST."""

    def configure(*urls: str, on_unavailable: str = "stand-in") -> None:
        data = {"name": "little", "file": "little.npz", "search": ["folder"], "urls": list(urls)}
        settings = {
            "data": data | {"sha256": hashes},
            "mnist": {"on_unavailable": on_unavailable},
            "tracking": {"enabled": False},
        }
        project.configure(yaml.safe_dump(settings))

    return configure


def found(project):
    """The images that the rule chose, and where it says they come from."""
    return datasets.read(project.folder / TARGET), json.loads(
        (project.folder / TARGET).with_suffix(".json").read_text()
    )


def same(one, other):
    return all(np.array_equal(a, other.arrays()[name]) for name, a in one.arrays().items())


def test_a_corrupted_file_is_refused_and_fetched_anew(project, configure, images, server):
    datasets.write(project.folder / "folder/little.npz", images)
    whole = (project.folder / "folder/little.npz").read_bytes()
    (project.folder / "folder/little.npz").write_bytes(whole[:-200])
    datasets.write(server.folder / "little.npz", images)
    configure(server.url("little.npz"))
    project.snakemake(TARGET)
    chosen, origin = found(project)
    assert same(chosen, images)
    assert origin["source"] == server.url("little.npz")
    assert "folder/little.npz" in origin["problems"][0]


def test_other_images_of_the_same_layout_are_refused(project, configure, make_images):
    datasets.write(project.folder / "folder/little.npz", make_images(seed=1))
    configure(on_unavailable="fail")
    failed = project.snakemake(TARGET, check=False)
    assert failed.returncode != 0
    assert "x_train has SHA-256" in failed.stdout + failed.stderr
    assert not (project.folder / TARGET).exists()


def test_nothing_reachable_goes_on_with_the_stand_in_and_says_so(project, configure, dead_url):
    configure(dead_url)
    finished = project.snakemake(TARGET)
    chosen, origin = found(project)
    assert same(chosen, obtaining.stand_in([])[0])
    assert origin["stand_in"] is True
    assert any(dead_url in problem for problem in origin["problems"])
    assert "bundled digits" in finished.stdout + finished.stderr


def test_nothing_reachable_stops_where_that_is_asked_for(project, configure, dead_url):
    configure(dead_url, on_unavailable="fail")
    failed = project.snakemake(TARGET, check=False)
    assert failed.returncode != 0
    message = failed.stdout + failed.stderr
    assert "little could not be had" in message
    assert dead_url in message
    assert not (project.folder / TARGET).exists()


def test_a_file_that_appears_later_replaces_the_stand_in(project, configure, images):
    configure()
    project.snakemake(TARGET)
    datasets.write(project.folder / "folder/little.npz", images)
    project.snakemake(TARGET)
    chosen, origin = found(project)
    assert same(chosen, images)
    assert origin["stand_in"] is False
