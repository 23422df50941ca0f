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


def test_they_run_in_no_other_configuration(project):
    planned = project.planned()
    assert [file for file in planned if file.split("/")[0] in ON_REQUEST] == []
