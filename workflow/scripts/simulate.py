from typing import TYPE_CHECKING

import job

from snnlearn.registry import load
from snnlearn.simulation import simulate_batch

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

cell = snakemake.params.cell
experiment = load(cell["experiment"])
traces, metrics = simulate_batch(
    cell["experiment"],
    experiment,
    experiment.Parameters(**cell["parameters"]),
    cell["seeds"],
    **job.files(snakemake.input),
)
traces.to_parquet(snakemake.output.traces, index=False)
metrics.to_csv(snakemake.output.metrics, index=False)
