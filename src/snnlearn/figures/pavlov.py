"""Figures of the battery of conditioning."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.conditioning.designs import all_trials, letters
from snnlearn.conditioning.rescorla_wagner import TEST, Model, models_of
from snnlearn.experiments.pavlov import Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.results import read_traces

TITLE = "Conditioning battery (PES and Rescorla–Wagner)"

#: How the vertical axes of both figures are called.
RESPONSE = "Evoked CR (1)"

#: Which mark a trial has, by whether the US follows.
MARKS = {True: "o", False: "s"}

#: Panels side by side, and how high a row of them is, millimetres.
COLUMNS, NARROW_COLUMNS, ROW = 4, 2, 42


@caption(
    "The response that the conditioned stimuli evoke in each trial, before the unconditioned one "
    "is due, in every design; dots: median over networks, with their band; black line: the model "
    "of Rescorla and Wagner, fitted to the first panel alone (median). Titles are the phases: A+ "
    "is a trial of A that the US follows, AX- one of A and X together without it. PES is a delta "
    "rule, and so one learning rate and one asymptote from acquisition predict all other designs: "
    "extinction unlearns what was learned, and what A predicts already leaves X nothing to learn. "
    "What animals show and a delta rule does not, the network does not show: it learns no slower "
    "after preexposure, and no faster the second time."
)
def trials(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the responses of all trials, a panel a design.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which designs there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    columns = NARROW_COLUMNS if style.is_narrow(settings) else COLUMNS
    rows = math.ceil(len(parameters.battery) / columns)
    figure = style.blank(settings, 12 + ROW * rows)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    models = [in_trials for in_trials, _ in _models(traces, parameters)]
    panels = iter(grid.flat)
    for number, (name, axes) in enumerate(zip(parameters.battery, panels, strict=False)):
        learning = traces[(traces["design"] == name) & (traces["phase"] != TEST)]
        _draw_trials(axes, learning)
        presented = all_trials(parameters.battery[name])
        told = np.median([model.responses(presented) for model in models], axis=0)
        for kind in sorted({(t.stimuli, t.reinforced) for t in presented if t.stimuli}):
            at = [k for k, t in enumerate(presented) if (t.stimuli, t.reinforced) == kind]
            axes.plot(*_with_gaps(at, told), color="black", linewidth=0.8, label="Rescorla–Wagner")
        axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
        lines = words.wrapped(
            f"{name.replace('_', ' ')}: {', '.join(parameters.battery[name])}",
            settings.width / columns - 12,
            settings.font_size,
        )
        words.title(axes, chr(ord("a") + number), lines)
    for axes in panels:
        axes.remove()
    for axes in grid[:, 0]:
        axes.set_ylabel(RESPONSE)
    for axes in grid[-1]:
        axes.set_xlabel("Trial")
    words.legend_below(figure, settings, title=_networks(traces))
    return figure


def _models(traces: pd.DataFrame, parameters: Parameters) -> list[tuple[Model, Model]]:
    """The models of all runs, of their trials and of their tests."""
    fitted = parameters.fitted_on, parameters.learned
    return [models_of(run, *fitted) for _, run in traces.groupby("seed")]


def _draw_trials(axes: Axes, learning: pd.DataFrame) -> None:
    """Draw the median response of the networks to each kind of trial, and the band."""
    kinds = sorted({*zip(learning["stimuli"], learning["reinforced"], strict=True)})
    for stimuli, reinforced in (kind for kind in kinds if kind[0]):
        of_kind = learning[
            (learning["stimuli"] == stimuli) & (learning["reinforced"] == reinforced)
        ]
        by_seed = of_kind.pivot(index="seed", columns="trial", values="cr")
        at, values = by_seed.columns.to_list(), by_seed.to_numpy()
        color = _colour(stimuli)
        axes.plot(
            at,
            np.median(values, axis=0),
            linestyle="none",
            marker=MARKS[reinforced],
            markersize=1.8,
            markerfacecolor=color if reinforced else "white",
            color=color,
            label=f"{stimuli}{'+' if reinforced else '−'}",
        )
        low, high = style.spread(values)
        axes.vlines(at, low, high, color=color, alpha=style.BAND_STRENGTH, linewidth=1.2)


def _with_gaps(at: Sequence[int], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and their values, with nothing between phases that another one parts."""
    apart = [after - before for before, after in pairwise(at)]
    breaks = [k + 1 for k, gap in enumerate(apart) if gap > 3 * min(apart)]
    places = np.insert(np.asarray(at, float), breaks, np.nan)
    return places, np.insert(values[list(at)], breaks, np.nan)


def _colour(stimuli: str) -> Any:
    """The colour of some stimuli: that of their number and letters."""
    return style.colours(6)[{"A": 0, "B": 2, "X": 1, "AX": 3, "BX": 4}.get(stimuli, 5)]


def _networks(traces: pd.DataFrame) -> str:
    n = traces["seed"].nunique()
    return words.band("dots: median" if n > 1 else "1 network", n, "networks")


@caption(
    "(a) What each design has left: the response that stimuli evoke when learning is over, in the "
    "tests of every network (dots) and in the median (line); rings: what the model of Rescorla and "
    "Wagner predicts from acquisition alone. (b) The same as measured against predicted, medians "
    "over networks. Blocked and overshadowed stimuli evoke less than their controls, and a "
    "stimulus that was never followed by what the other one announced inhibits. The model errs "
    "where stimuli share neurons: X evokes a little where only A was trained, inhibits half as "
    "much as it should, and two strong stimuli together saturate."
)
def tests(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw what the tests of each design evoke.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which designs and tests there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    shown = list(_shown(parameters))
    of_tests = traces[traces["phase"] == TEST]
    n = traces["seed"].nunique()
    models = [in_tests for _, in_tests in _models(traces, parameters)]
    narrow = style.is_narrow(settings)
    figure = style.blank(settings, 25 + 4.6 * len(shown) + (70 if narrow else 0))
    axes, against = (
        figure.subplots(2, 1, height_ratios=[2, 1])
        if narrow
        else figure.subplots(1, 2, width_ratios=[3, 2])
    )
    for row, (design, stimuli) in enumerate(shown):
        of_kind = of_tests[(of_tests["design"] == design) & (of_tests["stimuli"] == stimuli)]
        measured = of_kind.groupby("seed")["cr"].mean().to_numpy()
        presented = all_trials(parameters.battery[design])
        told = np.median([model.response(presented, stimuli) for model in models])
        median, color = np.median(measured), _colour(stimuli)
        axes.plot(
            measured, np.full(len(measured), row), "o", color=color, markersize=1.8, alpha=0.5
        )
        axes.plot([median] * 2, [row - 0.35, row + 0.35], color=color, linewidth=1.5)
        axes.plot(
            told,
            row,
            "o",
            markersize=4,
            markerfacecolor="none",
            color="black",
            label="Rescorla–Wagner",
        )
        against.plot(told, median, "o", color=color, markersize=3, label=stimuli)
    axes.axvline(0, color="0.8", linewidth=0.5, zorder=0)
    axes.set_yticks(
        range(len(shown)),
        [f"{design.replace('_', ' ')}: {stimuli}" for design, stimuli in shown],
    )
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel=RESPONSE, ylabel="Design, and what is tested")
    words.title(axes, "a", f"tests; dots: {n} networks, line: median")
    limits = [min(*axes.get_xlim(), 0), max(axes.get_xlim())]
    against.plot(limits, limits, color="0.6", linewidth=0.6, zorder=0, label="as predicted")
    against.set(xlabel="Predicted CR (1)", ylabel=RESPONSE)
    against.set_aspect("equal", adjustable="box")
    words.title(against, "b", "medians over networks")
    words.legend_below(figure, settings)
    return figure


def _shown(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """The tests of each design that say something of what it has presented."""
    for name, phases in parameters.battery.items():
        presented = {trial.stimuli for trial in all_trials(phases)}
        for stimuli in parameters.tests:
            alone = len(stimuli) == 1 and stimuli in letters(phases)
            summed = len(stimuli) > 1 and set(stimuli) <= letters(phases) and len(presented) > 2
            if alone or summed or stimuli in presented:
                yield name, stimuli
