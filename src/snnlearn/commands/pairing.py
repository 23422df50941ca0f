"""Pair the metrics of two sets of results by seed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from snnlearn.statistics import mean_interval

#: What a metric is of: its study and cell, experiment and variant.
OF = ["study", "cell", "experiment", "variant"]

#: What a number is of, but for its seed.
KEYS = [*OF, "metric", "unit"]


@dataclass(frozen=True)
class Paired:
    """Two sets of results, paired.

    Attributes
    ----------
    metrics : pandas.DataFrame
        One row a metric that is in both: what it is of (:data:`KEYS`), ``n`` pairs in which both
        are defined, the means ``results`` and ``other`` over these, the mean ``difference`` (other
        less results), and ``low`` and ``high``, its Student's 95 % interval (NaN where there are
        too few pairs, or all differ by the same).
    seeds : pandas.DataFrame
        One row for what is in both (:data:`OF`): how many seeds are ``paired``, and how many are
        left out, as they are in ``results_only`` or in ``other_only``.
    results_only, other_only : list of tuple
        The metrics, as in :data:`KEYS`, that are in one alone.
    """

    metrics: pd.DataFrame
    seeds: pd.DataFrame
    results_only: list[tuple[str, ...]]
    other_only: list[tuple[str, ...]]


def paired(results: pd.DataFrame, other: pd.DataFrame) -> Paired:
    """Pair two tables of metrics.

    Parameters
    ----------
    results, other : pandas.DataFrame
        The columns of ``metrics.csv``, with ``study`` and ``cell``.

    Returns
    -------
    Paired
        In the order of the results.
    """
    both = results.merge(other, on=[*KEYS, "seed"], suffixes=("_results", "_other"))
    rows = []
    for key, of_metric in both.groupby(KEYS, sort=False):
        values = of_metric[["value_results", "value_other"]].dropna().to_numpy()
        differences = values[:, 1] - values[:, 0]
        means = [*values.mean(axis=0), differences.mean()] if len(values) else [np.nan] * 3
        rows.append((*key, len(values), *means, *mean_interval(differences)))
    measured = ["n", "results", "other", "difference", "low", "high"]
    return Paired(
        pd.DataFrame(rows, columns=[*KEYS, *measured]),
        _seeds(results, other),
        _only(results, other),
        _only(other, results),
    )


def _seeds(results: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """How many seeds are paired, and how many are in one alone, of what is in both."""
    runs = [table[[*OF, "seed"]].drop_duplicates() for table in (results, other)]
    joined = runs[0].merge(runs[1], how="outer", on=[*OF, "seed"], indicator="where", sort=False)
    rows = []
    for key, of_both in joined.groupby(OF, sort=False):
        n = of_both["where"].value_counts()
        if all(n["both"] + n[f"{side}_only"] for side in ("left", "right")):
            rows.append((*key, *(n[f"{where}"] for where in ("both", "left_only", "right_only"))))
    return pd.DataFrame(rows, columns=[*OF, "paired", "results_only", "other_only"])


def _only(one: pd.DataFrame, other: pd.DataFrame) -> list[tuple[str, ...]]:
    """The metrics of one table that the other lacks, in any seed."""
    there = set(other[KEYS].itertuples(index=False, name=None))
    found = one[KEYS].drop_duplicates().itertuples(index=False, name=None)
    return [key for key in found if key not in there]
