"""Figures of Pavlovian conditioning."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.figures import Settings, style

#: How stimuli and responses are drawn; the dimension gives the colour.
STIMULUS_LINE: dict[str, Any] = {"linestyle": "-", "linewidth": 0.8}
RESPONSE_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 1.8}


def us_ur(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw unconditioned stimuli and the responses they evoke."""
    return _stimuli_and_responses(runs, settings, "us", "ur")


def cs_ur(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw conditioned stimuli beside the unconditioned responses."""
    return _stimuli_and_responses(runs, settings, "cs", "ur")


def cs_cr(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw conditioned stimuli and the responses learned to them."""
    return _stimuli_and_responses(runs, settings, "cs", "cr")


def error(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw the first dimension of the error."""
    data = style.Runs(runs, ["error_1", "learning_gate"], settings)
    figure, (one, many) = style.panels(settings, 2, 38, ("Time (s)", "Error, dimension 1"))
    line: dict[str, Any] = {"color": style.STIMULUS, "label": "Error"}
    one.plot(data.time, data.example("error_1"), **line)
    style.draw_spread(many, data, "error_1", **line)
    _finish(one, many, data)
    return figure


def learning_gate(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw the gate that opens and closes learning."""
    data = style.Runs(runs, ["learning_gate"], settings)
    figure, (axes,) = style.panels(settings, 1, 30, ("Time (s)", "Learning gate"))
    axes.plot(
        data.time,
        data.example("learning_gate"),
        color=style.STIMULUS,
        label="inhibition of\nthe error",
    )
    axes.set_yticks([0, 1], ["0 (open)", "1 (closed)"])
    axes.set_xlim(0, np.ceil(data.time[-1]))
    style.shade_learning(axes, data)
    style.legend_beside(axes)
    return figure


def _stimuli_and_responses(
    runs: Sequence[Path], settings: Settings, stimulus: str, response: str
) -> Figure:
    names = pq.read_schema(runs[0]).names
    dimensions = sum(name.startswith(f"{response}_") for name in names)
    columns = [f"{kind}_{k + 1}" for kind in (stimulus, response) for k in range(dimensions)]
    data = style.Runs(runs, [*columns, "learning_gate"], settings)
    figure, (one, many) = style.panels(settings, 2, 45, ("Time (s)", "Value"))
    for kind, line in ((stimulus, STIMULUS_LINE), (response, RESPONSE_LINE)):
        for k, color in zip(range(dimensions), sns.color_palette(n_colors=dimensions), strict=True):
            column, label = f"{kind}_{k + 1}", f"{kind.upper()} {k + 1}"
            one.plot(data.time, data.example(column), color=color, label=label, **line)
            style.draw_spread(many, data, column, color=color, label=label, **line)
    _finish(one, many, data)
    return figure


def _finish(one: Axes, many: Axes, data: style.Runs) -> None:
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", f"{style.over_seeds(data)}: median and the band that holds 90 % of them")
    many.set_xlim(0, np.ceil(data.time[-1]))
    for axes in (one, many):
        style.shade_learning(axes, data)
    style.legend_beside(one)
