from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data.files import read_text, write_text
from snnlearn.explore.page import page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

told = snakemake.params.job
parts = map(read_text, map(Path, snakemake.input.figures))
text = page(dict(zip(told["titles"], parts, strict=True)), told["differs"])
write_text(Path(snakemake.output[0]), text)
job.end(snakemake)
