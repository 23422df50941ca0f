"""Run an experiment, and measure what came out."""

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import pandas as pd

from snnlearn.experiments import Experiment, Files
from snnlearn.jobs.progress import Progress
from snnlearn.results import DEFAULT_VARIANT, METRIC_COLUMNS

logger = logging.getLogger(__name__)


def simulate_batch(
    name: str,
    experiment: Experiment[Any],
    parameters: Any,
    seeds: Sequence[int],
    **inputs: Files,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate and measure several seeds.

    Each seed's result is independent of the others in its batch.

    Parameters
    ----------
    name : str
        Name of the experiment.
    experiment : module
        The experiment.
    parameters : data class
        Its parameters.
    seeds : sequence of int
        The seeds.
    **inputs : pathlib.Path or sequence of pathlib.Path
        The files that the experiment takes: one, or one for each seed.

    Returns
    -------
    traces, metrics : pandas.DataFrame
        As the module documents.
    """
    traces: list[pd.DataFrame] = []
    metrics: list[dict[str, Any]] = []
    started, progress = perf_counter(), Progress(logger)
    runs = experiment.simulate(parameters, seeds, **inputs)
    for number, (seed, run) in enumerate(zip(seeds, runs, strict=True), start=1):
        if "variant" not in run:
            run["variant"] = pd.Categorical([DEFAULT_VARIANT] * len(run))
        run.insert(0, "seed", seed)
        traces.append(run)
        metrics.extend(
            {
                "experiment": name,
                "variant": run["variant"].iloc[0],
                "seed": seed,
                "metric": metric,
                "value": measured.value,
                "unit": measured.unit,
            }
            for metric, measured in experiment.measure(run, parameters).items()
        )
        progress.tell(
            number / len(seeds),
            "%s: seed %d (%d of %d) done after %.1f s",
            *(name, seed, number, len(seeds), perf_counter() - started),
            always=True,
        )
    return pd.concat(traces, ignore_index=True), pd.DataFrame(metrics, columns=METRIC_COLUMNS)
