from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.simulation import measure, runs_in

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

experiment, parameters = job.experiment_of(snakemake.params.job)
runs = runs_in(pd.read_parquet(snakemake.input.traces))
measure(experiment, parameters, runs).to_csv(snakemake.output.metrics, index=False)
