"""Decompose the variance of a metric between runs into what its sources contribute.

Runs come in blocks: two seeds of each source in every combination. Within a block each source is
a random factor, all are crossed, and there is one run for each combination. The mean squares of
the analysis of variance, solved for the variances that they are expected to be sums of, give an
unbiased estimate of every variance component. It may come out below zero where the component is
small; nothing is cut off, so that means over blocks stay unbiased.

References
----------
S. R. Searle, G. Casella and C. E. McCulloch (1992), *Variance Components*, Wiley, chapter 4: the
ANOVA estimator for balanced data, with random factors.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from snnlearn.experiments import Experiment
from snnlearn.results import DEFAULT_VARIANT
from snnlearn.statistics import ratio_interval
from snnlearn.studies import BASE, LEVELS, Cell, Study, design
from snnlearn.verdict.markdown import number, table, with_interval, with_unit

#: What the name of a study of variance begins with, before that of its experiment.
STUDY = "variance-"

#: What is left beside the sources alone.
INTERACTIONS = "interactions"

COLUMNS = [
    "experiment", "variant", "metric", "unit", "source", "share", "ci_low", "ci_high",
    "standard_deviation", "runs",
]  # fmt: skip


def study(
    experiment: Experiment[Any],
    parameters: Any,
    blocks: int,
    metrics: tuple[str, ...],
    seeds_per_job: int,
) -> Study:
    """The study in which each source of randomness of an experiment is varied alone.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    parameters : data class
        Its parameters.
    blocks : int
        How many blocks of runs.
    metrics : tuple of str
        The metrics whose variance is decomposed.
    seeds_per_job : int
        How many runs one job simulates.

    Returns
    -------
    Study
        With one cell, of which the metrics only are kept.
    """
    name, sources = STUDY + experiment.name, experiment.random_sources
    runs = design(sources, blocks)
    cell = Cell(name, experiment.name, BASE, parameters, runs, seeds_per_job, traces=False)
    return Study(name, experiment.name, [cell], metrics=metrics, generated=True, sources=sources)


def components(values: np.ndarray) -> dict[tuple[int, ...], float]:
    """Variance components of one block.

    Parameters
    ----------
    values : numpy.ndarray, shape (levels, ..., levels)
        One number for each combination; each axis is a factor.

    Returns
    -------
    dict of tuple of int to float
        For every set of axes, the variance that is due to their combination alone.
    """
    n, axes = len(values), range(values.ndim)
    subsets = [subset for size in axes for subset in combinations(axes, size + 1)]

    def mean_over_others(kept: tuple[int, ...]) -> np.ndarray:
        others = tuple(axis for axis in axes if axis not in kept)
        return values.mean(axis=others, keepdims=True)

    def mean_square(subset: tuple[int, ...]) -> float:
        effect = sum(
            (-1) ** (len(subset) - size) * mean_over_others(kept)
            for size in range(len(subset) + 1)
            for kept in combinations(subset, size)
        )
        others = n ** (values.ndim - len(subset))
        return float(others * np.square(effect).sum() / (n - 1) ** len(subset))

    found: dict[tuple[int, ...], float] = {}
    # A mean square is expected to be the sum, over all sets that contain its own, of n to the
    # number of axes outside such a set, times that set's component.
    for subset in reversed(subsets):
        larger = sum(
            n ** (values.ndim - len(other)) * component
            for other, component in found.items()
            if set(subset) < set(other)
        )
        found[subset] = (mean_square(subset) - larger) / n ** (values.ndim - len(subset))
    return found


def decompose(
    name: str, sources: Sequence[str], metrics: Sequence[str], runs: pd.DataFrame
) -> pd.DataFrame:
    """Decompose the variance of every metric of an experiment.

    Parameters
    ----------
    name : str
        The experiment.
    sources : sequence of str
        Its sources of randomness, in the order of the design.
    metrics : sequence of str
        The metrics to decompose.
    runs : pandas.DataFrame
        The metrics of its study: ``seed`` (the number of the run, from which its block and the
        seed of each source follow), ``variant``, ``metric``, ``value``, ``unit``. Blocks in which a
        run does not define the metric are left out.

    Returns
    -------
    pandas.DataFrame
        One row for each metric and source, and for the interactions of the sources together:

        ======================= ==================================================================
        ``experiment``          name
        ``variant``             as in ``metrics.csv``
        ``metric``, ``unit``    as in ``metrics.csv``
        ``source``              the source of randomness, or ``interactions``
        ``share``               its share of the variance between runs; empty where there is none
        ``ci_low, ci_high``     95 % interval over blocks; empty for fewer than five
        ``standard_deviation``  of the metric between runs, all sources together
        ``runs``                runs it was found with
        ======================= ==================================================================

    Raises
    ------
    ValueError
        If there is no such metric; the message lists those that there are.
    """
    unknown = [metric for metric in metrics if metric not in set(runs["metric"])]
    if unknown:
        raise ValueError(
            f"config: variance.{name}.metrics: there is no metric {', '.join(unknown)}; "
            f"there are {', '.join(dict.fromkeys(runs['metric']))}"
        )
    rows = []
    runs = runs[runs["metric"].isin(metrics)].sort_values("seed")
    runs = runs.assign(
        block=runs["seed"] // LEVELS ** len(sources),
        metric=pd.Categorical(runs["metric"], pd.Index(metrics)),
    )
    for (metric, variant, unit), of_metric in runs.groupby(
        ["metric", "variant", "unit"], observed=True
    ):
        blocks = [
            components(block["value"].to_numpy().reshape([LEVELS] * len(sources)))
            for _, block in of_metric.groupby("block")
            if block["value"].notna().all()
        ]
        parts = {
            source: np.array([block[(axis,)] for block in blocks])
            for axis, source in enumerate(sources)
        }
        total = np.array([sum(block.values()) for block in blocks])
        parts[INTERACTIONS] = total - sum(parts.values())
        variance = float(total.mean()) if blocks else float("nan")
        for source, part in parts.items():
            share = float(part.mean()) / variance if variance > 0 else float("nan")
            low, high = ratio_interval(part, total) if variance > 0 else (float("nan"),) * 2
            rows.append(
                {
                    "experiment": name,
                    "variant": variant,
                    "metric": metric,
                    "unit": unit,
                    "source": source,
                    "share": share,
                    "ci_low": low,
                    "ci_high": high,
                    "standard_deviation": np.sqrt(max(variance, 0.0)),
                    "runs": len(blocks) * LEVELS ** len(sources),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def markdown(variance: pd.DataFrame) -> str:
    """Write the table of :func:`decompose` as a page."""
    headings = ("metric", "standard deviation", "source", "share of the variance", "runs")
    rows = [
        (
            f"`{row['experiment']}.{row['metric']}`"
            + ("" if row["variant"] == DEFAULT_VARIANT else f" ({row['variant']})"),
            with_unit(number(row["standard_deviation"]), row["unit"]),
            str(row["source"]),
            with_interval(row["share"], row["ci_low"], row["ci_high"]),
            str(row["runs"]),
        )
        for _, row in variance.iterrows()
    ]
    about = (
        "How much of the variance between runs is due to which source of randomness, with 95 % "
        "intervals. Estimates are unbiased, so a small share may come out below 0."
    )
    return "\n".join(["# Variance", "", about, "", *table(headings, rows)]) + "\n"
