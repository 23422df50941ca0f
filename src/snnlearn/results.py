"""The tables in which results are kept.

Traces: ``results/<experiment>/runs/batch-<k>.parquet``, wide: one row per seed and time step
(or current, or image), with the columns that the experiment's ``simulate`` documents, and

=========== ================================================================================
``seed``    the run's seed
``variant`` ``default``, or for ``mnist`` the origin of the parameters and the data set
``time``    seconds (where there is time); all other columns are dimensionless but for
            ``hard_rate`` and ``soft_rate``, which are in hertz, and ``decay_rate_theory``, in
            1/s
=========== ================================================================================

Close-up: ``results/<experiment>/closeup.parquet``, what a few seeds are recorded of in detail, with
``seed`` and the columns that the experiment's ``closeup`` documents, if it has one.

Metrics: ``results/metrics.csv``, tidy, one number a row: ``experiment``, ``variant``, ``seed``,
``metric``, ``value``, ``unit``. A value is empty where the run does not define it.
"""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from snnlearn.experiment import Experiment
from snnlearn.progress import Progress

logger = logging.getLogger(__name__)

METRIC_COLUMNS = ["experiment", "variant", "seed", "metric", "value", "unit"]

#: The variant of an experiment that has only one.
DEFAULT_VARIANT = "default"


def simulate_batch(
    name: str,
    experiment: Experiment,
    parameters: Any,
    seeds: Sequence[int],
    **inputs: Path | Sequence[Path],
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


def read_metrics(paths: Iterable[Path]) -> pd.DataFrame:
    """Read metric tables and join them in a fixed order: by experiment, variant and seed."""
    joined = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    return joined.sort_values(["experiment", "variant", "seed"], kind="stable", ignore_index=True)


def read_traces(paths: Iterable[Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Read the traces of all batches, or some of their columns."""
    return pd.concat([pd.read_parquet(path, columns=columns) for path in paths], ignore_index=True)


def seeds_of(batch: Path) -> list[int]:
    """The seeds of a batch of traces."""
    return [int(seed) for seed in pd.read_parquet(batch, columns=["seed"])["seed"].unique()]
