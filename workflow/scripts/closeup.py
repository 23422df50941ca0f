from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

experiment, parameters = job.experiment_of(snakemake.params.job)
assert experiment.closeup is not None  # else there is no such rule
recorded = experiment.closeup(
    parameters,
    list(dict(snakemake.params.job["seeds"])),
    **job.files(snakemake.input, experiment.inputs),
)
write_table(recorded, Path(snakemake.output[0]))
job.end(snakemake)
