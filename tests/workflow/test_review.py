"""What leaves the house is what the workflow makes: crate, manifest, and verdicts alone."""

import json
import re

import crates
import pandas as pd
import yaml
from pages import code
from tiny_project import CHAPTER, ROOT, SECRET

from snnlearn.crate import __main__ as command
from snnlearn.crate import review


def test_a_finished_run_is_a_workflow_run_crate(finished, tmp_path):
    packed = tmp_path / "crate.zip"
    assert command.main([str(finished.folder / "results"), "--output", str(packed)]) == 0
    folder = crates.unpacked(packed, tmp_path / "crate")
    assert crates.issues(folder, tmp_path / "cache") == []
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    provenance = json.loads((finished.folder / "results/provenance.json").read_text())
    assert entities["#run"]["endTime"] == provenance["ended"]
    assert not [f for f in folder.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()]
    # Of the tiny configuration, MLflow has kept the one that made it.
    assert "results/configuration.yaml" in entities
    trained = [name for name in entities if re.fullmatch(r"results/trainings/\w+/0\.npz", name)]
    assert trained and {"@id": trained[0]} in entities["#run"]["result"]


def test_the_default_run_makes_what_the_manifest_lists(project):
    project.configure("{}")
    made = {f"results/{file}" for file in project.planned()}
    manifest = yaml.safe_load((ROOT / "codecheck.yml").read_text(encoding="utf-8"))["manifest"]
    assert {entry["file"] for entry in manifest} <= made


def test_the_commands_of_the_gallery_make_its_figures(project):
    """Those with the same options in one, as they are planned."""
    project.configure("{}")
    targets: dict[str, list[str]] = {}
    for line in code(ROOT / "docs/gallery.md", "bash").split("\n"):
        if line:
            program, target, options = line.split(maxsplit=2)
            assert program == ".venv/bin/snakemake"
            targets.setdefault(options, []).append(target)
    assert {options: len(figures) > 5 for options, figures in targets.items()} == {
        "--cores 2": True,
        "--cores 2 --configfile config/beyond.yaml": True,
    }
    for options, figures in targets.items():
        planned = project.snakemake(*figures, *options.split(), "--dry-run").stdout
        assert [figure for figure in figures if figure not in planned] == []


def test_experiments_judged_alone_have_the_rows_of_the_whole_verdict(finished, tmp_path):
    """By the commands of docs/claims.md."""
    targets = {name: f"results/{name}/verdict.csv" for name in CHAPTER}
    for name, target in targets.items():
        assert review.command(name).startswith(f".venv/bin/snakemake {target} --cores 2 ")
    project = finished.copied(tmp_path / "copy")
    project.snakemake(*targets.values())
    whole = pd.read_csv(project.folder / "results/verdict.csv")
    for name, target in targets.items():
        alone = pd.read_csv(project.folder / target)
        expected = whole[whole["experiment"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected, check_dtype=False)


def test_an_experiment_judged_alone_runs_no_other(project):
    planned = project.snakemake("results/tuning_curve/verdict.csv", "--dry-run").stdout
    assert "Simulate tuning_curve" in planned
    assert not re.search("(Simulate|Measure) (channel|conditioning|mnist)", planned)
