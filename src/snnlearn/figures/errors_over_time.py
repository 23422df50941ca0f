"""Errors of differently trained networks, over the time for which an image is shown."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from snnlearn.experiments.latency import MOMENTS
from snnlearn.statistics import mean_interval

#: Ticks of errors, as shares.
TICKS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


def by_moment(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A metric of :mod:`snnlearn.experiments.latency` at each of its moments.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The metrics of one cell.
    metric : str
        What stands before the moment in the metric's name.

    Returns
    -------
    pandas.DataFrame
        One row a seed, one column for each moment that was measured, in ms.
    """
    table = metrics.pivot(index="seed", columns="metric", values="value")
    names = {moment: f"{metric}_{moment}ms" for moment in MOMENTS}
    return pd.DataFrame(
        {moment: table[name] for moment, name in names.items() if name in table.columns}
    )


def draw(axes: Axes, values: pd.DataFrame, **line: object) -> None:
    """Draw the mean over seeds at each moment, with its 95 % interval as bars.

    The first step is left out: no spike has come to the read-out then.
    """
    values = values.drop(columns=[1])
    intervals = np.array([mean_interval(of.to_numpy()) for _, of in values.items()]).T
    mean = values.mean().to_numpy()
    axes.errorbar(
        values.columns.to_numpy(float),
        mean,
        yerr=np.abs(intervals - mean),
        marker="o",
        markersize=2.5,
        capsize=1.5,
        **line,  # type: ignore[arg-type]
    )
    axes.set(xscale="log", xlabel="Time (ms)")
    axes.set_xticks(values.columns, [f"{moment:g}" for moment in values.columns])
    axes.minorticks_off()


def means_of(metrics: pd.DataFrame) -> str:
    """Say what dots and bars are."""
    n = metrics["seed"].nunique()
    return f"mean of {n} networks; bars: 95 % interval" if n > 1 else "1 network"


def as_shares(axes: Axes) -> None:
    """Write errors in percent along a logarithmic axis."""
    axes.set(yscale="log", ylabel="Errors (%)")
    low, high = axes.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.set_yticks(ticks, [f"{100 * tick:g}" for tick in ticks])
    axes.yaxis.set_minor_formatter("")


def as_points(axes: Axes) -> None:
    """Write differences between shares in percentage points."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
