"""Figures of Pavlovian conditioning."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from snnlearn.experiments.conditioning import CS_ONSET, OFFSET, TRIAL, US_ONSET, Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.figures.conditioning_trials import (
    BEFORE_ONSET,
    PHASES,
    Trial,
    before_onsets,
    trials_of,
)

TITLE = "Conditioning (PES)"


#: How stimuli and responses are drawn.
LINES: dict[str, dict[str, Any]] = {
    "us": {"linewidth": 0.8},
    "ur": {"linestyle": (0, (1, 1)), "linewidth": 1.5},
    "cr": {"linewidth": 1.0},
}

#: The first and the last dimension of the CS vectors, as greys and widths: one within the other,
#: all are seen where they are on at once.
CS_GREYS, CS_WIDTHS = (0.75, 0.0), (2.0, 0.5)

#: How the CR is drawn that stays when the gate is closed.
TONIC_LINE: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 0.7}

#: How the CR is drawn in the dimension of the pair, above those in the others.
OWN_LINE: dict[str, Any] = {"linewidth": 1.2, "zorder": 2.1}
OTHER_LINE: dict[str, Any] = {"linewidth": 0.6}

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
    "connection: lines are of one seed, as the chapter draws it. The stimuli are the same for all "
    "seeds; of the responses, a band shows how far they differ."
)
def us_ur(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw unconditioned stimuli and the responses they evoke."""
    data = _read(runs, settings, parameters, "us", "ur")
    figure, (axes,) = style.panels(settings, 1, 62, ("Time (s)", "Value (1)"))
    _draw_unconditioned(axes, data, parameters, settings, "us", _numbered("US ", parameters))
    return _finished(figure, data, settings)


@caption(
    "Conditioned stimuli (CS, the three dimensions of their vector, in grey, the first the widest) "
    "beside the unconditioned responses (UR): lines are of one seed, as the chapter draws it. The "
    "stimuli are the same for all seeds; of the responses, a band shows how far they differ."
)
def cs_ur(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw conditioned stimuli beside the unconditioned responses."""
    data = _read(runs, settings, parameters, "cs", "ur")
    figure, (axes,) = style.panels(settings, 1, 62, ("Time (s)", "Value (1)"))
    _draw_unconditioned(axes, data, parameters, settings, "cs", _cs_names(parameters))
    return _finished(figure, data, settings)


@caption(
    "Conditioned stimuli (CS, the three dimensions of their vector, in grey, the first the widest) "
    "and the conditioned responses (CR, in the colours of the pairs) that are learned while the "
    "gate is open. (a) one seed, as the chapter draws it; (b) the responses of all seeds. Dashed, "
    "in the colour of each CR: its tonic part, which stays when learning has stopped and which no "
    "stimulus evokes: the mean over 0.05 s before the onset of each CS."
)
def cs_cr(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw conditioned stimuli and the responses learned to them."""
    data = _read(runs, settings, parameters, "cs", "cr")
    figure, (one, many) = style.panels(settings, 2, 50, ("Time (s)", "Value (1)"))
    _draw_example(one, data, "cs", _cs_names(parameters))
    _draw_example(one, data, "cr", _numbered("CR ", parameters))
    quiet = before_onsets(data.time, data.example("learning_gate"), parameters.dimensions)
    for name, line in _lines("cr", _numbered("CR ", parameters)).items():
        style.draw_spread(many, data, name, **line)
        if quiet.any():
            of_seeds = data.means(name, quiet)
            tonic = {one: of_seeds[data.seeds.index(data.example_seed)], many: np.median(of_seeds)}
            after = data.time[quiet][0], data.time[-1]
            for axes, level in tonic.items():
                axes.plot(after, [level, level], color=line["color"], zorder=3, **TONIC_LINE)
    words.title(one, "a", _of_one(data, parameters))
    words.title(many, "b", words.over_seeds(data))
    named = {"tonic CR": Line2D([], [], color="black", **TONIC_LINE)} if quiet.any() else {}
    return _finished(figure, data, settings, named)


@caption(
    "The error CR - UR that drives PES, while the gate is open; before and after, it is "
    "inhibited. (a) one seed, as the chapter draws it; (b) all seeds."
)
def error(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the error: all its dimensions, or the first."""
    n_drawn = parameters.dimensions if parameters.errors_shown == "all" else 1
    columns = [f"error_{k + 1}" for k in range(n_drawn)]
    data = style.Runs(runs, [*columns, "learning_gate"], settings)
    figure, (one, many) = style.panels(settings, 2, 45, ("Time (s)", "Error, CR − UR (1)"))
    for k, (name, color) in enumerate(zip(columns, style.colours(n_drawn), strict=True)):
        line: dict[str, Any] = {"color": color, "label": f"Error {k + 1}"}
        one.plot(data.time, data.example(name), linewidth=0.6, **line)
        style.draw_spread(many, data, name, **line)
    words.title(one, "a", _of_one(data, parameters))
    words.title(many, "b", words.over_seeds(data))
    learning = data.time[data.example("learning_gate") == 0]
    drawn = learning if len(learning) > 0 else data.time
    many.set_xlim(drawn[0] - data.time[0], drawn[-1])
    words.legend_below(figure, settings)
    return figure


@caption(
    "The signal that inhibits the error ensemble: learning happens only while it is 0. Above it, "
    "when the CS and the US of each pair are on: those within the grey are what is learned from. "
    "All of it is the same for every seed."
)
def learning_gate(
    runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters
) -> Figure:
    """Draw the gate that opens and closes learning, and what is presented meanwhile."""
    data = _read(runs, settings, parameters, "cs", "us")
    figure, (axes,) = style.panels(settings, 1, 55, ("Time (s)", "Learning gate (1)"))
    color = style.colour("learning gate")
    axes.plot(data.time, data.example("learning_gate"), color=color, label="gate")
    stimuli = {f"US {k + 1}": data.example(f"us_{k + 1}") for k in range(parameters.dimensions)}
    vectors = [data.example(f"cs_{k + 1}") for k in range(parameters.dimensions)]
    rows = {1.7: {"CS": np.any(vectors, axis=0)}, 2.2: stimuli}
    colors = {"CS": "0.5"} | dict(zip(stimuli, style.colours(parameters.dimensions), strict=True))
    for height, shown in rows.items():
        for name, values in shown.items():
            axes.fill_between(
                *(data.time, height - 0.15, height + 0.15),
                where=values != 0,
                color=colors[name],
                linewidth=0,
                label=name,
            )
    axes.set_yticks([0, 1, *rows], ["0 (open)", "1 (closed)", "CS is on", "US is on"])
    return _finished(figure, data, settings)


@caption(
    "Responses in each trial, aligned to the onset of its CS: a column for each pair, a row for "
    "the trials whose CS comes on before, during and after learning, the later the darker. Of the "
    "CRs, the one in the pair's own dimension (thick) should become like the UR (dotted), and the "
    "others should stay away. Lines are medians over all seeds. Light grey: the CS is on; dark "
    "grey: the US too."
)
def trials(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the responses in each trial, aligned to the onset of its CS: median and spread.

    There is a column for each pair, and a row for the trials before, during and after learning.
    """
    n_pairs = _dimensions(runs, "cr")
    columns = [f"{kind}_{k + 1}" for kind in ("ur", "cr") for k in range(n_pairs)]
    data = style.Runs(runs, [*columns, "learning_gate"], settings)
    palette = style.colours(n_pairs)
    figure = style.blank(settings, 125)
    cells = figure.subplots(len(PHASES), n_pairs, sharex=True, sharey=True, squeeze=False)
    for pair, (letter, panels) in enumerate(zip(ascii_lowercase, cells.T, strict=False)):
        found = trials_of(data.time, data.example("learning_gate"), pair, n_pairs)
        for phase, axes in zip(PHASES, panels, strict=True):
            of_phase = [trial for trial in found if trial.phase == phase]
            for trial in of_phase[-1:]:
                time, values = _of_trial(data, f"ur_{pair + 1}", trial)
                style.draw_median(axes, time, values, **UNCONDITIONED_LINE)
            for k in range(n_pairs):
                line = {"label": f"CR {k + 1}"} | (OWN_LINE if k == pair else OTHER_LINE)
                shades = style.shades(palette[k], len(of_phase))
                for trial, color in zip(of_phase, shades, strict=True):
                    time, values = _of_trial(data, f"cr_{k + 1}", trial)
                    style.draw_median(axes, time, values, color=color, **line)
            axes.axvspan(0, OFFSET - CS_ONSET, color="0.93", zorder=-2, label="CS")
            us = US_ONSET - CS_ONSET, OFFSET - CS_ONSET
            axes.axvspan(*us, color="0.82", zorder=-1, label="CS and US")
            if not of_phase:
                axes.text(0.5, 0.5, "no trial", transform=axes.transAxes, ha="center")
        words.title(panels[0], letter, f"pair {pair + 1}")
        panels[-1].set(xlabel="Time since\nCS onset (s)", xlim=(-BEFORE_ONSET, TRIAL))
    for phase, axes in zip(PHASES, cells[:, 0], strict=True):
        axes.set_ylabel(f"Response (1)\n{phase} learning")
    told = f"{_neurons(parameters)}; {words.over_seeds(data)}"
    words.headline(figure, told, settings)
    named: dict[str, Any] = {
        f"CR {k + 1}": Line2D([], [], color=color) for k, color in enumerate(palette)
    }
    named["first to last trial"] = tuple(
        Line2D([], [], color=color) for color in style.shades("black", 3)
    )
    in_a_row = {tuple: HandlerTuple(ndivide=None, pad=0)}
    words.legend_below(figure, settings, named, handler_map=in_a_row)
    return figure


def _of_trial(data: style.Runs, column: str, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """Time since the CS onset, shape (points,), and a trace of all seeds, shape (seeds, points)."""
    return data.time[trial.steps] - trial.onset, data.all(column, trial.steps)


def _dimensions(runs: Sequence[Path], response: str) -> int:
    names = pq.read_schema(runs[0]).names
    return sum(name.removeprefix(f"{response}_").isdigit() for name in names)


def _read(
    runs: Sequence[Path], settings: FigureSettings, parameters: Parameters, *kinds: str
) -> style.Runs:
    """Traces of some kinds, and the gate."""
    columns = [f"{kind}_{k + 1}" for kind in kinds for k in range(parameters.dimensions)]
    return style.Runs(runs, [*columns, "learning_gate"], settings)


def _numbered(name: str, parameters: Parameters) -> list[str]:
    return [f"{name}{k + 1}" for k in range(parameters.dimensions)]


def _cs_names(parameters: Parameters) -> list[str]:
    return _numbered(CS_NAMES[parameters.stimulus_names], parameters)


def _lines(kind: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How the traces of a kind are drawn: those of a pair in its colour, dimensions of CS in grey.

    A dimension of the CS is none of a response: most stimuli have more than one.
    """
    n = len(names)
    if kind == "cs":
        greys, widths = np.linspace(*CS_GREYS, n), np.linspace(*CS_WIDTHS, n)
        looks = [
            {"color": str(grey), "linewidth": width}
            for grey, width in zip(greys, widths, strict=True)
        ]
    else:
        looks = [LINES[kind] | {"color": color} for color in style.colours(n)]
    return {
        f"{kind}_{k + 1}": look | {"label": name}
        for k, (look, name) in enumerate(zip(looks, names, strict=True))
    }


def _draw_example(axes: Axes, data: style.Runs, kind: str, names: Sequence[str]) -> None:
    """Draw traces of one seed; of too many points, dotted lines look solid."""
    for column, line in _lines(kind, names).items():
        axes.plot(data.time[data.thinned], data.example(column)[data.thinned], **line)


def _draw_unconditioned(
    axes: Axes,
    data: style.Runs,
    parameters: Parameters,
    settings: FigureSettings,
    stimulus: str,
    names: Sequence[str],
) -> None:
    """Draw stimuli and unconditioned responses of one seed, and the spread of all responses."""
    responses = _numbered("UR ", parameters)
    _draw_example(axes, data, stimulus, names)
    _draw_example(axes, data, "ur", responses)
    time = data.time[data.thinned]
    for column, line in _lines("ur", responses).items():
        style.band(axes, time, *style.spread(data.all(column, data.thinned)), line["color"])
    told = words.band(f"lines: {_of_one(data, parameters)}", len(data.seeds))
    axes.set_title(words.wrapped(told, 0.8 * settings.width, settings.font_size), loc="left")


def _of_one(data: style.Runs, parameters: Parameters) -> str:
    """What one seed is of."""
    return f"one seed ({data.example_seed}), {_neurons(parameters)}"


def _neurons(parameters: Parameters) -> str:
    """How many neurons were simulated, in words."""
    return f"{parameters.n_neurons_per_dimension} neurons per dimension"


def _finished(
    figure: Figure,
    data: style.Runs,
    settings: FigureSettings,
    named: Mapping[str, Any] | None = None,
) -> Figure:
    """Shade the time of learning, name what is drawn, and return the figure."""
    for axes in figure.axes:
        style.shade_learning(axes, data)
        axes.set_xlim(0, np.ceil(data.time[-1]))
    words.legend_below(figure, settings, named)
    return figure
