from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data.files import write_text
from snnlearn.published import slips
from snnlearn.registry import names
from snnlearn.results import read_metrics, write_table
from snnlearn.verdict.errata import markdown, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

metrics = read_metrics(Path(file) for file in snakemake.input.metrics)
errata = table({name: slips(name) for name in names()}, metrics)
write_table(errata, Path(snakemake.output.table))
write_text(Path(snakemake.output.markdown), markdown(errata))
job.end(snakemake)
