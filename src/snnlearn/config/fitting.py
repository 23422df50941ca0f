"""Whether what is configured fits the machine that it is to run on."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnlearn.data.files import nearest_folder
from snnlearn.experiments import Experiment
from snnlearn.studies import Cell, Study

#: Estimates are rough: what is refused takes so many times of what there is.
CERTAINLY = 2

#: Core seconds for which nobody waits: a thousand days.
LONGEST = 1000 * 24 * 3600.0


def memory_mb() -> float:
    """Megabytes of memory that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6


def disk_mb(folder: Path) -> float:
    """Megabytes of the disk that a folder is on, or will be."""
    return shutil.disk_usage(nearest_folder(folder)).total / 1e6


def too_large(
    studies: Mapping[str, Study],
    experiments: Mapping[str, Experiment[Any]],
    *,
    memory: float,
    disk: float,
) -> list[str]:
    """What cannot fit, in a line for each study.

    Parameters
    ----------
    studies : mapping of str to Study
        The studies of a configuration.
    experiments : mapping of str to Experiment
        Their experiments, which say what they take.
    memory, disk : float
        Megabytes that there are.

    Returns
    -------
    list of str
        Empty where nothing is certain not to fit.
    """
    found = []
    for study in studies.values():
        needed = [_needed(cell, experiments[cell.experiment]) for cell in study.cells]
        problems = []
        if (most := max(of[0] for of in needed)) > CERTAINLY * memory:
            problems.append(
                f"{_gigabytes(most)} of memory for one job, and there are {_gigabytes(memory)}"
            )
        if (kept := sum(of[1] for of in needed)) > CERTAINLY * disk:
            problems.append(f"{_gigabytes(kept)} on the disk, which holds {_gigabytes(disk)}")
        if (longest := max(of[2] for of in needed)) > LONGEST:
            problems.append(f"{longest / 3600 / 24 / 365:.2g} years for one seed")
        if problems:
            found.append(f"{study.name} would take {'; '.join(problems)}")
    return found


def _needed(cell: Cell, experiment: Experiment[Any]) -> tuple[float, float, float]:
    """Megabytes of memory and of disk, and the core seconds of a seed, that a cell takes."""
    takes = experiment.resources(cell.parameters)
    kept = takes.trace_mb * len(cell.seeds) if cell.traces and not cell.traces_of else 0.0
    return takes.memory_mb, kept, takes.seconds


def _gigabytes(megabytes: float) -> str:
    return f"{megabytes / 1000:,.0f} GB"
