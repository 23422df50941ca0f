from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import read_metrics

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

metrics = read_metrics(Path(batch) for batch in snakemake.input.batches)
metrics.to_csv(snakemake.output[0], index=False)
