import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.figures import Settings, style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

settings = Settings(**snakemake.params.settings)
style.apply(settings)
module = importlib.import_module(f"snnlearn.figures.{snakemake.wildcards.experiment}")
draw = getattr(module, snakemake.wildcards.figure)
inputs = {
    name: Path(files) if isinstance(files, str) else [Path(file) for file in files]
    for name, files in snakemake.input.items()
    if name not in ("runs", "code")
}
figure = draw([Path(batch) for batch in snakemake.input.runs], settings, **inputs)
style.save(figure, Path(snakemake.output.png), Path(snakemake.output.svg), settings)
