import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import job
import pandas as pd
import yaml

from snnlearn.data.origin import read_origin
from snnlearn.tracking import client, live, runs
from snnlearn.tracking.settings import TrackingSettings
from snnlearn.figures import described
from snnlearn.registry import load
from snnlearn.data.hashing import sha256_of_file, sha256_of_files
from snnlearn.results import read_metrics

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
seeds = provenance["seeds"]["mnist"]
mnist: dict[str, Any] = {
    "dataset": read_origin(Path(snakemake.input.dataset)),
    "dataset_sha256": sha256_of_file(Path(snakemake.input.images)),
    "trained": {
        seed: json.loads(Path(file).read_text())
        for seed, file in zip(seeds, snakemake.input.provenances, strict=True)
    },
    "parameter_files": {
        seed: Path(file) for seed, file in zip(seeds, snakemake.input.parameters, strict=True)
    },
    "histories": {
        seed: pd.read_csv(file) for seed, file in zip(seeds, snakemake.input.histories, strict=True)
    },
}
settings = TrackingSettings(**snakemake.params.settings)
try:
    logged = {
        name: runs.log(
            runs.Study(
                name,
                load(name),
                study["parameters"],
                sha256_of_files([Path(file) for file in study["code"]]),
                metrics[metrics["experiment"] == name],
                [Path(file) for file in snakemake.input[f"{name}_runs"]],
                [Path(file) for file in snakemake.input[f"{name}_figures"]],
                described(name).captions,
                **(mnist if name == "mnist" else {}),
            ),
            settings,
            tags,
            {
                f"{kind}.yaml": yaml.safe_dump(values, sort_keys=False)
                for kind, values in snakemake.params.configuration.items()
            },
            live.identity(),
        )
        for name, study in snakemake.params.studies.items()
    }
except client.FAILURES as error:
    raise SystemExit(
        f"tracking: MLflow at {settings.uri} failed: {client.reason(error)}\n"
        "No result is lost. When it answers again, run the same command again: only what is "
        "missing is logged. To do without it, set runs.enabled to false."
    ) from error
Path(snakemake.output[0]).write_text(json.dumps(logged, indent=2) + "\n")
