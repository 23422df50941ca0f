"""Figures of the PES communication channel."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from snnlearn.figures import Settings, style
from snnlearn.statistics import mean_band, spread_band


def signals(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw input, pre and post over time: one seed, and median and spread over all."""
    blue, _, _, vermilion = sns.color_palette()[:4]
    lines = {
        "stimulus": {"label": "Input", "color": style.STIMULUS},
        "pre": {"label": "Pre", "color": blue},
        "post": {"label": "Post", "color": vermilion},
    }
    data = style.Runs(runs, list(lines), settings)
    figure, (one, many) = style.panels(settings, 2, 45, ("Time (s)", "Decoded value"))
    for column, line in lines.items():
        one.plot(data.time, data.example(column), **line)
        style.draw_spread(many, data, column, **line)
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", f"{style.over_seeds(data)}, each with its own input: median, 90 % band")
    style.legend_beside(one)
    many.set_xlim(0, np.ceil(data.time[-1]))
    return figure


def error(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw the error over time: one seed, and mean with its interval and spread over all."""
    data = style.Runs(runs, ["error"], settings)
    figure, (one, many) = style.panels(settings, 2, 40, ("Time (s)", "Error (post − pre)"))
    blue = sns.color_palette()[0]
    one.plot(data.time, data.example("error"), color=style.STIMULUS, label="Error")

    time, values = data.time[data.thinned], data.all("error")[:, data.thinned]
    many.plot(time, values.mean(axis=0), color=blue, label="Mean")
    many.fill_between(
        time,
        *mean_band(values),
        color=blue,
        alpha=0.5,
        linewidth=0,
        label="95 % interval\nof the mean",
    )
    many.fill_between(
        time, *spread_band(values), color=blue, alpha=0.2, linewidth=0, label="90 % of seeds"
    )
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", style.over_seeds(data))
    style.legend_beside(one)
    style.legend_beside(many)
    many.set_xlim(0, np.ceil(data.time[-1]))
    return figure
