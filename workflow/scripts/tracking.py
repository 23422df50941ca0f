import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import job
import pandas as pd
import yaml

from snnlearn.data.hashing import sha256_of_file
from snnlearn.data.origin import read_origin
from snnlearn.registry import load
from snnlearn.results import read_metrics
from snnlearn.tracking import cells, live, record, runs
from snnlearn.tracking.advice import told
from snnlearn.tracking.database import FAILURES
from snnlearn.tracking.settings import TrackingSettings
from snnlearn.tracking.writers import writing

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

provenance = json.loads(Path(snakemake.input.provenance).read_text())
configuration = snakemake.params.job["configuration"]
tags = {
    "commit": str(provenance["commit"]),
    "dirty": str(provenance["dirty"]),
    "configuration_sha256": provenance["configuration_sha256"],
    "fidelity": configuration["effective"]["fidelity"],
}


def finished_cells() -> Iterator[cells.FinishedCell]:
    """The results of all cells that are logged."""
    for number, cell in enumerate(snakemake.params.job["cells"]):
        metrics = read_metrics([Path(snakemake.input[f"metrics_{number}"])])
        of_cell = metrics[metrics["experiment"] == cell["experiment"]]
        if "cell" in metrics:
            of_cell = of_cell[of_cell["cell"] == cell["cell"]]
        yield cells.FinishedCell(
            study=cell["study"],
            cell_name=cell["cell"],
            experiment=load(cell["experiment"]),
            parameters=cell["parameters"],
            code_sha256=cell["code"],
            metrics=of_cell,
            runs=[Path(file) for file in snakemake.input[f"runs_{number}"]],
            figures=[Path(file) for file in snakemake.input[f"figures_{number}"]],
            captions=cell["captions"],
            inputs=inputs_of(number, cell),
            times=dict(times_of(cell)),
            sources=cell["sources"],
        )


def inputs_of(number: int, cell: dict[str, Any]) -> cells.Inputs | None:
    """The files that a cell was simulated from, if it takes any."""
    others = {
        file: sha256_of_file(Path(file)) for file in snakemake.input.get(f"others_{number}", [])
    }
    if not hasattr(snakemake.input, f"dataset_{number}"):
        return cells.Inputs(others=others) if others else None
    seeds = [seed for batch in cell["batches"] for seed in batch]

    def of_seeds(name: str, read: Any) -> dict[int, Any]:
        files: Iterable[str] = snakemake.input[f"{name}_{number}"]
        return {seed: read(Path(file)) for seed, file in zip(seeds, files, strict=True)}

    return cells.Inputs(
        dataset=read_origin(Path(snakemake.input[f"origin_{number}"])),
        dataset_sha256=sha256_of_file(Path(snakemake.input[f"dataset_{number}"])),
        trained=of_seeds("provenances", lambda file: json.loads(file.read_text())),
        parameter_files=of_seeds("parameters", Path),
        histories=of_seeds("histories", pd.read_csv),
        trainings=cell["trainings"],
        others=others,
    )


def times_of(cell: dict[str, Any]) -> Iterator[tuple[int, tuple[int, int]]]:
    """When the job of each seed began and ended, in ms, where its log is still there."""
    for file, seeds in zip(map(Path, cell["times"]), cell["batches"], strict=True):
        if file.is_file():
            times = json.loads(file.read_text())
            span = round(1000 * times["started"]), round(1000 * times["ended"])
            yield from ((seed, span) for seed in seeds)


settings = TrackingSettings(**snakemake.params.job["settings"])
texts = {f"{kind}.yaml": yaml.safe_dump(v, sort_keys=False) for kind, v in configuration.items()}
results = Path(snakemake.params.job["results"])
try:
    with writing(settings) as still_ours:
        logged = {
            f"{cell.study}/{cell.cell_name}": runs.log(
                cell, settings, tags, texts, live.identity(results), still_ours
            )
            for cell in finished_cells()
        }
except FAILURES as error:
    raise SystemExit(
        f"tracking: MLflow at {settings.uri} failed: {told(error, settings.uri)}\n"
        "No result is lost. To do without it, set tracking.enabled to false."
    ) from error
record.write(Path(snakemake.output[0]), snakemake.params.job["again"], logged)
job.end(snakemake)
