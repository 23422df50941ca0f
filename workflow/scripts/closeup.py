from typing import TYPE_CHECKING

import job

from snnlearn.registry import load

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

cell = snakemake.params.cell
experiment = load(cell["experiment"])
assert experiment.closeup is not None  # else there is no such rule
recorded = experiment.closeup(
    experiment.Parameters(**cell["parameters"]), cell["seeds"], **job.files(snakemake.input)
)
recorded.to_parquet(snakemake.output[0], index=False)
