"""Figures of Pavlovian conditioning."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.experiments.conditioning import CS_ONSET, OFFSET, TRIAL, US_ONSET, Parameters
from snnlearn.figures import FigureSettings, caption, style

TITLE = "Conditioning (PES)"


#: The time before the CS onset that is drawn of a trial, seconds.
BEFORE_ONSET = 0.1

#: A trial is drawn with no more points than the panel can show.
MAX_TRIAL_POINTS = 250

#: When a trial is, by the gate at its CS onset.
PHASES = ("before", "during", "after")

#: How stimuli and responses are drawn; the dimension gives the colour.
STIMULUS_LINE: dict[str, Any] = {"linestyle": "-", "linewidth": 0.8}
RESPONSE_LINE: dict[str, Any] = {"linestyle": ":", "linewidth": 1.8}

#: What the curves of the CS vectors are called.
CS_NAMES = {"dimensions": "CS, dim. ", "stimuli": "CS #"}

#: How the response is drawn that the conditioned one should become like.
UNCONDITIONED_LINE: dict[str, Any] = {
    "color": style.colour("unconditioned response"),
    "linestyle": ":",
    "label": "UR of the pair",
}


@caption(
    "Unconditioned stimuli (US) and the responses (UR) that they evoke through a fixed "
    "connection. (a) one seed, as the chapter draws it; (b) median over all seeds with the band "
    "that holds 90 % of them."
)
def us_ur(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw unconditioned stimuli and the responses they evoke."""
    return _stimuli_and_responses(runs, settings, "us", "ur", "US ")


@caption(
    "Conditioned stimuli (CS, the three dimensions of their vector) beside the unconditioned "
    "responses (UR). (a) one seed, as the chapter draws it; (b) median over all seeds with the "
    "band that holds 90 % of them."
)
def cs_ur(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw conditioned stimuli beside the unconditioned responses."""
    return _stimuli_and_responses(runs, settings, "cs", "ur", CS_NAMES[parameters.stimulus_names])


@caption(
    "Conditioned stimuli (CS, the three dimensions of their vector) and the conditioned responses "
    "(CR) that are learned while the gate is open. (a) one seed, as the chapter draws it; (b) "
    "median over all seeds with the band that holds 90 % of them."
)
def cs_cr(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw conditioned stimuli and the responses learned to them."""
    return _stimuli_and_responses(runs, settings, "cs", "cr", CS_NAMES[parameters.stimulus_names])


@caption(
    "The error CR - UR that drives PES; it is inhibited while the gate is closed. (a) one seed, "
    "as the chapter draws it; (b) median over all seeds with the band that holds 90 % of them."
)
def error(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the error: all its dimensions, or the first."""
    n_drawn = parameters.dimensions if parameters.errors_shown == "all" else 1
    data = style.Runs(
        runs, [*(f"error_{k + 1}" for k in range(n_drawn)), "learning_gate"], settings
    )
    figure, (one, many) = style.panels(settings, 2, 38, ("Time (s)", "Error (CR − UR)"))
    for k, color in enumerate(style.colours(n_drawn)):
        line: dict[str, Any] = {"color": color, "label": f"Error {k + 1}"}
        one.plot(data.time, data.example(f"error_{k + 1}"), linewidth=0.6, **line)
        style.draw_spread(many, data, f"error_{k + 1}", **line)
    _finish(one, many, data)
    return figure


@caption(
    "The signal that inhibits the error ensemble: learning happens only while it is 0. It is the "
    "same for every seed."
)
def learning_gate(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw the gate that opens and closes learning."""
    data = style.Runs(runs, ["learning_gate"], settings)
    figure, (axes,) = style.panels(settings, 1, 30, ("Time (s)", "Learning gate"))
    axes.plot(
        data.time,
        data.example("learning_gate"),
        color=style.colour("learning gate"),
        label="inhibition of\nthe error",
    )
    axes.set_yticks([0, 1], ["0 (open)", "1 (closed)"])
    axes.set_xlim(0, np.ceil(data.time[-1]))
    style.shade_learning(axes, data)
    style.legend_beside(axes)
    return figure


@caption(
    "Responses in each trial, aligned to the onset of its CS: a column for each pair, a row for "
    "the trials whose CS comes on before, during and after learning, the later the darker. Of the "
    "CRs, the one in the pair's own dimension, which should become like the UR (dotted), and the "
    "strongest other one. Lines are medians over all seeds, bands hold 90 % of them. Light grey: "
    "the CS is on; dark grey: the US too."
)
def trials(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw the responses in each trial, aligned to the onset of its CS: median and spread.

    There is a column for each pair, and a row for the trials before, during and after learning.
    Of the CRs, the one in the pair's own dimension is drawn, and the strongest other one.
    """
    n_pairs = _dimensions(runs, "cr")
    columns = [f"{kind}_{k + 1}" for kind in ("ur", "cr") for k in range(n_pairs)]
    data = style.Runs(runs, [*columns, "learning_gate"], settings)
    palette = style.colours(n_pairs)
    figure = style.blank(settings, 125)
    cells = figure.subplots(len(PHASES), n_pairs, sharex=True, sharey=True, squeeze=False)
    handles: dict[str, Artist] = {}
    for pair, (letter, panels) in enumerate(zip(ascii_lowercase, cells.T, strict=False)):
        found = trials_of(data.time, data.example("learning_gate"), pair, n_pairs)
        responses = [data.all(f"cr_{k + 1}") for k in range(n_pairs)]
        drawn = [pair, *strongest_other(responses, found, pair)]
        for phase, axes in zip(PHASES, panels, strict=True):
            of_phase = [trial for trial in found if trial.phase == phase]
            for trial in of_phase[-1:]:
                time, values = _of_trial(data, f"ur_{pair + 1}", trial)
                style.draw_median(axes, time, values, **UNCONDITIONED_LINE)
            for k in drawn:
                shades = style.shades(palette[k], len(of_phase))
                for trial, color in zip(of_phase, shades, strict=True):
                    time, values = _of_trial(data, f"cr_{k + 1}", trial)
                    style.draw_median(axes, time, values, color=color, label=f"CR {k + 1}")
            axes.axvspan(0, OFFSET - CS_ONSET, color="0.93", zorder=-2, label="CS")
            us = US_ONSET - CS_ONSET, OFFSET - CS_ONSET
            axes.axvspan(*us, color="0.82", zorder=-1, label="CS and US")
            if not of_phase:
                axes.text(0.5, 0.5, "no trial", transform=axes.transAxes, ha="center")
            drawings, labels = axes.get_legend_handles_labels()
            handles |= dict(zip(labels, drawings, strict=True))
        style.title(panels[0], letter, f"pair {pair + 1}")
        panels[-1].set(xlabel="Time since CS onset (s)", xlim=(-BEFORE_ONSET, TRIAL))
    for phase, axes in zip(PHASES, cells[:, 0], strict=True):
        axes.set_ylabel(f"Response\n{phase} learning")
    told = f"{style.over_seeds(data)}: median, 90 % band; the later a trial, the darker"
    style.headline(figure, told, settings)
    names = sorted(handles)
    figure.legend(
        [handles[name] for name in names], names, loc="outside lower center", ncols=len(names)
    )
    return figure


@dataclass(frozen=True)
class Trial:
    """One presentation of a CS.

    Attributes
    ----------
    onset : float
        When the CS comes on, in seconds.
    phase : str
        One of :data:`PHASES`.
    steps : slice
        The time steps that are drawn.
    """

    onset: float
    phase: str
    steps: slice


def trials_of(time: np.ndarray, gate: np.ndarray, pair: int, n_pairs: int) -> list[Trial]:
    """The complete trials of one pair, in their order.

    Parameters
    ----------
    time : numpy.ndarray, shape (steps,)
        Seconds, at equal distances; the simulation begins at 0.
    gate : numpy.ndarray, shape (steps,)
        0 where learning is on.
    pair : int
        Which pair, from 0: it takes one second of each cycle.
    n_pairs : int
        Number of pairs, and seconds in a cycle.

    Returns
    -------
    list of Trial
        One for each CS onset that is followed by a whole trial.
    """
    half_step = time[0] / 2
    open_ = time[gate == 0]
    every = max(1, round(TRIAL / time[0]) // MAX_TRIAL_POINTS)
    trials = []
    for onset in np.arange(pair + CS_ONSET, time[-1] - TRIAL + half_step, n_pairs):
        first, last = np.searchsorted(
            time, [onset - BEFORE_ONSET + half_step, onset + TRIAL + half_step]
        )
        began, ended = (np.any(open_ <= onset), np.all(open_ <= onset))
        phase = "before" if not began else "after" if ended else "during"
        trials.append(Trial(float(onset), phase, slice(int(first), int(last), every)))
    return trials


def strongest_other(responses: Sequence[np.ndarray], trials: list[Trial], pair: int) -> list[int]:
    """Which other dimension responds most in the trials of a pair after learning.

    Parameters
    ----------
    responses : sequence of numpy.ndarray, shape (seeds, steps)
        One array a dimension.
    trials : list of Trial
        The pair's trials; if none is after learning, all of them count.
    pair : int
        The pair's own dimension, from 0.

    Returns
    -------
    list of int
        The dimension with the largest peak, by size and in the median over the seeds; empty where
        there is no other.
    """
    counted = [trial for trial in trials if trial.phase == "after"] or trials
    peaks = {
        k: np.median(
            np.max([np.abs(response[:, trial.steps]).max(axis=1) for trial in counted], axis=0)
        )
        for k, response in enumerate(responses)
        if k != pair and counted
    }
    return [max(peaks, key=peaks.__getitem__)] if peaks else []


def _of_trial(data: style.Runs, column: str, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """Time since the CS onset, shape (points,), and a trace of all seeds, shape (seeds, points)."""
    return data.time[trial.steps] - trial.onset, data.all(column, trial.steps)


def _dimensions(runs: Sequence[Path], response: str) -> int:
    names = pq.read_schema(runs[0]).names
    return sum(name.removeprefix(f"{response}_").isdigit() for name in names)


def _stimuli_and_responses(
    runs: Sequence[Path], settings: FigureSettings, stimulus: str, response: str, name: str
) -> Figure:
    dimensions = _dimensions(runs, response)
    columns = [f"{kind}_{k + 1}" for kind in (stimulus, response) for k in range(dimensions)]
    data = style.Runs(runs, [*columns, "learning_gate"], settings)
    figure, (one, many) = style.panels(settings, 2, 45, ("Time (s)", "Value"))
    for kind, called, line in (
        (stimulus, name, STIMULUS_LINE),
        (response, f"{response.upper()} ", RESPONSE_LINE),
    ):
        for k, color in enumerate(style.colours(dimensions)):
            column, label = f"{kind}_{k + 1}", f"{called}{k + 1}"
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
