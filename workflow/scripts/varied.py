import importlib
from typing import TYPE_CHECKING

import job

from snnlearn.registry import load
from snnlearn.verdict.variance import run_blocks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

name, cell = snakemake.wildcards.experiment, snakemake.params.cell
varied = importlib.import_module(f"snnlearn.variance.{name}")
runs = run_blocks(
    varied,
    load(name).Parameters(**cell["parameters"]),
    varied.Settings(**cell["settings"]),
    **job.files(snakemake.input),
)
runs.to_csv(snakemake.output[0], index=False)
