"""How the classifier's figures name the data set and its classes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from snnlearn.data.obtaining import STAND_IN
from snnlearn.figures import FigureSettings, style, words
from snnlearn.mnist.network import N_CLASSES

NUMBERS = tuple(str(label) for label in range(N_CLASSES))

#: Share of the width of a column that words above and below its pictures may take.
ROOM = 0.93


def headline(variant: str) -> str:
    """What data and parameters results are of, in words."""
    parameters, data = variant.split("/", 1)
    if data == STAND_IN:
        return (
            "UCI digits stand in for the images asked for, which were not available; "
            f"{parameters} parameters"
        )
    return f"Data set: {data}; {parameters} parameters"


def class_names(classes: Sequence[str] | None, traces: pd.DataFrame) -> tuple[str, ...]:
    """Names of the classes: their numbers where none are given, or digits stand in.

    Parameters
    ----------
    classes : sequence of str, optional
        The names that the configuration gives.
    traces : pandas.DataFrame
        Their ``variant`` says what the images are.

    Returns
    -------
    tuple of str
        Ten names.
    """
    stands_in = traces["variant"].iloc[0].endswith(f"/{STAND_IN}")
    return NUMBERS if classes is None or stands_in else tuple(classes)


def name_ticks(axes: Axes, names: Sequence[str], which: str) -> None:
    """Put the names of the classes on axes (``x``, ``y`` or ``xy``): words on x are upright."""
    if "x" in which:
        axes.set_xticks(range(N_CLASSES), names)
        axes.tick_params(axis="x", rotation=0 if tuple(names) == NUMBERS else 90)
    if "y" in which:
        axes.set_yticks(range(N_CLASSES), names)


def fitting_names(names: Sequence[str], settings: FigureSettings) -> tuple[tuple[str, ...], str]:
    """Names of the classes for ten columns side by side, and a key where only numbers fit.

    Parameters
    ----------
    names : sequence of str
        The names.
    settings : FigureSettings
        Gives the width, and the size of the text.

    Returns
    -------
    names : tuple of str
        The names, or numbers.
    key : str
        What the numbers stand for; empty where names fit, or are numbers themselves.
    """
    room = ROOM * settings.width / N_CLASSES
    longest = max(
        max(words.length(name, settings.font_size) for name in names),
        max(words.length(f"→ {name}", style.small(settings)) for name in names),
    )
    if tuple(names) == NUMBERS or longest <= room:
        return tuple(names), ""
    return NUMBERS, ", ".join(f"{label} {name}" for label, name in enumerate(names))


def draw_counts(
    figure: Figure,
    matrix: Axes,
    counts: np.ndarray,
    names: Sequence[str],
    settings: FigureSettings,
) -> None:
    """Draw numbers of images in boxes, in the colours of the errors.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Gets a colour bar.
    matrix : matplotlib.axes.Axes
        Where to draw.
    counts : numpy.ndarray, shape (classes, classes)
        Numbers of images: a row for each class, a column for each that they are taken for.
    names : sequence of str
        Names of the classes.
    settings : FigureSettings
        Gives the size of the text.
    """
    errors = np.ma.masked_array(counts, mask=np.eye(N_CLASSES, dtype=bool) | (counts == 0))
    most = errors.max() if errors.count() > 0 else 1
    image = matrix.imshow(errors, cmap="Oranges", vmin=0, vmax=most, aspect="auto")
    for true, predicted in np.ndindex(counts.shape):
        count = float(counts[true, predicted])
        if true == predicted:
            matrix.add_patch(Rectangle((true - 0.5, true - 0.5), 1, 1, color="0.9", linewidth=0))
        if count > 0 or true == predicted:
            dark = true != predicted and count > 0.6 * most
            color = "white" if dark else "black"
            told = f"{count:.0f}" if count >= 100 or count.is_integer() else f"{count:.1f}"
            box = matrix.text(predicted, true, told, color=color, fontsize=style.small(settings))
            box.set(ha="center", va="center")
    name_ticks(matrix, names, "xy")
    matrix.set(xlabel="Class the image is taken for", ylabel="Class of the image")
    figure.colorbar(image, ax=matrix, label="Misread images (1)", shrink=0.6, aspect=30)
