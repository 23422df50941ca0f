from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.experiments.mnist import Parameters
from snnlearn.mnist.parameter_source import provide

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log.messages)

history = provide(
    Parameters(**snakemake.params.cell["parameters"]),
    int(snakemake.wildcards.seed),
    Path(snakemake.input.dataset),
    Path(snakemake.input.shared) if snakemake.input.shared else None,
    Path(snakemake.output.parameters),
    Path(snakemake.log.progress),
)
history.to_csv(snakemake.output.history, index=False)
