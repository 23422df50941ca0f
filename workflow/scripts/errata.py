from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.published import slips
from snnlearn.registry import names
from snnlearn.results import read_metrics
from snnlearn.verdict.errata import markdown, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

metrics = read_metrics(Path(file) for file in snakemake.input.metrics)
errata = table({name: slips(name) for name in names()}, metrics)
errata.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(errata), encoding="utf-8")
