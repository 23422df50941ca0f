from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data.files import write_text
from snnlearn.published import listed
from snnlearn.results import read_metrics, write_table
from snnlearn.verdict import judge
from snnlearn.verdict.table import markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

metrics = read_metrics(Path(file) for file in snakemake.input)
verdict = judge(listed(snakemake.params.job["studies"]), metrics)
write_table(verdict, Path(snakemake.output.table))
write_text(Path(snakemake.output.markdown), markdown(verdict, snakemake.params.job["differs"]))
job.end(snakemake)
