"""Draw the time of an image against the share of neurons that fire."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns

from snnlearn.figures import FigureSettings, style

#: Marker and place in the palette of each kind of network; those of one curve have a line.
LOOKS = {"trained, other currents": (".", 0), "before training": ("s", 1), "trained": ("o", 3)}


def break_even(rows: pd.DataFrame, floor: float) -> float:
    """Share of firing neurons at which an image takes as long as dense convolutions.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``share`` and ``ms`` of networks.
    floor : float
        Milliseconds of the convolutions alone.

    Returns
    -------
    float
        Between the two networks around it, on a straight line; NaN where all are on one side.
    """
    ordered = rows.sort_values("share")
    share, ms = ordered["share"].to_numpy(), ordered["ms"].to_numpy()
    (above,) = np.nonzero((ms[1:] > floor) & (ms[:-1] <= floor))
    if above.size == 0:
        return float("nan")
    k = above[0]
    return float(share[k] + (share[k + 1] - share[k]) * (floor - ms[k]) / (ms[k + 1] - ms[k]))


def draw(found: Sequence[dict[str, Any]], floor: float | None, place: Path) -> float | None:
    """Draw what :mod:`benchmarks.firing` found, as a PNG and an SVG file.

    Parameters
    ----------
    found : sequence of dict
        ``network``, ``share`` and ``ms`` of each network.
    floor : float, optional
        Milliseconds of the convolutions alone.
    place : pathlib.Path
        The files, without an ending.

    Returns
    -------
    float or None
        The share at the break-even with the convolutions; None without them, or without one.
    """
    settings = FigureSettings(width=89.0)
    style.apply(settings)
    figure = style.blank(settings, height=62.0)
    axes = figure.subplots()
    rows = pd.DataFrame(found)
    palette = sns.color_palette(settings.palette)
    for kind, (marker, colour) in LOOKS.items():
        of_kind = rows[rows["network"] == kind].sort_values("share")
        axes.plot(
            100 * of_kind["share"], of_kind["ms"], marker=marker, markersize=3.5, label=kind,
            linestyle="-" if kind == "trained, other currents" else "none", color=palette[colour],
        )  # fmt: skip
    even = float("nan")
    if floor is not None:
        axes.axhline(floor, color="0.4", linestyle="--", zorder=0, label="dense convolutions alone")
        even = break_even(rows[rows["network"] == "trained, other currents"], floor)
        if np.isnan(even):
            axes.annotate(
                f"no break-even up to {100 * rows['share'].max():.0f} %", (1, floor), (-4, -3),
                xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
                va="top", fontsize=style.small(settings),
            )  # fmt: skip
    if not np.isnan(even):
        axes.axvline(100 * even, color="0.7", linewidth=0.6, zorder=0)
        axes.annotate(
            f"break-even: {100 * even:.2g} %", (100 * even, 1), (-4, -2),
            xycoords=("data", "axes fraction"), textcoords="offset points", ha="right", va="top",
            fontsize=style.small(settings),
        )  # fmt: skip
    axes.set_xlim(0, None)
    axes.set_ylim(0, None)
    axes.set_xlabel("neurons that fire in a step (%)")
    axes.set_ylabel("time of an image (ms)")
    axes.legend(loc="lower right")
    style.save(figure, place, settings)
    return None if np.isnan(even) else even
