import json
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.data.files import write_text
from snnlearn.report.overview import overview

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

tables = {
    name: pd.read_csv(file, dtype={"unit": str})
    for name, file in snakemake.input.items()
    if name in ("verdict", "errata", "variance")
}
page = overview(
    provenance=json.loads(Path(snakemake.input.provenance).read_text()),
    titles=snakemake.params.job["titles"],
    **tables,
)
write_text(Path(snakemake.output[0]), page)
job.end(snakemake)
