from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.verdict.errata import markdown, table
from snnlearn.published import slips
from snnlearn.registry import names

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

switches = [(name, slip) for name in names() for slip in slips(name)]
errata = table(
    switches, pd.concat([pd.read_csv(file, dtype={"unit": str}) for file in snakemake.input.slips])
)
errata.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(errata), encoding="utf-8")
