"""Figures of the PES communication channel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings, caption, style
from snnlearn.statistics import mean_band, spread_band

TITLE = "Communication channel (PES)"


#: How long each of the stretches is in which spikes are drawn, seconds.
STRETCH = 0.3

#: Where within the time of learning the second of them begins: the error has then fallen, at its
#: decay rate of about 1/s and in 10 s, to a third.
DURING = 0.1


@caption(
    "Communication channel learned with PES: the white-noise input, the value decoded from the "
    "pre ensemble and the value decoded from the post ensemble over time. (a) one seed, as the "
    "chapter draws it; (b) median over all seeds with the band that holds 90 % of them (each seed "
    "has an input of its own). While the background is grey the channel learns; then the error is "
    "inhibited, and an input comes in that it never saw."
)
def signals(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw input, pre and post over time: one seed, and median and spread over all."""
    lines = _lines()
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


@caption(
    "Error of the communication channel, post minus pre, as decoded from the error ensemble that "
    "drives PES. (a) one seed, as the chapter draws it, over what PES would do with that input if "
    "there were neither noise nor synapses; (b) mean over all seeds with its 95 % bootstrap "
    "interval, and the band that holds 90 % of the seeds, over the exponential decay that theory "
    "predicts for a constant input (Voelker 2015): mean over all seeds with its 95 % bootstrap "
    "interval. Only the time of learning is shown: then the error ensemble is inhibited."
)
def error(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw the error over time, with what theory predicts: one seed, and all of them.

    For one seed the prediction is the error of PES without noise and synapses, with this seed's
    input. For all it is the exponential decay from the mean initial error at the rate
    η·mean(a²) of a constant input, averaged over the seeds.
    """
    data = style.Runs(
        runs, ["error", "error_noise_free", "decay_rate_theory", "learning_gate"], settings
    )
    figure, (one, many) = style.panels(settings, 2, 40, ("Time (s)", "Error (post − pre)"))
    blue, orange = style.colour("mean error"), style.colour("theory")
    one.plot(data.time, data.example("error"), color=style.colour("error"), label="Error")
    one.plot(data.time, data.example("error_noise_free"), color=orange, label="PES without\nnoise")

    time, values = data.time[data.thinned], data.all("error", data.thinned)
    learning = _learning(data)
    many.plot(time, values.mean(axis=0), color=blue, label="Mean")
    for limits, strength, label in (
        (mean_band(values), style.INTERVAL_STRENGTH, "95 % interval\nof the mean"),
        (spread_band(values), style.WIDE_BAND_STRENGTH, "90 % of seeds"),
    ):
        style.band(many, time, *limits, blue, strength, label)
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
    interval = mean_band(predicted)
    style.band(
        many, while_learning, *interval, orange, style.INTERVAL_STRENGTH, "its 95 % interval"
    )
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", style.over_seeds(data))
    style.legend_beside(one)
    style.legend_beside(many)
    many.set_xlim(0, np.ceil(data.time[learning][-1]))
    return figure


@caption(
    "Spikes of the pre and the post ensemble of one seed (a) at the start of learning, (b) while "
    "it goes on, and (c) after it, or at its end where nothing follows; below, the values decoded "
    "from them, and the input. Neurons are sorted by the value at which they begin to fire: those "
    "with the encoder -1 fire for values below it, those with the encoder +1 for values above."
)
def rasters(runs: Sequence[Path], settings: FigureSettings, *, closeup: Path) -> Figure:
    """Draw spikes of pre and post at three stages of learning, and what is decoded from them.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.channel.closeup` that holds, of the example, the
        rows ``neuron`` and ``spike`` of both ensembles.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    lines = _lines()
    data = style.Runs(runs, [*lines, "learning_gate"], settings)
    recorded = pd.read_parquet(closeup)
    recorded = recorded[recorded["seed"] == data.example_seed]
    shown = stretches(data.time, _learning(data))
    figure = style.blank(settings, 125)
    cells = figure.subplots(3, len(shown), sharex="col", sharey="row", height_ratios=[3, 3, 2])
    for letter, (name, (start, stop)), column in zip("abc", shown.items(), cells.T, strict=True):
        for axes, ensemble in zip(column, ("pre", "post"), strict=False):
            neurons, spikes = (
                recorded[(recorded["kind"] == kind) & (recorded["ensemble"] == ensemble)]
                for kind in ("neuron", "spike")
            )
            spikes = spikes[spikes["time"].between(start, stop)]
            _draw_raster(axes, sorted_by_threshold(neurons), spikes, lines[ensemble]["color"])
        within = (data.time >= start) & (data.time <= stop)
        for trace, line in lines.items():
            column[-1].plot(data.time[within], data.example(trace)[within], **line)
        column[-1].set(xlim=(start, stop), xlabel="Time (s)")
        style.title(column[0], letter, name)
    for axes, label in zip(
        cells[:, 0], ("Pre, by encoder", "Post, by encoder", "Decoded value"), strict=True
    ):
        axes.set_ylabel(label)
    style.headline(figure, f"One seed ({data.example_seed})", settings)
    handles = cells[-1, 0].get_lines()
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def stretches(time: np.ndarray, learning: np.ndarray) -> dict[str, tuple[float, float]]:
    """Choose the stretches of time in which spikes are drawn.

    Parameters
    ----------
    time : numpy.ndarray, shape (steps,)
        Seconds; the simulation begins at 0.
    learning : numpy.ndarray of bool, shape (steps,)
        Whether the channel learns.

    Returns
    -------
    dict of str to (float, float)
        Beginning and end of each in seconds, by their names: at the start of learning, a tenth
        of the way through it, and at the end of the simulation.
    """
    learned = time[learning][-1] if learning.any() else time[-1]
    during = max(STRETCH, DURING * learned)
    last = "end of learning" if learning[-1] else "after learning"
    starts = {"start of learning": 0.0, "during learning": during, last: time[-1] - STRETCH}
    return {name: (start, start + STRETCH) for name, start in starts.items()}


def sorted_by_threshold(neurons: pd.DataFrame) -> pd.DataFrame:
    """Sort neurons by the value at which they begin to fire, first those with the encoder -1.

    Parameters
    ----------
    neurons : pandas.DataFrame
        Columns ``neuron``, ``encoder`` and ``intercept``.

    Returns
    -------
    pandas.DataFrame
        The same, with the value as ``threshold`` in addition.
    """
    threshold = neurons["encoder"] * neurons["intercept"]
    return neurons.assign(threshold=threshold).sort_values(["encoder", "threshold"])


def _draw_raster(axes: Axes, neurons: pd.DataFrame, spikes: pd.DataFrame, color: object) -> None:
    """Draw a mark for each spike, in the order of the neurons given, and name their encoders."""
    row = pd.Series(np.arange(len(neurons)), index=neurons["neuron"])
    axes.plot(
        spikes["time"],
        spikes["neuron"].map(row),
        color=color,
        marker="|",
        markersize=2,
        markeredgewidth=0.5,
        linestyle="none",
    )
    encoders = neurons["encoder"].to_numpy()
    groups = {sign: np.flatnonzero(encoders == sign) for sign in np.unique(encoders)}
    axes.set_yticks(
        [rows.mean() for rows in groups.values()], ["−1" if sign < 0 else "+1" for sign in groups]
    )
    axes.tick_params(left=False)
    for rows in groups.values():
        if rows[0] > 0:
            axes.axhline(rows[0] - 0.5, color="0.6", linewidth=0.5)
    axes.set_ylim(-1, len(neurons))


@caption(
    "What the learned connection makes of the value that the pre ensemble represents, before and "
    "after learning: rates of the neurons times decoders, so that no noise of spikes is in it. "
    "(a) one seed; (b) some seeds: median, and the band that holds 90 % of them. (c), (d) the "
    "inputs presented while learning went on. PES learns where inputs are, and neurons begin to "
    "fire between -1 and 1 only: beyond, the function bends away."
)
def decoded_function(runs: Sequence[Path], settings: FigureSettings, *, closeup: Path) -> Figure:
    """Draw what the connection computes before and after learning, over the inputs it learned at.

    One seed, and median and spread over those of the close-up.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.channel.closeup` that holds, of the example and of
        any others, the rows ``function`` of both phases, all at the same inputs.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    data = style.Runs(runs, ["stimulus", "learning_gate"], settings)
    recorded = pd.read_parquet(closeup)
    functions = recorded[recorded["kind"] == "function"]
    seeds = sorted(functions["seed"].unique())
    example = seeds.index(data.example_seed)
    figure = style.blank(settings, 95)
    (one, many), below = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[3, 1])
    for phase in ("before", "after"):
        label = f"{phase} learning"
        line = {"color": style.colour(label), "label": label}
        values = functions[functions["phase"] == phase].pivot(
            index="seed", columns="input", values="decoded"
        )
        one.plot(values.columns, values.to_numpy()[example], **line)
        style.draw_median(many, values.columns.to_numpy(), values.to_numpy(), **line)
    reach = float(functions["input"].max())
    learning = _learning(data)
    stimuli = data.all("stimulus", data.thinned)[:, learning[data.thinned]]
    presented = [stimuli[data.seeds.index(seed)] for seed in seeds]
    for axes, of in zip(below, ([data.example("stimulus")[learning]], presented), strict=True):
        axes.hist(np.concatenate(of), bins=60, range=(-reach, reach), density=True, color="0.6")
        axes.set_xlabel("Value x represented by pre")
    for axes in (one, many):
        axes.axline((0, 0), slope=1, color="black", linewidth=0.8, linestyle=":", label="identity")
    one.set(xlim=(-reach, reach), ylim=(-reach, reach), ylabel="Value decoded from pre")
    below[0].set_ylabel("Density of inputs")
    style.title(one, "a", f"one seed ({data.example_seed})")
    style.title(many, "b", f"{style.seeds(len(seeds))}: median, 90 % band")
    style.title(below[0], "c", "inputs of this seed")
    style.title(below[1], "d", f"inputs of {style.seeds(len(seeds))}")
    one.legend(loc="upper left")
    return figure


def _learning(data: style.Runs) -> np.ndarray:
    """Whether the channel learns, at each step."""
    learning: np.ndarray = data.example("learning_gate") == 0
    return learning


def _lines() -> dict[str, dict[str, Any]]:
    """How input, pre and post are drawn, by the names of their traces."""
    labels = {"stimulus": "Input", "pre": "Pre", "post": "Post"}
    return {name: {"label": label, "color": style.colour(name)} for name, label in labels.items()}
