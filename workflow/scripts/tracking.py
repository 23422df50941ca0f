import json
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd
import yaml

from snnlearn.data.hashing import sha256_of_file, sha256_of_files
from snnlearn.data.origin import read_origin
from snnlearn.figures import described
from snnlearn.jobs.times import span_of
from snnlearn.registry import load
from snnlearn.results import read_metrics
from snnlearn.tracking import client, live, runs
from snnlearn.tracking.settings import TrackingSettings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

metrics = read_metrics([Path(snakemake.input.metrics)])
provenance = json.loads(Path(snakemake.input.provenance).read_text())
tags = {
    "commit": str(provenance["commit"]),
    "dirty": str(provenance["dirty"]),
    "configuration_sha256": provenance["configuration_sha256"],
    "fidelity": snakemake.params.configuration["effective"]["fidelity"],
}
configuration = {
    f"{kind}.yaml": yaml.safe_dump(values, sort_keys=False)
    for kind, values in snakemake.params.configuration.items()
}


def by_seed(files, read):
    """What the files of the trained parameters' seeds hold."""
    seeds = provenance["seeds"]["mnist"]
    return {seed: read(Path(file)) for seed, file in zip(seeds, files, strict=True)}


def times(name, batches):
    """When each seed was simulated."""
    found = {}
    for batch in map(Path, batches):
        benchmark = f"{name}-{batch.stem.removeprefix('batch-')}.jsonl"
        span = span_of(batch, Path("results/benchmarks/simulate", benchmark))
        if span is not None:
            seeds = pd.read_parquet(batch, columns=["seed"])["seed"].unique()
            found |= {int(seed): span for seed in seeds}
    return found


inputs = runs.Inputs(
    dataset=read_origin(Path(snakemake.input.dataset)),
    dataset_sha256=sha256_of_file(Path(snakemake.input.images)),
    trained=by_seed(snakemake.input.provenances, lambda file: json.loads(file.read_text())),
    parameter_files=by_seed(snakemake.input.parameters, Path),
    histories=by_seed(snakemake.input.histories, pd.read_csv),
)
settings = TrackingSettings(**snakemake.params.settings)
logged = {}
try:
    for name, study in snakemake.params.studies.items():
        experiment = load(name)
        cell = runs.FinishedCell(
            study=name,
            experiment=experiment,
            parameters=study["parameters"],
            code_sha256=sha256_of_files([Path(file) for file in study["code"]]),
            metrics=metrics[metrics["experiment"] == name],
            runs=[Path(file) for file in snakemake.input[f"{name}_runs"]],
            figures=[Path(file) for file in snakemake.input[f"{name}_figures"]],
            captions=described(name).captions,
            inputs=inputs if experiment.inputs else None,
            times=times(name, snakemake.input[f"{name}_runs"]),
        )
        logged[name] = runs.log(cell, settings, tags, configuration, live.identity())
except client.FAILURES as error:
    raise SystemExit(
        f"tracking: MLflow at {settings.uri} failed: {client.reason(error)}\n"
        "No result is lost. When it answers again, run the same command again: only what is "
        "missing is logged. To do without it, set tracking.enabled to false."
    ) from error
Path(snakemake.output[0]).write_text(json.dumps(logged, indent=2) + "\n")
