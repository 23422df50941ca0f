"""Results that leave the house: what is said of them, and what is refused."""

import json
import shutil
import zipfile

import crates
import documents
import pytest
import yaml
from tiny_project import ROOT

from snnlearn.config import from_snakemake
from snnlearn.crate import __main__ as command
from snnlearn.data import checksums
from snnlearn.data.hashing import sha256_of_file

DEFAULT = from_snakemake.of_files([ROOT / "config/config.yaml"])

PROVENANCE = {
    "commit": "c6b9cde",
    "dirty": False,
    "configuration_sha256": DEFAULT.sha256(),
    "seeds": {"channel": [0, 1, 2, 7]},
    "datasets": {
        "mnist": {
            "name": "mnist",
            "source": "resources/mnist.npz",
            "verified": True,
            "sha256": {"x_test": "ab" * 32, "y_test": "cd" * 32},
        }
    },
    "parameters": {
        "5b333c612d1a/0": {"origin": "pretrained"},
        "5b333c612d1a/1": {"origin": "trained"},
    },
    "versions": {"python": "3.11.7", "snakemake": "9.27.1", "numpy": "2.3.1"},
    "platform": {"system": "Linux", "machine": "x86_64", "cores": 2},
    "started": "2026-01-01T10:00:00+00:00",
    "ended": "2026-01-01T10:02:08+00:00",
}
TRACKING = {
    "cells": {
        name: {"experiment": "snnlearn/channel", "parent": run, "artifacts": []}
        for name, run in (("channel/base", "a1"), ("rates/base", "a1"), ("rates/n", "b2"))
    }
}


@pytest.fixture
def results(tmp_path):
    """A small folder of results, as a finished run leaves it."""
    folder = tmp_path / "results"
    contents = {
        "provenance.json": json.dumps(PROVENANCE),
        "tracking.json": json.dumps(TRACKING),
        "metrics.csv": "experiment,variant,seed,metric,value,unit\n",
        "channel/figures/error.png": "a picture",
        "channel/figures/error.rst": "The error.\n\nSeeds: 0–2, 7.",
        "trainings/5b333c612d1a/0.npz": "given",
        "trainings/5b333c612d1a/1.npz": "trained",
        "data/mnist.npz": "images",
        "data/mnist.json": "{}",
    }
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copyfile(documents.BASELINE / "verdict.csv", folder / "verdict.csv")
    checksums.record([file for file in folder.rglob("*") if file.is_file()])
    (folder / "channel/notes.txt").write_text("of the user's own")
    return folder


@pytest.fixture
def packed(results, capsys):
    """The entities of the crate by their ids, and the zip file."""
    assert command.main([str(results)]) == 0
    assert "ready to be uploaded" in capsys.readouterr().out
    with zipfile.ZipFile(results / "ro-crate.zip") as crate:
        graph = json.loads(crate.read("ro-crate-metadata.json"))["@graph"]
        return {entity["@id"]: entity for entity in graph}, crate.namelist()


def ids(entities):
    return {entity["@id"] for entity in entities}


def test_it_is_a_workflow_run_crate(results, tmp_path):
    assert command.main([str(results)]) == 0
    folder = crates.unpacked(results / "ro-crate.zip", tmp_path / "crate")
    assert crates.issues(folder, tmp_path / "cache") == []


def test_what_is_no_workflow_run_crate_is_found(results, tmp_path):
    command.main([str(results)])
    folder = crates.unpacked(results / "ro-crate.zip", tmp_path / "crate")
    metadata = folder / "ro-crate-metadata.json"
    crate = json.loads(metadata.read_text())
    crate["@graph"] = [e for e in crate["@graph"] if e["@id"] != "#run"]
    metadata.write_text(json.dumps(crate))
    assert any("MUST" in issue for issue in crates.issues(folder, tmp_path / "cache"))


def test_the_run_is_what_provenance_says(packed):
    entities, _ = packed
    run = entities["#run"]
    assert (run["startTime"], run["endTime"]) == (PROVENANCE["started"], PROVENANCE["ended"])
    assert run["instrument"] == {"@id": "Snakefile"}
    assert "agent" not in run
    assert ids(run["object"]) == {
        *("#images-mnist", "#configuration", "#seeds-channel"),
        *("results/configuration.yaml", "results/trainings/5b333c612d1a/0.npz"),
    }
    assert "results/trainings/5b333c612d1a/1.npz" in ids(run["result"])
    assert entities["#seeds-channel"]["value"] == "0–2, 7"
    assert entities["#configuration"]["value"] == DEFAULT.sha256()
    assert entities["#images-mnist-x_test"]["value"] == "ab" * 32
    assert {(i, entities[i]["name"]) for i in ids(run["identifier"])} == {
        ("#mlflow-a1", "channel/base, rates/base"),
        ("#mlflow-b2", "rates/n"),
    }


def test_the_workflow_is_what_the_project_says(packed):
    entities, _ = packed
    workflow, citation = entities["Snakefile"], yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert workflow["version"] == PROVENANCE["commit"]
    assert f"The results are of commit {PROVENANCE['commit']}" in workflow["description"]
    assert entities[workflow["license"]["@id"]]["name"] == citation["license"]
    assert entities[workflow["author"]["@id"]]["name"] == citation["authors"][0]["name"]
    assert entities[workflow["programmingLanguage"]["@id"]]["version"] == "9.27.1"
    assert entities["#software-numpy"]["softwareVersion"] == "2.3.1"
    assert "codeRepository" not in workflow


def test_results_are_there_with_their_hashes_and_images_are_not(packed, results):
    entities, names = packed
    figure = results / "channel/figures/error.png"
    assert entities["results/channel/figures/error.png"] == {
        "@id": "results/channel/figures/error.png",
        "@type": "File",
        "name": "results/channel/figures/error.png",
        "description": "The error.",
        "encodingFormat": "image/png",
        "contentSize": str(figure.stat().st_size),
        "sha256": sha256_of_file(figure),
    }
    assert {"Snakefile", "workflow/Snakefile", "src/snnlearn/crate/__main__.py"} <= {*names}
    assert not {"results/data/mnist.npz", "results/channel/notes.txt"} & {*names}


def test_what_was_measured_of_claims_is_said(packed):
    entities, _ = packed
    verdict = documents.verdict()
    measured = verdict["measured"].dropna()
    told = {i.removeprefix("#claim-"): e for i, e in entities.items() if i.startswith("#claim-")}
    assert {name: claim["value"] for name, claim in told.items()} == measured.to_dict()
    assert 0 < len(told) < len(verdict)


@pytest.mark.parametrize("name", ["provenance.json", "metrics.csv", "verdict.csv"])
def test_a_run_that_is_not_finished_is_refused(results, capsys, name):
    (results / name).unlink()
    assert command.main([str(results)]) == 1
    told = f"crate: {results} has no {name}: no run has come to its end there"
    assert capsys.readouterr().err.startswith(told)
    assert not (results / "ro-crate.zip").exists()


def test_damage_is_refused(results, capsys):
    (results / "channel/figures/error.png").write_text("another picture")
    assert command.main([str(results)]) == 1
    assert f"damaged or edited:\n  {results}/channel/figures/error.png" in capsys.readouterr().err
    assert not (results / "ro-crate.zip").exists()


def test_tables_that_nobody_vouches_for_are_refused(results, capsys):
    checksums.forget([results / "metrics.csv"])
    assert command.main([str(results)]) == 1
    assert "has no checksum of metrics.csv" in capsys.readouterr().err


def test_provenance_of_another_version_is_refused(results, capsys):
    file = results / "provenance.json"
    file.write_text(json.dumps({k: v for k, v in PROVENANCE.items() if k != "datasets"}))
    checksums.record([file])
    assert command.main([str(results)]) == 1
    assert "is of another version, and lacks datasets: remove it" in capsys.readouterr().err


def test_a_configuration_that_did_not_make_them_is_refused(results, tmp_path, capsys):
    other = tmp_path / "other.yaml"
    other.write_text("channel: {n_neurons: 61}")
    assert command.main([str(results), "--configfile", str(other)]) == 1
    assert f"{other} did not make these results" in capsys.readouterr().err


def test_a_configuration_that_is_not_known_is_left_out(results, capsys):
    file = results / "provenance.json"
    file.write_text(json.dumps(PROVENANCE | {"configuration_sha256": "ef" * 32}))
    checksums.record([file])
    assert command.main([str(results)]) == 0
    assert "CONFIG=FILE names the file" in capsys.readouterr().err
    with zipfile.ZipFile(results / "ro-crate.zip") as crate:
        assert "results/configuration.yaml" not in crate.namelist()


def test_a_project_without_authors_is_refused(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "PROJECT", tmp_path)
    assert command.main([str(results)]) == 1
    assert f"{tmp_path}/CITATION.cff cannot be read" in capsys.readouterr().err
