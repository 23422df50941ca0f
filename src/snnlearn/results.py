"""The tables in which results are kept.

Traces: ``results/<experiment>/runs/batch-<k>.parquet``, wide: one row per seed and time step
(or current, or image), with the columns that the experiment's ``simulate`` documents, and

=========== ================================================================================
``seed``    the run's seed
``variant`` ``default``, or the origin of trained parameters and the data set
``time``    seconds (where there is time); all other columns are dimensionless but for
            ``hard_rate`` and ``soft_rate``, which are in hertz, and ``decay_rate_theory``, in
            1/s
=========== ================================================================================

Close-up: ``results/<experiment>/closeup.parquet``, what a few seeds are recorded of in detail, with
``seed`` and the columns that the experiment's ``closeup`` documents, if it has one.

Metrics: ``results/metrics.csv``, tidy, one number a row: ``experiment``, ``variant``, ``seed``,
``metric``, ``value``, ``unit``. A value is empty where the run does not define it.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

METRIC_COLUMNS = ["experiment", "variant", "seed", "metric", "value", "unit"]

#: The folder of a study for what there is of it while a job has failed.
PARTIAL = "partial"

#: Columns that are texts, whatever they look like: a unit may be 1, a cell 3.
TEXTS = dict.fromkeys(("experiment", "variant", "metric", "unit", "study", "cell", "point"), str)

#: The variant of an experiment that has only one.
DEFAULT_VARIANT = "default"


def read_metrics(paths: Iterable[Path]) -> pd.DataFrame:
    """Read metric tables and join them in a fixed order: by experiment, variant and seed."""
    # Only a value can be missing: a point may be called "null" or "NA".
    missing: dict[str, Any] = {"keep_default_na": False, "na_values": {"value": [""]}}
    tables = [pd.read_csv(path, dtype=TEXTS, **missing) for path in paths]
    joined = pd.concat(tables, ignore_index=True)
    return joined.sort_values(["experiment", "variant", "seed"], kind="stable", ignore_index=True)


def read_traces(paths: Iterable[Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Read the traces of all batches, or some of their columns."""
    return pd.concat([pd.read_parquet(path, columns=columns) for path in paths], ignore_index=True)


def seeds_of(batch: Path) -> list[int]:
    """The seeds of a batch of traces."""
    return [int(seed) for seed in pd.read_parquet(batch, columns=["seed"])["seed"].unique()]


def study_metrics(
    study: str,
    cells: Sequence[Mapping[str, Any]],
    batches: Sequence[Path],
    sources: Mapping[int, Mapping[str, int]],
) -> pd.DataFrame:
    """Join the metrics of all cells of a study.

    Parameters
    ----------
    study : str
        Its name.
    cells : sequence of mapping
        Of each cell its name, ``cell``, the ``values`` of the keys that the study sweeps, and how
        many ``batches`` it has.
    batches : sequence of pathlib.Path
        The metrics of all batches of the first cell, then of the second, and so on.
    sources : mapping of int to mapping
        Where the seeds are a design: the seed of each source of randomness by the run's number.

    Returns
    -------
    pandas.DataFrame
        The columns of ``metrics.csv``, then ``study``, ``cell``, one for each swept key, and, where
        the seeds are a design, ``seed of <source>``.
    """
    left, parts = iter(batches), []
    for cell in cells:
        of_cell = read_metrics(next(left) for _ in range(cell["batches"]))
        parts.append(of_cell.assign(study=study, cell=cell["cell"], **cell["values"]))
    joined = pd.concat(parts, ignore_index=True)
    of_run = pd.DataFrame.from_dict(dict(sources), orient="index").add_prefix("seed of ")
    return joined.join(of_run, on="seed")


def manifest(cells: Sequence[Mapping[str, Any]], metrics: pd.DataFrame) -> pd.DataFrame:
    """What cells a study has, and how much of each there is.

    Parameters
    ----------
    cells : sequence of mapping
        As in :func:`study_metrics`, with the ``folder`` of each within the results, and how many
        ``seeds`` it has.
    metrics : pandas.DataFrame
        What there is of them, from :func:`study_metrics`.

    Returns
    -------
    pandas.DataFrame
        One row a cell: ``cell``, one column for each swept key, ``folder``, ``seeds``, and
        ``finished``, how many of these there are.
    """
    finished = metrics.groupby("cell")["seed"].nunique()
    rows = [
        {
            "cell": cell["cell"],
            **cell["values"],
            "folder": cell["folder"],
            "seeds": cell["seeds"],
            "finished": int(finished.get(cell["cell"], 0)),
        }
        for cell in cells
    ]
    return pd.DataFrame(rows)


def remove_partial(results: Path, study: str) -> None:
    """Remove what was written of a study while it was not finished."""
    shutil.rmtree(results / study / PARTIAL, ignore_errors=True)
