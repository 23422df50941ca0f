"""Draw the time and the memory of `channel` against the number of seeds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns

from snnlearn.figures import FigureSettings, style


def fixed_and_marginal(seeds: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """What a run costs whatever it does, and what each seed adds.

    Parameters
    ----------
    seeds : numpy.ndarray of int, shape (runs,)
        Seeds of each run.
    seconds : numpy.ndarray of float, shape (runs,)
        How long it took.

    Returns
    -------
    (float, float)
        In seconds: the line with the least squares of relative errors.
    """
    marginal, fixed = np.polyfit(seeds, seconds, 1, w=1 / seconds)
    return float(fixed), float(marginal)


def draw(found: Sequence[dict[str, Any]], place: Path) -> dict[str, float]:
    """Draw what :mod:`benchmarks.scaling` found, as a PNG and an SVG file.

    Parameters
    ----------
    found : sequence of dict
        ``seeds``, ``seconds`` and ``memory`` (the most that a job took, in MB) of each run.
    place : pathlib.Path
        The files, without an ending.

    Returns
    -------
    dict of str to float
        ``fixed`` and ``marginal`` cost, in seconds.
    """
    settings = FigureSettings(width=89.0)
    style.apply(settings)
    figure = style.blank(settings, height=80.0)
    time, memory = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    rows = pd.DataFrame(found).sort_values("seeds")
    fixed, marginal = fixed_and_marginal(rows["seeds"].to_numpy(), rows["seconds"].to_numpy())
    colour, other = sns.color_palette(settings.palette)[:2]
    along = np.geomspace(rows["seeds"].min(), rows["seeds"].max(), 200)
    time.plot(rows["seeds"], rows["seconds"], "o", markersize=4, color=colour, label="measured")
    time.plot(
        along, fixed + marginal * along, color=colour,
        label=f"{fixed:.2g} s + {1e3 * marginal:.3g} ms a seed",
    )  # fmt: skip
    time.axhline(fixed, color="0.4", linestyle="--", zorder=0, label="fixed part")
    time.set_xscale("log")
    time.set_yscale("log")
    time.set_ylabel("time of a run (s)")
    time.legend(loc="upper left")
    memory.plot(rows["seeds"], rows["memory"], "o-", markersize=4, color=other)
    memory.set_ylim(0, 1.25 * rows["memory"].max())
    memory.set_ylabel("memory of\na job (MB)")
    memory.set_xlabel("seeds of channel, 10 s each")
    style.save(figure, place, settings)
    return {"fixed": fixed, "marginal": marginal}
