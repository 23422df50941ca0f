from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.mnist.parameter_source import provide
from snnlearn.mnist.settings import Recipe

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log.messages)

history = provide(
    Recipe(**snakemake.params.job["recipe"]),
    snakemake.params.job["seed"],
    Path(snakemake.input.dataset),
    Path(snakemake.output.parameters),
    threads=snakemake.threads,
    progress=Path(snakemake.log.progress),
)
history.to_csv(snakemake.output.history, index=False)
