import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import job
import pandas as pd

from snnlearn.verdict.variance import COLUMNS, decompose, markdown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

parts = [pd.DataFrame(columns=COLUMNS)]
for name, file in zip(snakemake.params.experiments, snakemake.input.runs, strict=True):
    sources = list(importlib.import_module(f"snnlearn.variance.{name}").SOURCES)
    parts.append(decompose(name, sources, pd.read_csv(file, dtype={"unit": str})))
variance = pd.concat(parts, ignore_index=True)
variance.to_csv(snakemake.output.table, index=False)
Path(snakemake.output.markdown).write_text(markdown(variance), encoding="utf-8")
