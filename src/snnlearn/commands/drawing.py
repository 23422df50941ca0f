"""Draw the figures of an experiment from runs that no workflow has kept."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.data.files import replacing
from snnlearn.experiments import Experiment, Files
from snnlearn.figures import FigureSettings, described, module_of
from snnlearn.registry import closeup_seeds
from snnlearn.results import write_table

#: Endings of the files that can be drawn.
KINDS = ("png", "svg", "pdf")


class DrawingError(ValueError):
    """Figures that cannot be drawn, and why."""


def require_drawable(experiment: Experiment[Any], place: Path) -> None:
    """Refuse to draw what has no figures, or a kind of file that there is not.

    Raises
    ------
    DrawingError
        If so; the message says what to do.
    """
    try:
        captions = described(experiment.name).captions
    except ValueError as problem:
        raise DrawingError(str(problem)) from problem
    if not captions:
        raise DrawingError(f"{experiment.name} has no figures: leave --plot out")
    if place.suffix.removeprefix(".") not in KINDS:
        raise DrawingError(f"--plot {place}: name a file that ends with .{', .'.join(KINDS)}")


def draw(
    experiment: Experiment[Any],
    parameters: Any,
    runs: Sequence[pd.DataFrame],
    inputs: Mapping[str, Files],
    folder: Path,
    place: Path,
) -> list[Path]:
    """Draw all figures of an experiment.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    parameters : data class
        Its parameters.
    runs : sequence of pandas.DataFrame
        The traces of each seed, from :func:`snnlearn.simulation.simulate`.
    inputs : mapping of str to path or list of paths
        The files that the experiment takes.
    folder : pathlib.Path
        For the tables that figures read.
    place : pathlib.Path
        What is drawn: a ``.pdf`` has a page for each figure; ``look.png`` stands for
        ``look-<figure>.png``, and so does ``look.svg``.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    from matplotlib.backends.backend_pdf import PdfPages  # slow, and seldom needed

    from snnlearn.figures import style

    settings = FigureSettings()
    style.apply(settings)
    asked = described(experiment.name).drawn_from
    traces, closeup = folder / "runs.parquet", folder / "closeup.parquet"
    write_table(pd.concat(runs, ignore_index=True), traces)
    if experiment.closeup and any("closeup" in names for names in asked.values()):
        seeds = [int(run["seed"].iloc[0]) for run in runs]
        recorded = closeup_seeds(seeds, settings.example_of(seeds))
        write_table(
            experiment.closeup(parameters, recorded, **_of(inputs, seeds, recorded)), closeup
        )
    given: dict[str, Any] = {
        **inputs,
        **{"runs": [traces], "settings": settings, "parameters": parameters},
        **{"closeup": closeup, "classes": None},
    }
    module = importlib.import_module(str(module_of(experiment.name)))
    figures = {
        name: getattr(module, name)(**{key: given[key] for key in names})
        for name, names in asked.items()
    }
    kind = place.suffix.removeprefix(".")
    if kind == "pdf":
        with replacing(place) as partial, PdfPages(partial, metadata=style.METADATA[kind]) as pages:
            for figure in figures.values():
                pages.savefig(figure)
        return [place]
    files = {name: place.with_name(f"{place.stem}-{name}{place.suffix}") for name in figures}
    for name, file in files.items():
        with replacing(file) as partial:
            figures[name].savefig(
                partial, format=kind, dpi=settings.dpi, metadata=style.METADATA[kind]
            )
    return list(files.values())


def _of(
    inputs: Mapping[str, Files], seeds: Sequence[int], recorded: Sequence[int]
) -> dict[str, Files]:
    """The inputs of some of the seeds: those that are a file for each seed are fewer then."""
    return {
        name: given if isinstance(given, Path) else [given[seeds.index(seed)] for seed in recorded]
        for name, given in inputs.items()
    }
