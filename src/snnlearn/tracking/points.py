"""The values of a metric over time, as MLflow draws them."""

import math
from typing import NamedTuple

import pandas as pd


class Point(NamedTuple):
    """One value of a metric.

    Attributes
    ----------
    name : str
        Name of the metric.
    value : float
        Its value; what is not finite is not logged, since MLflow has no word for it.
    time : int
        When it was so, in ms since 1970 (UTC).
    step : int
        Where on the horizontal axis it stands.
    """

    name: str
    value: float
    time: int
    step: int


def spread(table: pd.DataFrame, started: int, ended: int) -> list[Point]:
    """The values of a table, indexed by step, at moments in proportion to their steps.

    What lasts 15 s for the network may take the job 2 s: the moments are those of the job.
    """
    last = max(table.index, default=0) or 1
    return [
        Point(str(name), float(value), started + round((ended - started) * step / last), int(step))
        for step, row in zip(table.index, table.to_dict("records"), strict=True)
        for name, value in row.items()
    ]


def thinned(series: pd.DataFrame, max_points: int) -> pd.DataFrame:
    """Every k-th row up to the last, with the smallest k that leaves at most ``max_points``."""
    every = max(1, math.ceil(len(series) / max_points))
    return series.iloc[::-1].iloc[::every].iloc[::-1]
