from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.mnist.parameter_source import provide
from snnlearn.mnist.settings import Recipe
from snnlearn.results import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

history = provide(
    Recipe(**snakemake.params.job["recipe"]),
    snakemake.params.job["seed"],
    Path(snakemake.input.dataset),
    Path(snakemake.output.parameters),
    threads=snakemake.threads,
    progress=Path(snakemake.log.progress),
)
write_table(history, Path(snakemake.output.history))
job.end(snakemake)
