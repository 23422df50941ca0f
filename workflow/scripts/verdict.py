from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.experiment import registry
from snnlearn.results import read_metrics
from snnlearn.verdict import judge
from snnlearn.verdict.table import markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

claims = [(name, claim) for name, experiment in registry().items() for claim in experiment.CLAIMS]
verdict = judge(claims, read_metrics([Path(snakemake.input.metrics)]))
verdict.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(verdict), encoding="utf-8")
