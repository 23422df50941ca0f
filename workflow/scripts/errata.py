from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.errata import markdown, table
from snnlearn.experiment import registry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

slips = [(name, slip) for name, experiment in registry().items() for slip in experiment.SLIPS]
errata = table(
    slips, pd.concat([pd.read_csv(file, dtype={"unit": str}) for file in snakemake.input.slips])
)
errata.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(errata), encoding="utf-8")
