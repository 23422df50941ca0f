import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data.files import write_text
from snnlearn.explore.page import part

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

experiment, parameters = job.experiment_of(snakemake.params.job)
module = importlib.import_module(snakemake.params.job["module"])
seeds = list(dict(snakemake.params.job["seeds"]))
given = job.files(snakemake.input, experiment.inputs)
write_text(Path(snakemake.output[0]), part(lambda: module.of_run(parameters, seeds, **given)))
job.end(snakemake)
