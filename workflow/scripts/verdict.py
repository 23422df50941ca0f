from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.published import listed
from snnlearn.results import read_metrics
from snnlearn.verdict import judge
from snnlearn.verdict.table import markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

metrics = read_metrics(Path(file) for file in snakemake.input)
verdict = judge(listed(snakemake.params.job["studies"]), metrics)
verdict.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(verdict), encoding="utf-8")
