"""Run an experiment for some seeds, and measure what came out."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, TypeVar

import pandas as pd

from snnlearn.experiments import Experiment, Files
from snnlearn.jobs.progress import Progress
from snnlearn.results import DEFAULT_VARIANT, METRIC_COLUMNS
from snnlearn.seeding import Seed

logger = logging.getLogger(__name__)

P = TypeVar("P")


def simulate(
    experiment: Experiment[P], parameters: P, seeds: Mapping[int, Seed], **inputs: Files
) -> Iterator[pd.DataFrame]:
    """Simulate some runs, and tell how far it is.

    What a run gives is independent of the others.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    parameters : data class
        Its parameters.
    seeds : mapping of int to Seed
        The seed of each run by the run's number.
    **inputs : pathlib.Path or sequence of pathlib.Path
        The files that the experiment takes: one, or one for each seed.

    Yields
    ------
    pandas.DataFrame
        The traces of each run, as :mod:`snnlearn.results` documents them.
    """
    started, progress = perf_counter(), Progress(logger)
    runs = experiment.simulate(parameters, list(seeds.values()), **inputs)
    for done, (number, run) in enumerate(zip(seeds, runs, strict=True), start=1):
        if "variant" not in run:
            run["variant"] = pd.Categorical([DEFAULT_VARIANT] * len(run))
        run.insert(0, "seed", number)
        progress.tell(
            done / len(seeds),
            "%s: seed %d (%d of %d) done after %.1f s",
            *(experiment.name, number, done, len(seeds), perf_counter() - started),
            always=True,
        )
        yield run


def measure(experiment: Experiment[P], parameters: P, runs: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Measure some runs.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    parameters : data class
        What was simulated.
    runs : iterable of pandas.DataFrame
        The traces of each run, from :func:`simulate` or :func:`runs_in`.

    Returns
    -------
    pandas.DataFrame
        One number a row, as :mod:`snnlearn.results` documents it.
    """
    rows: list[dict[str, Any]] = [
        {
            "experiment": experiment.name,
            "variant": run["variant"].iloc[0],
            "seed": run["seed"].iloc[0],
            "metric": metric,
            "value": measured.value,
            "unit": measured.unit,
        }
        for run in runs
        for metric, measured in experiment.measure(run, parameters).items()
    ]
    return pd.DataFrame(rows, columns=METRIC_COLUMNS)


def runs_in(traces: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The traces of each run in a table of several."""
    for _, run in traces.groupby("seed", sort=False):
        yield run.reset_index(drop=True)
