import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.simulation import measure, simulate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log.messages)
started = time.time()

experiment, parameters = job.experiment_of(snakemake.params.job)
runs = simulate(
    experiment,
    parameters,
    dict(snakemake.params.job["seeds"]),
    **job.files(snakemake.input, experiment.inputs),
)
if hasattr(snakemake.output, "traces"):
    pd.concat(runs, ignore_index=True).to_parquet(snakemake.output.traces, index=False)
else:
    measure(experiment, parameters, runs).to_csv(snakemake.output.metrics, index=False)
Path(snakemake.log.times).write_text(json.dumps({"started": started, "ended": time.time()}) + "\n")
