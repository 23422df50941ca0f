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
    data = style.Runs(runs, [*lines, "learning_gate"], settings)
    figure, (one, many) = style.panels(settings, 2, 45, ("Time (s)", "Decoded value"))
    for column, line in lines.items():
        one.plot(data.time, data.example(column), **line)
        style.draw_spread(many, data, column, **line)
    for axes in (one, many):
        style.shade_learning(axes, data)
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", f"{style.over_seeds(data)}, each with its own input: median, 90 % band")
    style.legend_beside(one)
    many.set_xlim(0, np.ceil(data.time[-1]))
    return figure


def error(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw the error over time, with what theory predicts: one seed, and all of them.

    For one seed the prediction is the error of PES without noise and synapses, with this seed's
    input. For all it is the exponential decay from the mean initial error at the rate
    η·mean(a²) of a constant input, averaged over the seeds.
    """
    data = style.Runs(
        runs, ["error", "error_noise_free", "decay_rate_theory", "learning_gate"], settings
    )
    figure, (one, many) = style.panels(settings, 2, 40, ("Time (s)", "Error (post − pre)"))
    blue, orange = sns.color_palette()[:2]
    one.plot(data.time, data.example("error"), color=style.STIMULUS, label="Error")
    one.plot(data.time, data.example("error_noise_free"), color=orange, label="PES without\nnoise")

    time, values = data.time[data.thinned], data.all("error", data.thinned)
    learning = data.example("learning_gate") == 0
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
    rates = data.means("decay_rate_theory", learning)[:, np.newaxis]
    while_learning = time[learning[data.thinned]]
    predicted = data.all("error_noise_free", slice(1)).mean() * np.exp(-rates * while_learning)
    many.plot(
        while_learning,
        predicted.mean(axis=0),
        color=orange,
        linestyle="--",
        label="PES theory,\nconstant input",
    )
    many.fill_between(
        while_learning,
        *mean_band(predicted),
        color=orange,
        alpha=0.5,
        linewidth=0,
        label="its 95 % interval",
    )
    for axes in (one, many):
        style.shade_learning(axes, data)
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", style.over_seeds(data))
    style.legend_beside(one)
    style.legend_beside(many)
    many.set_xlim(0, np.ceil(data.time[-1]))
    return figure
