import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import job

from snnlearn.data.files import write_text
from snnlearn.figures import GIVEN, GIVEN_OF_STUDY, FigureSettings, described, over_cells, style
from snnlearn.results import read_metrics

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

job.begin(snakemake)

study = snakemake.params.job
settings = FigureSettings(**study["settings"])
style.apply(settings)
experiment, parameters = job.experiment_of(study)
given = {"settings": settings, "parameters": parameters, "classes": study["classes"]}
given |= job.files(snakemake.input, {*GIVEN, *GIVEN_OF_STUDY, *experiment.inputs} - given.keys())
if "metrics" in given:  # of a listed study
    given["metrics"] = read_metrics([Path(given["metrics"])])
drawn_from = described(study["study"]).drawn_from

output = snakemake.output
files = zip(output.pictures, output.captions, strict=True)
for (name, caption), paths in zip(study["captions"].items(), files, strict=True):
    if name in drawn_from:
        module = importlib.import_module(f"snnlearn.figures.{study['study']}")
        figure = getattr(module, name)(**{key: given[key] for key in drawn_from[name]})
    else:
        figure = over_cells.draw(given["metrics"], study["study"], study["axes"], name, settings)
    picture, told = map(Path, paths)
    style.save(figure, picture.with_suffix(""), settings)
    write_text(told, caption + "\n")
job.end(snakemake)
