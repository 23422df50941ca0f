import json
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn import datasets, tracking
from snnlearn.config import Tracking
from snnlearn.experiment import load
from snnlearn.hashing import sha256_of_files
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
}
seeds = provenance["seeds"]["mnist"]
mnist = {
    "dataset": datasets.read_origin(Path(snakemake.input.dataset)),
    "trained": {
        seed: json.loads(Path(file).read_text())
        for seed, file in zip(seeds, snakemake.input.provenances, strict=True)
    },
    "histories": {
        seed: pd.read_csv(file) for seed, file in zip(seeds, snakemake.input.histories, strict=True)
    },
}
logged = {
    name: tracking.log(
        tracking.Study(
            name,
            load(name),
            study["parameters"],
            sha256_of_files([Path(file) for file in study["code"]]),
            metrics[metrics["experiment"] == name],
            [Path(file) for file in snakemake.input[f"{name}_runs"]],
            [Path(file) for file in snakemake.input[f"{name}_figures"]],
            **(mnist if name == "mnist" else {}),
        ),
        Tracking(**snakemake.params.settings),
        tags,
    )
    for name, study in snakemake.params.studies.items()
}
Path(snakemake.output[0]).write_text(json.dumps(logged, indent=2) + "\n")
