from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.data.files import write_text
from snnlearn.results import read_metrics, write_table
from snnlearn.verdict.variance import COLUMNS, decompose, markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

parts = [pd.DataFrame(columns=COLUMNS)]
studies = snakemake.params.job["studies"]
for (name, sources, metrics), file in zip(studies, snakemake.input.metrics, strict=True):
    parts.append(decompose(name, sources, metrics, read_metrics([Path(file)])))
variance = pd.concat(parts, ignore_index=True)
write_table(variance, Path(snakemake.output.table))
write_text(Path(snakemake.output.markdown), markdown(variance))
job.end(snakemake)
