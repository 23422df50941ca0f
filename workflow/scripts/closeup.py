from typing import TYPE_CHECKING

import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

experiment, parameters = job.experiment_of(snakemake.params.job)
assert experiment.closeup is not None  # else there is no such rule
recorded = experiment.closeup(
    parameters,
    list(dict(snakemake.params.job["seeds"])),
    **job.files(snakemake.input, experiment.inputs),
)
recorded.to_parquet(snakemake.output[0], index=False)
