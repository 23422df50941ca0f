"""Runs that claims are held against: without learning, for example."""

from typing import Any

from snnlearn.experiments import Experiment
from snnlearn.settings.documentation import plain
from snnlearn.studies import Cell, Study, with_changes

#: What the name of a study of controls begins with, before that of its experiment.
STUDY = "controls-"


def study(experiment: Experiment[Any], own: Cell) -> Study:
    """The study of an experiment's controls: a cell for each, with the seeds of its own runs.

    Parameters
    ----------
    experiment : Experiment
        The experiment, with ``CONTROLS``.
    own : Cell
        Its own runs.

    Returns
    -------
    Study
        Of which the metrics only are kept.
    """
    name, base = STUDY + experiment.name, plain(own.parameters)
    cells = [
        Cell(
            name,
            experiment.name,
            control,
            experiment.Parameters(**with_changes(base, changes)),
            own.seeds,
            own.seeds_per_job,
            traces=False,
        )
        for control, changes in experiment.controls.items()
    ]
    return Study(name, experiment.name, cells, generated=True)
