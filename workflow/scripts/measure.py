from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.results import read_table, write_table
from snnlearn.simulation import measure, runs_in

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

experiment, parameters = job.experiment_of(snakemake.params.job)
seeds = dict(snakemake.params.job["seeds"])
traces = read_table(Path(snakemake.input.traces), seeds=seeds)
write_table(measure(experiment, parameters, runs_in(traces)), Path(snakemake.output.metrics))
job.end(snakemake)
