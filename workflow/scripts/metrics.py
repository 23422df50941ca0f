from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import read_metrics, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

batches = [Path(batch) for batch in snakemake.input.batches]
metrics = read_metrics(batches, snakemake.params.job["runs"])
write_table(metrics, Path(snakemake.output[0]))
job.end(snakemake)
