from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.mnist.settings import ParameterSource
from snnlearn.mnist.parameter_source import obtain

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

obtain(
    ParameterSource(**snakemake.params.job["source"]),
    snakemake.params.job["seed"],
    Path(snakemake.output.parameters),
)
