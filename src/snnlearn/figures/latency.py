"""Figure of accuracy, latency and energy of the classifier."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from snnlearn.experiments.latency import Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.mnist import cost
from snnlearn.results import read_traces

TITLE = "Accuracy, latency and energy of the spiking classifier"

MS_PER_SECOND, MICROJOULES = 1000, 1e6


@caption(
    "(a) Errors on the test images over the time for which an image is shown; dots: early exits, "
    "where an answer is given as soon as its read-out is ahead of all others by a margin (written "
    "beside them), at their mean time; dashed: the same networks with rates for spikes. (b) Energy "
    "of the operations until then, at 45 nm and without updates of neurons: the current of the "
    "image into the first layer computed once, or in each step; dotted: the same layers with "
    "numbers for spikes. (c) Errors against energy. Lines: medians of networks, with their bands. "
    "After the second step, which brings the first spikes of all layers to the read-out, nearly "
    "all answers are there: waiting longer buys little, and its energy grows with time. Whether "
    "spikes are cheaper is decided by the first layer, which sees no spikes, and by when one stops."
)
def latency(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw errors and energies over time, and against each other.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The ways to answer of all networks.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which margins there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    traces["errors"] = 1 - traces["right"] / traces["images"]
    steps, exits = (traces[traces["exit"] == way] for way in ("step", "margin"))
    errors = steps.pivot(index="seed", columns="level", values="errors").to_numpy()
    added = steps.pivot(index="seed", columns="level", values="accumulates").to_numpy()
    milliseconds = np.sort(steps["level"].unique())
    once, every, without = _energies(added, milliseconds)
    narrow = style.is_narrow(settings)
    figure = style.blank(settings, 170 if narrow else 78)
    over_time, energy, front = figure.subplots(3, 1) if narrow else figure.subplots(1, 3)

    color = style.colour("after training")
    style.draw_median(over_time, milliseconds[1:], errors[:, 1:], color=color, label="spikes")
    rates = traces.loc[traces["exit"] == "rates", "errors"].median()
    over_time.axhline(rates, color="0.4", linewidth=0.8, linestyle="--", label="rates for spikes")
    for axes, column, factor in (
        (over_time, "time", MS_PER_SECOND),
        (front, "accumulates", None),
    ):
        _exits(axes, exits, column, factor)
    over_time.set(xscale="log", yscale="log", xlabel="Time (ms)", ylabel="Errors (%)")
    words.title(over_time, "a", "errors over time")

    style.draw_median(energy, milliseconds, once, color=color, label="first layer once")
    style.draw_median(
        energy, milliseconds, every, color=style.colour("error"), label="first layer in each step"
    )
    energy.axhline(without, color="black", linewidth=0.8, linestyle=":", label="numbers for spikes")
    energy.set(xscale="log", yscale="log", xlabel="Time (ms)", ylabel="Energy of an image (µJ)")
    words.title(energy, "b", "energy over time")

    for values, name in ((once, "after training"), (every, "error")):
        front.plot(
            np.median(values[:, 1:], axis=0),
            np.median(errors[:, 1:], axis=0),
            color=style.colour(name),
        )
    front.plot(without, rates, "*", color="black", markersize=7, label="numbers, rates")
    front.set(xscale="log", yscale="log", xlabel="Energy of an image (µJ)", ylabel="Errors (%)")
    words.title(front, "c", "errors against energy")
    for axes in (over_time, energy, front):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter("")
    for axes in (over_time, front):
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=None))
        axes.yaxis.set_minor_formatter("")
        low, high = axes.get_ylim()
        ticks = [t for t in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if low <= t <= high]
        axes.set_yticks(ticks, [f"{100 * t:g}" for t in ticks])
    energy.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    n = traces["seed"].nunique()
    shown = int(traces["images"].iloc[0])
    networks = words.band("lines: median" if n > 1 else "1 network", n, "networks")
    words.legend_below(figure, settings, title=f"{networks}; {shown:,} images each")
    return figure


def _energies(added: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Energies in µJ after each step, of each network, and of the layers without spikes."""
    found = [
        [cost.energies(cost.operations(of, int(k))) for of, k in zip(row, steps, strict=True)]
        for row in added
    ]
    once, every = (
        MICROJOULES * np.array([[of[f"energy_{how}"] for of in row] for row in found])
        for how in ("once", "every_step")
    )
    return once, every, MICROJOULES * found[0][0]["energy_without_spikes"]


def _exits(axes: Axes, exits: pd.DataFrame, column: str, factor: float | None) -> None:
    """Draw the early exits at their medians, over the time or the energy, with their margins."""
    for margin, of_margin in exits.groupby("level"):
        at = float(of_margin[column].median())
        spent = cost.energies(cost.operations(at, 0))["energy_once"]
        place = at * factor if factor else MICROJOULES * spent, of_margin["errors"].median()
        axes.plot(*place, "o", color="black", markersize=3, label="early exits")
        axes.annotate(f"{margin:g}", place, xytext=(2, 3), textcoords="offset points", fontsize=5)
