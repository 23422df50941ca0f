"""Run an experiment for some seeds, and measure what came out."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, TypeVar

import pandas as pd

from snnlearn.experiments import Experiment, Files
from snnlearn.jobs.progress import Progress
from snnlearn.results import DEFAULT_VARIANT, METRIC_COLUMNS, TableError
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
        One number a row, as :mod:`snnlearn.results` documents it. What is infinite is not defined;
        what is not, the log names.

    Raises
    ------
    TableError
        If the traces lack a column that is measured.
    """
    rows: list[dict[str, Any]] = []
    for run in runs:
        variant, seed = run["variant"].iloc[0], run["seed"].iloc[0]
        try:
            measured = experiment.measure(run, parameters)
        except KeyError as error:
            lacking = f"the traces of seed {seed} lack {error}, which {experiment.name} measures"
            raise TableError(lacking) from error
        if beyond := [name for name, found in measured.items() if math.isinf(found.value)]:
            told = "seed %s has grown beyond all bounds, and does not define %s"
            logger.warning(f"%s: {told}", experiment.name, seed, ", ".join(beyond))
        rows += [
            {
                "experiment": experiment.name,
                "variant": variant,
                "seed": seed,
                "metric": name,
                "value": math.nan if name in beyond else found.value,
                "unit": found.unit,
            }
            for name, found in measured.items()
        ]
    table = pd.DataFrame(rows, columns=METRIC_COLUMNS)
    undefined = table["metric"][table["value"].isna()].value_counts(sort=False)
    if len(undefined):
        told = ", ".join(f"{name} ({n})" for name, n in undefined.items())
        n_runs = table["seed"].nunique()
        logger.info("%s: what so many of %d runs do not define: %s", experiment.name, n_runs, told)
    return table


def runs_in(traces: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The traces of each run in a table of several."""
    for _, run in traces.groupby("seed", sort=False):
        yield run.reset_index(drop=True)
