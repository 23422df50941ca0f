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

import numpy as np
import pandas as pd

from snnlearn.data.files import replacing

METRIC_COLUMNS = ["experiment", "variant", "seed", "metric", "value", "unit"]

#: The folder of a study for what there is of it while a job has failed.
PARTIAL = "partial"

#: Columns that are texts, whatever they look like: a unit may be 1, a cell 3.
TEXTS = dict.fromkeys(("experiment", "variant", "metric", "unit", "study", "cell", "point"), str)

#: The variant of an experiment that has only one.
DEFAULT_VARIANT = "default"


class TableError(ValueError):
    """A file is not the table of results that it should be."""


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table all at once, as CSV or Parquet: its file's name says which."""
    with replacing(path) as partial:
        if path.suffix == ".csv":
            table.to_csv(partial, index=False)
        else:
            table.to_parquet(partial, index=False)


#: An experiment, and numbers of runs.
Runs = tuple[str, Sequence[int]]


def read_metrics(paths: Iterable[Path], runs: Iterable[Runs] | None = None) -> pd.DataFrame:
    """Read metric tables and join them in a fixed order: by experiment, variant and seed.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        The tables.
    runs : iterable of (str, sequence of int), optional
        For each table the experiment that it is of, and the seeds that it must have. All runs of
        an experiment must have the same metrics then.

    Returns
    -------
    pandas.DataFrame
        Their rows.

    Raises
    ------
    TableError
        If one of them is no such table, or is of other runs; the message names it.
    """
    paths = list(paths)
    tables = [_read_metrics(path) for path in paths]
    if runs is not None:
        like: dict[str, list[tuple[str, str]]] = {}
        for path, table, (experiment, seeds) in zip(paths, tables, runs, strict=True):
            if more := [str(name) for name in table if name not in METRIC_COLUMNS]:
                raise _no_table(path, f"it has the columns {', '.join(more)}, too")
            for _, run in table.groupby("seed"):
                named = [*zip(run["metric"], run["unit"], strict=True)]
                if len({*run["variant"]}) > 1 or like.setdefault(experiment, named) != named:
                    raise _no_table(path, "its runs have not all the same metrics and units")
            if others := set(table["experiment"]) - {experiment}:
                raise _no_table(path, f"it is of {', '.join(sorted(others))}, not of {experiment}")
            if found := set(table["seed"]) ^ set(seeds):
                raise _other_runs(path, found)
    joined = pd.concat(tables, ignore_index=True)
    return joined.sort_values(["experiment", "variant", "seed"], kind="stable", ignore_index=True)


def _read_metrics(path: Path) -> pd.DataFrame:
    # Only a value can be missing: a point may be called "null" or "NA".
    undefined: dict[str, Any] = {"keep_default_na": False, "na_values": {"value": [""]}}
    try:
        table = pd.read_csv(path, dtype=TEXTS, **undefined)
    except (ValueError, UnicodeError) as error:  # pandas' own errors are of the first kind
        raise _no_table(path, f"it cannot be read: {error}") from error
    if missing := [name for name in METRIC_COLUMNS if name not in table]:
        raise _no_table(path, f"it lacks the columns {', '.join(missing)}")
    if not isinstance(table.index, pd.RangeIndex):  # what pandas makes of more fields
        raise _no_table(path, "its rows are longer than its heading")
    if table.empty:
        raise _no_table(path, "it has no rows")
    if not _whole_seeds(table):
        raise _no_table(path, "a seed in it is no whole number")
    if not pd.api.types.is_numeric_dtype(table["value"]) or np.isinf(table["value"]).any():
        raise _no_table(path, "a value in it is no finite number")
    for name in ("experiment", "variant", "metric"):
        if (table[name] == "").any():
            raise _no_table(path, f"a row of it has no {name}")
    cell = [name for name in ("study", "cell") if name in table]
    if table.duplicated([*cell, "experiment", "variant", "seed", "metric"]).any():
        raise _no_table(path, "it has a metric of a seed twice")
    return table


def _whole_seeds(table: pd.DataFrame) -> bool:
    return "seed" in table and pd.api.types.is_integer_dtype(table["seed"])


def _no_table(path: Path, why: str) -> TableError:
    return TableError(
        f"{path} is not as a job has left it: {why}. Remove it, and run again: it is made anew."
    )


def _other_runs(path: Path, seeds: Iterable[int]) -> TableError:
    return _no_table(path, f"it lacks, or should not have, the seeds {sorted(map(int, seeds))}")


def read_traces(paths: Iterable[Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Read the traces of all batches, or some of their columns.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        The batches.
    columns : list of str, optional
        Which columns (default: all).

    Returns
    -------
    pandas.DataFrame
        Their rows.

    Raises
    ------
    TableError
        If one of them is no such table; the message names it.
    """
    return pd.concat([read_table(path, columns) for path in paths], ignore_index=True)


def read_table(
    path: Path, columns: list[str] | None = None, seeds: Iterable[int] | None = None
) -> pd.DataFrame:
    """Read a Parquet file of traces or of a close-up, or some of its columns.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    columns : list of str, optional
        Which columns (default: all).
    seeds : iterable of int, optional
        The numbers of the runs that it must have.

    Returns
    -------
    pandas.DataFrame
        The table.

    Raises
    ------
    TableError
        If it is none, or lacks a column, or is of other runs, or has an infinite time; the
        message names it. What a simulation gave may have grown beyond all bounds.
    """
    try:
        table = pd.read_parquet(path, columns=columns)
    except (ValueError, OSError) as error:  # Arrow's own errors are of these kinds
        if isinstance(error, FileNotFoundError):
            raise
        raise _no_table(path, str(error)) from error
    if table.empty:
        raise _no_table(path, "it has no rows")
    if (seeds is not None or "seed" in table) and not _whole_seeds(table):
        raise _no_table(path, "its seeds are no whole numbers")
    if "time" in table and np.isinf(table["time"]).any():
        raise _no_table(path, "a time in it is infinite")
    if seeds is not None and (others := set(table["seed"]) ^ set(seeds)):
        raise _other_runs(path, others)
    return table


def seeds_of(batch: Path) -> list[int]:
    """The seeds of a batch of traces."""
    return [int(seed) for seed in read_table(batch, ["seed"])["seed"].unique()]


def study_metrics(
    study: str,
    cells: Sequence[Mapping[str, Any]],
    batches: Sequence[Path],
    sources: Mapping[int, Mapping[str, int]],
    runs: Sequence[Runs] | None = None,
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
    runs : sequence of (str, sequence of int), optional
        What each of the batches must be of, as in :func:`read_metrics`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``metrics.csv``, then ``study``, ``cell``, one for each swept key, and, where
        the seeds are a design, ``seed of <source>``.
    """
    parts, start = [], 0
    for cell in cells:
        own = slice(start, start + cell["batches"])
        start = own.stop
        of_cell = read_metrics(batches[own], runs and runs[own])
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
