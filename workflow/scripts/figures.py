import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.figures import GIVEN, FigureSettings, described, over_cells, style
from snnlearn.results import read_metrics

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.log_to(snakemake.log[0])

study = snakemake.params.job
settings = FigureSettings(**study["settings"])
style.apply(settings)
experiment, parameters = job.experiment_of(study)
given = {"settings": settings, "parameters": parameters}
given |= job.files(snakemake.input, {*GIVEN, *experiment.inputs} - given.keys())

folder = Path(snakemake.output[0]).parent
for name, caption in study["captions"].items():
    if study["own"]:
        module = importlib.import_module(f"snnlearn.figures.{study['experiment']}")
        asked_for = described(study["experiment"]).drawn_from[name]
        figure = getattr(module, name)(**{key: given[key] for key in asked_for})
    else:
        metrics = read_metrics([Path(snakemake.input.metrics)])
        figure = over_cells.draw(metrics, study["study"], study["axes"], name, settings)
    style.save(figure, folder / f"{name}.png", folder / f"{name}.svg", settings)
    (folder / f"{name}.rst").write_text(caption + "\n", encoding="utf-8")
