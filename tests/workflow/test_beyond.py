"""What goes beyond the chapter runs on request, as the smoke configuration has it."""

import pandas as pd
import yaml
from tiny_project import ROOT, TINY

from snnlearn.figures import described
from snnlearn.registry import registry

ON_REQUEST = sorted(name for name, found in registry().items() if found.on_request)


def test_every_experiment_on_request_is_measured_and_drawn(project):
    smoke = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())
    assert set(ON_REQUEST) <= smoke.keys()
    blocks = {name: smoke[name] | {"seeds": 1} for name in ON_REQUEST}
    for name in ("latency", "robustness"):
        blocks[name] |= {
            "test_images": 20,
            "parameters": yaml.safe_load(TINY)["mnist"]["parameters"],
        }
    project.configure(TINY + yaml.safe_dump(blocks))
    figures = [
        f"results/{name}/figures/{figure}.png"
        for name in ON_REQUEST
        for figure in described(name).captions
    ]
    metrics = [f"results/{name}/metrics/batch-0000.csv" for name in ON_REQUEST]
    project.snakemake(*figures, *metrics)
    for name, file in zip(ON_REQUEST, metrics, strict=True):
        table = pd.read_csv(project.folder / file)
        assert set(table["experiment"]) == {name}
        assert table["value"].notna().any()
    assert all((project.folder / figure).stat().st_size > 1000 for figure in figures)


def test_studies_of_trainings_are_measured_and_drawn(project):
    """Of spikes, and of soft rates; with a second data set, for which digits may stand in."""
    smoke = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())
    studies = {name: smoke["studies"][name] for name in ("surrogate", "soft_lif")}
    for study in studies.values():
        study["seeds"] = 1
        study["set"] |= {"test_images": 20}
    (fashion,) = smoke["datasets"]
    further = {"latency": {}, "datasets": [fashion | {"search": [], "urls": []}]}
    tiny = yaml.safe_load(TINY)
    project.configure(yaml.safe_dump(tiny | further | {"studies": studies}))
    figures = [f"results/{name}/figures/{name}.png" for name in studies]
    project.snakemake(*figures)
    assert all((project.folder / figure).stat().st_size > 1000 for figure in figures)
    found = {name: pd.read_csv(project.folder / f"results/{name}/metrics.csv") for name in studies}
    assert found["surrogate"]["cell"].nunique() == found["soft_lif"]["cell"].nunique() == 4
    # Cells that ask for the same training share it: the plain one is in both studies.
    assert len(list((project.folder / "results/trainings").iterdir())) == 7
    accuracy = found["surrogate"].pivot(index="cell", columns="metric", values="value")
    assert accuracy["accuracy_10ms"].notna().all()


def test_they_run_in_no_other_configuration(project):
    planned = project.planned()
    assert [file for file in planned if file.split("/")[0] in ON_REQUEST] == []
