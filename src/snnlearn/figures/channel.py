"""Figures of the PES communication channel."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.signal import lfilter

from snnlearn.experiments.channel import IN_THE_LOOP, SYNAPSE, Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.figures.channel_rasters import draw_raster, sorted_by_threshold, stretches
from snnlearn.learning import decays, pes
from snnlearn.results import read_table

TITLE = "Communication channel (PES)"

#: Width in seconds of the stretches of time in which the error is averaged.
RMS_WIDTH = 0.1

#: What is predicted leaves the axes where it is so many times what was measured. Beyond the second
#: number it cannot be squared.
BEYOND, LARGEST = 20, 1e100

#: How long the parts of the signals are that are drawn larger, seconds.
PART = 2.0


@caption(
    "Communication channel learned with PES: what goes in, and what is decoded from it. (a) one "
    "seed, as the chapter draws it: the white-noise input, the value decoded from the pre ensemble "
    "and the value decoded from the post ensemble over time. (b) how far apart these are: root "
    "mean square, in stretches of 0.1 s, of post minus pre, which PES makes small, and of post "
    "minus input, to which the delay of the synapses adds; median over all seeds, each with an "
    "input of its own. (c), (d) parts of (a) in which lines can be told apart: post does not "
    "follow pre yet, and does. While the background is grey the channel learns; then the error is "
    "inhibited, and an input comes in that it never saw, and then the end of the old one again."
)
def signals(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw input, pre and post over time for one seed, and their differences over all."""
    lines = _lines()
    data = style.Runs(runs, [*lines, "learning_gate"], settings)
    figure = style.blank(settings, 135)
    one, many, *parts = figure.subplot_mosaic("AA;BB;CD", height_ratios=[5, 5, 4]).values()
    for axes in (one, *parts):
        for column, line in lines.items():
            # What is drawn first is seen below what is drawn last.
            width = 1.6 if column == "pre" else 0.7
            axes.plot(data.time, data.example(column), linewidth=width, **line)
    post = data.all("post")
    for column, label, meaning in (
        ("stimulus", "Post − input", "post from stimulus"),
        ("pre", "Post − pre", "error"),
    ):
        centres, apart = rms_over_time(data.time, post - data.all(column))
        style.draw_median(many, centres, apart, color=style.colour(meaning), label=label)
    for axes in figure.axes:
        style.shade_learning(axes, data)
    one.sharex(many)
    one.tick_params(labelbottom=False)
    one.set(ylabel="Decoded value (1)")
    many.set(xlabel="Time (s)", ylabel="RMS difference (1)", ylim=(0, None))
    many.set_xlim(0, np.ceil(data.time[-1]))
    learned = np.round(data.time[_learning(data)][-1], 1)
    for axes, start in zip(parts, (0, learned - PART), strict=True):
        axes.set(xlabel="Time (s)", xlim=(start, start + PART), ylim=one.get_ylim())
    parts[0].set(ylabel="Decoded value (1)")
    parts[1].tick_params(labelleft=False)
    words.title(one, "a", f"one seed ({data.example_seed}), {_neurons(parameters)}")
    words.title(many, "b", words.over_seeds(data))
    words.title(parts[0], "c", f"first {PART:g} s of learning")
    words.title(parts[1], "d", f"last {PART:g} s of learning")
    words.legend_below(figure, settings)
    return figure


@caption(
    "Error of the communication channel, post minus pre, as decoded from the error ensemble that "
    "drives PES, through the low-pass filter of the probe. (a) one seed, as the chapter draws it, "
    "over what PES would leave with that input if there were neither noise nor synapses, through "
    "the same filter. (b) root mean square in stretches of 0.1 s, on a logarithmic axis, over all "
    "seeds; the same of PES without noise; and what theory predicts. For an input that changes, "
    "that of LMS (Widrow and Stearns 1985): what is wrong at first, taken for a line over the "
    "input, decays in its offset and its slope at the rates of the two fastest modes, through the "
    "same filter. For inputs that stay constant, an exponential decay of each seed's first error "
    "(Voelker 2015), made a little faster by the synapses in the loop (Voelker and Eliasmith "
    "2017). What is left in the end is not of these modes, and much of it is left without noise as "
    "well. Only the time of learning is shown: then the error ensemble is inhibited."
)
def error(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the error over time, with what theory predicts: one seed, and RMS over all of them.

    For one seed the prediction is the error of PES without noise and synapses, with this seed's
    input. For all it is that; the two modes of LMS; and the exponential decay of the first error at
    the rate of a constant input, averaged over the inputs presented, with the synapses of the loop.
    """
    data = style.Runs(
        runs, ["error", "error_noise_free", "decay_rate_theory", "learning_gate"], settings
    )
    learning = _learning(data)
    figure = style.blank(settings, 105)
    one, many = figure.subplots(2, 1, sharex=True)
    one.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    line = {"color": style.colour("error"), "label": "Error"}
    keep = np.exp(-parameters.dt / parameters.error_probe_synapse)
    seen = partial(lfilter, [1 - keep], [1, -keep])
    ideal = np.clip(data.all("error_noise_free"), -LARGEST, LARGEST)
    without_noise = seen(ideal)
    measured = np.abs(data.all("error")[:, learning]).max()
    leaves = not np.abs(without_noise[:, learning]).max() <= BEYOND * measured
    label = "PES without noise" + (", which leaves the axes" if leaves else "")
    noise_free = {"color": style.colour("theory"), "label": label}
    example = without_noise[data.seeds.index(data.example_seed)].copy()
    one.plot(data.time, data.example("error"), linewidth=1.6, **line)
    if leaves:
        example[np.maximum.accumulate(~(np.abs(example) <= 2 * measured))] = np.nan
    one.plot(data.time, example, linewidth=0.7, **noise_free)
    centres, found = rms_over_time(data.time[learning], data.all("error")[:, learning])
    many.plot(centres, _rms(found), **line)
    style.band(many, centres, *style.spread(found), line["color"])
    for values, drawn in (
        (without_noise[:, learning], noise_free),
        (seen(_of_modes(data, learning)), _predicted("LMS theory, this input", "--")),
    ):
        expected = _rms(rms_over_time(data.time[learning], values)[1])
        many.plot(centres, expected, **drawn)
    synapses = [SYNAPSE] * IN_THE_LOOP
    rates = [pes.lagged_rate(rate, synapses) for rate in data.means("decay_rate_theory", learning)]
    decaying = _rms(ideal[:, :1] * np.exp(-np.array(rates)[:, np.newaxis] * centres))
    if np.isfinite(decaying).all():  # else an error oscillates
        many.plot(centres, decaying, **_predicted("PES theory, constant input", ":"))
    one.set_ylabel("Error, post − pre (1)")
    many.set(yscale="log", xlabel="Time (s)", ylabel="RMS error (1)", ylim=(found.min() / 2, None))
    if leaves:  # with it on them, nothing else could be seen
        one.set_ylim(-2 * measured, 2 * measured)
        many.set_ylim(top=2 * measured)
    many.yaxis.set_major_formatter("{x:g}")
    n, filtered = len(data.seeds), f"low-pass filtered with {parameters.error_probe_synapse:g} s"
    told = f"one seed ({data.example_seed}), {_neurons(parameters)}; error {filtered}"
    words.title(one, "a", words.wrapped(told, 0.8 * settings.width, settings.font_size))
    words.title(many, "b", words.band(f"line{'s' * (n > 1)}: RMS", n))
    words.legend_below(figure, settings)
    many.set_xlim(0, np.ceil(data.time[learning][-1]))
    return figure


def _predicted(label: str, linestyle: str) -> dict[str, Any]:
    """How a closed form is drawn."""
    color = style.colour("closed form")
    return {"color": color, "label": label, "linestyle": linestyle, "linewidth": 1.2}


def _of_modes(data: style.Runs, learning: np.ndarray) -> np.ndarray:
    """Error that the two fastest modes of LMS leave of the line that is wrong at first.

    Its shape is (seeds, steps): those in which the channel learns.
    """
    stimuli = data.all("stimulus")[:, learning]
    unlearned = data.all("error_unlearned")[:, learning]
    rates = np.transpose([data.means(f"mode_{k}_theory", learning) for k in (1, 2)])
    return np.array(
        [
            decays.of_modes(data.time[learning], x, decays.line(x, y), both)
            for x, y, both in zip(stimuli, unlearned, rates, strict=True)
        ]
    )


def rms_over_time(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root mean square of some traces in short stretches of time, one after another.

    Parameters
    ----------
    time : numpy.ndarray, shape (steps,)
        Seconds; the simulation begins at 0.
    values : numpy.ndarray, shape (traces, steps)
        The traces.

    Returns
    -------
    centres : numpy.ndarray, shape (stretches,)
        Middle of each stretch, in seconds.
    found : numpy.ndarray, shape (traces, stretches)
        The root mean squares.
    """
    begins = RMS_WIDTH * np.arange(np.ceil(time[-1] / RMS_WIDTH - 1e-6))
    first = np.searchsorted(time, begins + 1e-9)
    sums = np.add.reduceat(np.square(values), first, axis=1)
    return begins + RMS_WIDTH / 2, np.sqrt(sums / np.diff([*first, len(time)]))


def _rms(values: np.ndarray) -> np.ndarray:
    """Root mean square over the traces of all seeds."""
    found: np.ndarray = np.sqrt(np.mean(np.square(values), axis=0))
    return found


@caption(
    "Spikes of the pre and the post ensemble of one seed (a) at the start of learning, (b) while "
    "it goes on, and (c) after it, or at its end where nothing follows; below, the values decoded "
    "from them, and the input. Neurons are sorted by the value at which they begin to fire: those "
    "with the encoder e = -1 fire for values below it, those with e = +1 for values above."
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
    recorded = read_table(closeup)
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
            draw_raster(axes, sorted_by_threshold(neurons), spikes, lines[ensemble]["color"])
        within = (data.time >= start) & (data.time <= stop)
        for trace, line in lines.items():
            column[-1].plot(data.time[within], data.example(trace)[within], **line)
        column[-1].set(xlim=(start, stop), xlabel="Time (s)")
        room = 0.8 * settings.width / len(shown)
        words.title(column[0], letter, words.wrapped(name, room, settings.font_size))
    for axes, label in zip(cells[:, 0], ("Neurons of pre", "Neurons of post", ""), strict=True):
        axes.set_ylabel(label)
    cells[-1, 0].set_ylabel("Decoded value (1)")
    n_neurons = (recorded["kind"] == "neuron").sum() // 2
    told = f"One seed ({data.example_seed}); pre and post have {n_neurons} neurons each, "
    words.headline(figure, told + "in groups by their encoder e", settings)
    words.legend_below(figure, settings)
    return figure


@caption(
    "What the learned connection makes of the value that the pre ensemble represents, before and "
    "after learning, and what decoders make of it that a solver found offline for these neurons: "
    "rates times decoders, so that no noise of spikes is in it. (a) one seed; (b) median over some "
    "seeds, with a band. (c), (d) the inputs that were "
    "presented while learning went on. PES learns where inputs are, and neurons begin to "
    "fire between -1 and 1 only: beyond, the function bends away."
)
def decoded_function(
    runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters, closeup: Path
) -> Figure:
    """Draw what the connection computes before and after learning, over the inputs it learned at.

    One seed, and median and spread over those of the close-up.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    parameters : Parameters
        Gives the number of neurons.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.channel.closeup` that holds, of the example and of
        any others, the rows ``function`` of both phases, all at the same inputs.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    data = style.Runs(runs, ["stimulus", "learning_gate"], settings)
    recorded = read_table(closeup)
    functions = recorded[recorded["kind"] == "function"]
    seeds = sorted(functions["seed"].unique())
    example = seeds.index(data.example_seed)
    figure = style.blank(settings, 95)
    (one, many), below = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=[3, 1])
    for phase in ("before", "after", "offline"):
        label = "solved offline" if phase == "offline" else f"{phase} learning"
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
        axes.set_xlabel("Value of pre (1)")
    for axes in (one, many):
        axes.axline((0, 0), slope=1, color="black", linewidth=0.8, linestyle=":", label="identity")
    one.set(xlim=(-reach, reach), ylim=(-reach, reach), ylabel="Decoded value (1)")
    below[0].set_ylabel("Density of\ninputs (1)")
    told_of_one = f"one seed ({data.example_seed}), {parameters.n_neurons} neurons"
    words.title(one, "a", _in_half(told_of_one, settings))
    told = words.band("line: median" if len(seeds) > 1 else "1 seed", len(seeds))
    words.title(many, "b", _in_half(told, settings))
    words.title(below[0], "c", "inputs of this seed")
    words.title(below[1], "d", "inputs of all of these" if len(seeds) > 1 else "the same")
    words.legend_below(figure, settings)
    return figure


def _neurons(parameters: Parameters) -> str:
    """How many neurons were simulated, in words."""
    return f"{parameters.n_neurons} neurons in each ensemble"


def _in_half(text: str, settings: FigureSettings) -> str:
    """Break words into lines that fit into half of the figure."""
    return words.wrapped(text, 0.35 * settings.width, settings.font_size)


def _learning(data: style.Runs) -> np.ndarray:
    """Whether the channel learns, at each step."""
    learning: np.ndarray = data.example("learning_gate") == 0
    return learning


def _lines() -> dict[str, dict[str, Any]]:
    """How input, pre and post are drawn, by the names of their traces."""
    labels = {"stimulus": "Input", "pre": "Pre", "post": "Post"}
    return {name: {"label": label, "color": style.colour(name)} for name, label in labels.items()}
