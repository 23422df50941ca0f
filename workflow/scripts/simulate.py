import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.data.files import write_text
from snnlearn.results import write_table
from snnlearn.simulation import measure, simulate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)
started = time.time()

experiment, parameters = job.experiment_of(snakemake.params.job)
runs = simulate(
    experiment,
    parameters,
    dict(snakemake.params.job["seeds"]),
    **job.files(snakemake.input, experiment.inputs),
)
if hasattr(snakemake.output, "traces"):
    write_table(pd.concat(runs, ignore_index=True), Path(snakemake.output.traces))
else:
    write_table(measure(experiment, parameters, runs), Path(snakemake.output.metrics))
times = {"started": started, "ended": time.time()}
write_text(Path(snakemake.log.times), json.dumps(times) + "\n")
job.end(snakemake)
