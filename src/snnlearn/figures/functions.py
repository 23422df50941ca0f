"""Figures of the functions and rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from snnlearn.experiments.functions import Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.learning.learned import LEARNING, PHASES
from snnlearn.results import read_traces

TITLE = "Functions and rules (PES, RLS, least squares offline)"

#: How the vertical axes of both figures are called.
ERROR = "RMS of error / of target (1)"

#: What the solvers offline are called, and how they are drawn.
OFFLINE = {
    "offline": ("offline, with noise", "black"),
    "offline_noise_free": ("offline, noise-free", "0.6"),
}

#: What theory is called, and its line.
THEORY = {"modes": ("PES by modes of LMS", ":"), "steps": ("PES by LMS step by step", "--")}

#: What the phases are called below the panels.
NAMES = ("end", "reten-\ntion", "general-\nization", "extra-\npolation")

#: What stands above the panels.
FORMULAS = {"identity": "identity, x", "square": "square, x²", "product": "product, x·y"}


@caption(
    "The error of three functions of the same input while the same neurons learn them, over that "
    "of decoders of zero, which is 1. RLS comes close to what least squares find offline within "
    "seconds; PES takes several times as long, longer for square and product than for identity. "
    "How the error of PES goes is foretold before the run by the recursion of LMS, step by step "
    "with the rates of the neurons. The modes of LMS, which are an average over inputs that do not "
    "depend on those before, are faster than PES is with an input that changes slowly."
)
def learning(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the errors over time, a panel a function.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which functions and rules there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    courses = traces[traces["phase"] == LEARNING]
    figure, panels = _panels(settings, parameters, 62)
    for number, (axes, function) in enumerate(zip(panels, parameters.functions, strict=True)):
        of_function = courses[courses["function"] == function]
        for learner, (label, color) in _learners(parameters).items():
            of_learner = of_function[of_function["learner"] == learner]
            line = {"color": color, "label": label, "zorder": 3}
            _draw_course(axes, of_learner, "nrmse", band=learner not in OFFLINE, **line)
        if "pes" in parameters.labels and parameters.pes_learning_rate > 0:
            of_pes = of_function[of_function["learner"] == "pes"]
            for theory, (label, style_of_line) in THEORY.items():
                line = {"color": style.colour("theory"), "label": label, "zorder": 4}
                _draw_course(axes, of_pes, theory, linestyle=style_of_line, **line)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.set(xlabel="Time (s)", yscale="log", xlim=(0, parameters.duration))
        _finish(axes, number, function)
    n = courses["seed"].nunique()
    title = words.band("line: median" if n > 1 else "1 network", n, "networks")
    words.legend_below(figure, settings, title=title)
    return figure


def _draw_course(
    axes: Axes, table: pd.DataFrame, column: str, band: bool = False, **line: Any
) -> None:
    """Draw the median over networks, with its band where it is asked for."""
    by_seed = table.pivot(index="seed", columns="time", values=column)
    values, time = by_seed.to_numpy(), by_seed.columns.to_numpy()
    if band:
        style.draw_median(axes, time, values, **line)
    else:
        axes.plot(time, np.median(values, axis=0), **line)


def _learners(parameters: Parameters) -> dict[str, tuple[str, Any]]:
    """What is drawn: its label and colour."""
    names = dict(zip(parameters.labels, parameters.rules, strict=True))
    places = [place for place in range(len(names) + 2) if place not in (1, 2)]
    palette = style.colours(len(names) + 2)
    drawn = {
        label: (rule.rpartition(":")[2], palette[place])
        for (label, rule), place in zip(names.items(), places, strict=True)
    }
    return drawn | OFFLINE


def _panels(
    settings: FigureSettings, parameters: Parameters, height: float
) -> tuple[Figure, list[Axes]]:
    """A panel a function: side by side, or one below the other in a narrow figure."""
    n = len(parameters.functions)
    narrow = style.is_narrow(settings)
    figure = style.blank(settings, 16 + (height - 14) * n if narrow else height)
    shape = (n, 1) if narrow else (1, n)
    panels = list(figure.subplots(*shape, squeeze=False, sharey=True).flat)
    for axes in panels if narrow else panels[:1]:
        axes.set_ylabel(ERROR)
    return figure, panels


def _finish(axes: Axes, number: int, function: str) -> None:
    """Name a panel, and write plain numbers on its vertical axis."""
    words.title(axes, chr(ord("a") + number), FORMULAS[function])
    axes.yaxis.set_major_formatter("{x:g}")


@caption(
    "The error at the end of learning, and when learning has stopped: with the same input again "
    "(retention), a new one of the same law (generalization), and one beyond what the neurons "
    "represent (extrapolation). What RLS has learned stays, and is as good as what is found "
    "offline. The error of PES is larger by a third and more as soon as learning stops: while it "
    "learns, its decoders follow the input. Beyond the range that the neurons represent no "
    "decoders hold, neither learned ones nor those found offline."
)
def phases(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the errors of the phases by rule, a panel a function.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which functions and rules there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    learners = _learners(parameters)
    figure, panels = _panels(settings, parameters, 66)
    apart = 0.8 / len(learners)
    for number, (axes, function) in enumerate(zip(panels, parameters.functions, strict=True)):
        of_function = traces[traces["function"] == function]
        for place, (learner, (label, color)) in enumerate(learners.items()):
            of_learner = of_function[of_function["learner"] == learner]
            for row, phase in enumerate(PHASES):
                values = of_learner["nrmse"][of_learner["phase"] == phase].dropna().to_numpy()
                x = row + (place - (len(learners) - 1) / 2) * apart
                axes.plot(
                    np.full(len(values), x), values, "o", color=color, markersize=1.8, alpha=0.5
                )
                middle = [np.median(values) if len(values) > 0 else np.nan] * 2
                line = {"color": color, "label": label, "linewidth": 1.6}
                axes.plot([x - 0.45 * apart, x + 0.45 * apart], middle, **line)
        axes.set(yscale="log", xlabel="Phase")
        axes.set_xticks(range(len(PHASES)), NAMES)
        axes.set_xlim(-0.6, len(PHASES) - 0.4)
        _finish(axes, number, function)
    n = traces["seed"].nunique()
    title = f"dots: {n} networks, line: median" if n > 1 else "1 network"
    words.legend_below(figure, settings, title=title)
    return figure
