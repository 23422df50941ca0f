from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.results import read_metrics
from snnlearn.verdict.variance import COLUMNS, decompose, markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

parts = [pd.DataFrame(columns=COLUMNS)]
studies = snakemake.params.job["studies"]
for (name, sources, metrics), file in zip(studies, snakemake.input.metrics, strict=True):
    parts.append(decompose(name, sources, metrics, read_metrics([Path(file)])))
variance = pd.concat(parts, ignore_index=True)
variance.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(variance), encoding="utf-8")
