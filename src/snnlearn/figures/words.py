"""The words on figures: of panels, above and below them, and what bands are."""

import math
import re
from collections.abc import Mapping
from typing import Any

from matplotlib import cbook, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.textpath import text_to_path

from snnlearn.figures import FigureSettings, style


def title(axes: Axes, letter: str, text: str) -> None:
    """Name a panel: a bold letter at its upper left corner, and beside it some words."""
    axes.set_title(text, loc="left")
    axes.annotate(
        letter + "\n" * text.count("\n"),  # at the height of the first line
        (0, 1),
        xytext=(-4, style.TITLE_PAD),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="baseline",
        fontweight="bold",
        fontsize=rcParams["axes.titlesize"],
        annotation_clip=False,
    )


def headline(figure: Figure | SubFigure, text: str, settings: FigureSettings) -> None:
    """Write some words above all panels of a figure, in as many lines as they take."""
    lines = wrapped(text, 0.97 * settings.width, settings.font_size)
    figure.suptitle(lines, fontsize=settings.font_size, x=0.01, ha="left")


def wrapped(text: str, room: float, size: float) -> str:
    """Break words into lines, but none between a number and its percent sign.

    Parameters
    ----------
    text : str
        The words.
    room : float
        How long a line may be, in millimetres.
    size : float
        Size of the font in points.

    Returns
    -------
    str
        The lines. One that is a single word may be longer.
    """
    lines = [""]
    for word in re.split(r"\s+(?!%)", text.strip()):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and length(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def length(text: str, size: float) -> float:
    """Length of a line of text in millimetres, at a size in points."""
    font, formula = FontProperties(size=size), cbook.is_math_text(text)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=formula)
    return float(width) / 72 * style.MM_PER_INCH


def legend_below(
    figure: Figure | SubFigure,
    settings: FigureSettings,
    more: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Legend:
    """Name once what is drawn in all panels of a figure, below them, in columns that fit.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or matplotlib.figure.SubFigure
        The figure.
    settings : FigureSettings
        Gives the width, and the size of the text.
    more : mapping of str to handle, optional
        What is named in addition.
    **changed
        For the legend.

    Returns
    -------
    matplotlib.legend.Legend
        The legend.
    """
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    entries |= more or {}
    size = style.small(settings)
    # A handle and the space around it are as wide as five letters are high.
    column = max(length(label, size) for label in entries) + 5 * size / 72 * style.MM_PER_INCH
    rows = math.ceil(len(entries) / max(1, int(settings.width / column)))
    columns = math.ceil(len(entries) / rows)
    return figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside lower center",
        ncols=columns,
        **changed,
    )


def band(line: str, n: int, of: str = "seeds") -> str:
    """Say on a figure what a line is, and what the band around it, which is the same in all.

    Parameters
    ----------
    line : str
        What the line is.
    n : int
        How many there are of what the band is of.
    of : str
        What that is.

    Returns
    -------
    str
        The line alone where there is but one.
    """
    if n == 1:
        return line
    share = f"{100 * style.SHARE:.0f} %" if n >= style.FEWEST_FOR_SHARE else "range"
    return f"{line}; band: {share} of {n} {of}"


def over_seeds(runs: style.Runs) -> str:
    """What lines and bands are in a panel that shows medians over all seeds."""
    n = len(runs.seeds)
    return band("line: median" if n > 1 else "1 seed", n)
