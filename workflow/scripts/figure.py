import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.registry import load
from snnlearn.figures import FigureSettings, style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

settings = FigureSettings(**snakemake.params.settings)
style.apply(settings)
module = importlib.import_module(f"snnlearn.figures.{snakemake.wildcards.experiment}")
draw = getattr(module, snakemake.wildcards.figure)
experiment = load(snakemake.wildcards.experiment)
given = job.files(snakemake.input) | {
    "settings": settings,
    "parameters": experiment.Parameters(**snakemake.params.parameters),
}
# A figure names what it is drawn from; there may be more.
names = inspect.signature(draw).parameters
figure = draw(**{name: value for name, value in given.items() if name in names})
style.save(figure, Path(snakemake.output.png), Path(snakemake.output.svg), settings)
