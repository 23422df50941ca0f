from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.verdict import errata
from snnlearn.registry import load

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

name, cell = snakemake.wildcards.experiment, snakemake.params.cell
experiment = load(name)
runs = errata.measure(
    name,
    experiment,
    experiment.Parameters(**cell["parameters"]),
    cell["seeds"],
    **job.files(snakemake.input),
)
runs.to_csv(Path(snakemake.output[0]), index=False)
