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

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

METRIC_COLUMNS = ["experiment", "variant", "seed", "metric", "value", "unit"]

#: The variant of an experiment that has only one.
DEFAULT_VARIANT = "default"


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
