"""Figure of PES against theory at constant inputs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from snnlearn.experiments.pes_dynamics import Parameters, seen
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.learning import courses, pes_loop
from snnlearn.results import read_table, read_traces

TITLE = "PES against theory"

#: How what is seen is drawn, and its place in the palette.
MARKERS = {"monotone": ("o", 0), "overshoots": ("s", 1), "oscillates": ("^", 3)}

#: How long the time courses are that are drawn, seconds.
PART = 0.5

#: Points of a line of theory.
N_POINTS = 200


@caption(
    "Learning to pass a constant value on with PES, at many learning rates η, against linear "
    "theory of its loop in the time steps of the simulation, with k = η·mean(a²). The error decays "
    "faster the larger η is, whatever the number of neurons and a little faster than at k, since "
    "synapses feed it back late (a, b), up to a rate from which on it overshoots, and a larger one "
    "from which on it oscillates for ever (a, c), both at smaller k the slower the synapses are. "
    "What is left of it is noise, which falls with the number of neurons (d). (a) one seed at some "
    "k; theory is dotted, where it does not grow for ever. (b) the rate that fits the error best, "
    "up to half of the k at which it overshoots. (c) what was seen in most seeds of the largest "
    "networks. (d) standard deviation in the last second, over the conditions of (b)."
)
def dynamics(
    runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters, closeup: Path
) -> Figure:
    """Draw time courses, rates, what is seen by rate and synapse, and noise by size.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The grids of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    parameters : Parameters
        Gives the time step.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.pes_dynamics.closeup`, whose rows of the example
        are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    grid = read_traces(runs)
    seeds = sorted(grid["seed"].unique())
    narrow = style.is_narrow(settings)
    figure = style.blank(settings, 270 if narrow else 150)
    a, b, c, d = figure.subplots(*((4, 1) if narrow else (2, 2))).flat
    recorded = read_table(closeup)
    example = settings.example_of(seeds)
    _draw_courses(a, recorded[recorded["seed"] == example])
    _draw_rates(b, grid, parameters)
    _draw_phases(c, grid, parameters)
    _draw_noise(d, grid)
    room = 0.8 * settings.width / (1 if narrow else 2)
    first = recorded.iloc[0]
    largest, n = max(grid["n_neurons"]), len(seeds)
    for axes, letter, text in (
        (
            a,
            "a",
            f"one seed ({example}), {first['n_neurons']:.0f} neurons, input {first['input']:g}, "
            f"τ = {1000 * first['synapse']:g} ms",
        ),
        (b, "b", words.band("point: median", n).replace("band", "bar")),
        (c, "c", f"{largest} neurons, all inputs" + (f"; most of {n} seeds" if n > 1 else "")),
        (d, "d", words.band("line: median", n)),
    ):
        words.title(axes, letter, words.wrapped(text, room, settings.font_size))
    words.legend_below(figure, settings)
    return figure


def _draw_courses(axes: Axes, recorded: pd.DataFrame) -> None:
    axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    rates = sorted(recorded["rate"].unique())
    for rate, color in zip(rates, style.shades(style.colour("error"), len(rates)), strict=True):
        part = recorded[(recorded["rate"] == rate) & (recorded["time"] <= PART)]
        axes.plot(part["time"], part["error"], color=color, label=f"k = {rate:.3g} 1/s")
        axes.plot(part["time"], part["error_theory"], "k:", linewidth=0.8)
    axes.plot([], [], "k:", linewidth=0.8, label="theory of the time course")
    axes.set(xlim=(0, PART), xlabel="Time (s)", ylabel="Error, pre − post (input = 1)")


def _draw_rates(axes: Axes, grid: pd.DataFrame, parameters: Parameters) -> None:
    told = grid.dropna(subset=["rate_measured"])
    told = told.assign(
        over_k=told["rate_measured"] / told["rate"], k_tau=told["rate"] * told["synapse"]
    )
    sizes = sorted(grid["n_neurons"].unique())
    within = ["input", "synapse", "learning_rate"]
    for size, color in zip(sizes, style.shades(style.colour("pre"), len(sizes)), strict=True):
        rows = [group for _, group in told[told["n_neurons"] == size].groupby(within)]
        middle = np.array([r["over_k"].median() for r in rows])
        bars = np.array([style.spread(r[["over_k"]].to_numpy()) for r in rows]).reshape(-1, 2).T
        axes.errorbar(
            [r["k_tau"].median() for r in rows],
            middle,
            np.abs(bars - middle),
            color=color,
            linestyle="none",
            marker="o",
            markersize=2.5,
            elinewidth=0.4,
            label=f"{size} neurons",
        )
    axes.set_xscale("log")
    axes.set_xlim(axes.get_xlim())  # theory goes on
    axes.set_ylim(axes.get_ylim())
    axes.axhline(1, color="black", linewidth=0.8, linestyle="--", label="theory without lag")
    shown = np.unique(np.unique(grid["synapse"])[[0, -1]])
    label = f"theory with lag, τ = {' and '.join(f'{1000 * tau:g}' for tau in shown)} ms"
    for synapse in shown:
        loop = [synapse] * 3
        k = np.geomspace(0.002, 0.999, N_POINTS) * pes_loop.overshoots_from(loop, parameters.dt)
        with_lag = [pes_loop.decay_rate(one, loop, parameters.dt) for one in k]
        line = {"color": style.colour("theory"), "label": label}
        axes.plot(k * synapse, with_lag / k, linewidth=1.2, **line)
    axes.set(
        xlabel="Rate of decay without lag, k = η·mean(a²), times τ (1)",
        ylabel="Measured rate of decay over k (1)",
    )
    _label(axes.xaxis, [0.001, 0.002, 0.005, 0.01, 0.02, 0.05])


def _label(axis: Axis, places: ArrayLike) -> None:
    """Put ticks with plain numbers at those of some places that are within the limits."""
    low, high = sorted(axis.get_view_interval())
    axis.set_ticks([place for place in np.asarray(places) if low <= place <= high])
    axis.set_ticks([], minor=True)
    axis.set_major_formatter("{x:g}")


def _draw_phases(axes: Axes, grid: pd.DataFrame, parameters: Parameters) -> None:
    largest = grid[grid["n_neurons"] == grid["n_neurons"].max()]
    largest = largest.assign(seen=seen(largest))
    drawn = largest.groupby(["input", "synapse", "learning_rate"]).agg(
        {"rate": "median", "seen": lambda kinds: kinds.mode().iloc[0]}
    )
    drawn = drawn.reset_index()
    for kind, (marker, place) in MARKERS.items():
        rows = drawn[drawn["seen"] == kind]
        if len(rows) > 0:
            axes.plot(
                rows["rate"],
                1000 * rows["synapse"],
                marker,
                color=style.colours(place + 1)[place],
                markersize=3,
                label=kind,
            )
    taus = np.geomspace(min(grid["synapse"]) / 1.2, 1.2 * max(grid["synapse"]), N_POINTS // 4)
    for boundary, line in (
        (pes_loop.overshoots_from, "--"),
        (pes_loop.oscillates_from, "-"),
    ):
        k = [boundary([tau] * 3, parameters.dt) for tau in taus]
        what = boundary.__name__.removesuffix("_from")
        axes.plot(k, 1000 * taus, line, color="black", linewidth=1, label=f"theory: {what}")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="Rate of decay without lag, k (1/s)",
        ylabel="Time constant τ of each synapse (ms)",
    )
    _label(axes.yaxis, 1000 * np.unique(grid["synapse"]))
    axes.xaxis.set_major_formatter("{x:g}")


def _draw_noise(axes: Axes, grid: pd.DataFrame) -> None:
    monotone = grid[grid["rate"] <= courses.CLEARLY_MONOTONE * grid["overshoots_from"]]
    synapses = np.unique(monotone["synapse"])
    for synapse, color in zip(
        synapses, style.shades(style.colour("post"), len(synapses)), strict=True
    ):
        rows = monotone[monotone["synapse"] == synapse]
        # One value a seed and size: inputs and learning rates make little difference.
        table = rows.pivot_table(index="seed", columns="n_neurons", values="noise")
        label = f"τ = {1000 * synapse:g} ms"
        line = {"color": color, "label": label, "marker": "o", "markersize": 2.5}
        style.draw_median(axes, table.columns.to_numpy(), table.to_numpy(), **line)
    sizes = np.unique(grid["n_neurons"])
    first = monotone[monotone["n_neurons"] == sizes[0]]["noise"].median()
    axes.plot(
        sizes,
        1.5 * first * np.sqrt(sizes[0] / sizes),
        color="black",
        linestyle=":",
        label="slope −1/2",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="Neurons in each ensemble (1)",
        ylabel="SD of the error that is left (1)",
    )
    _label(axes.xaxis, sizes)
    _label(axes.yaxis, [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2])
