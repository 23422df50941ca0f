"""Turn measurements into a table and a figure, and join the parts of the comparison."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from benchmarks.measuring import PAGE, PIPELINE, Measurement


def table(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """Median, smallest and largest value of each measurement, and how much faster it is.

    Parameters
    ----------
    measurements : sequence of Measurement
        All of them.

    Returns
    -------
    pandas.DataFrame
        One row a measurement, indexed by task and way: ``median``, ``least``, ``most``, ``unit``,
        ``n`` (repetitions) and ``ratio`` (the median of the chapter's way of the same task
        divided by this median; empty where there is none).
    """
    pages = {m.task: np.median(m.values) for m in measurements if m.way == PAGE}
    rows = [
        {
            "task": m.task,
            "way": m.way,
            "median": np.median(m.values),
            "least": min(m.values),
            "most": max(m.values),
            "unit": m.unit,
            "n": len(m.values),
            "ratio": pages.get(m.task, np.nan) / np.median(m.values),
        }
        for m in measurements
    ]
    return pd.DataFrame(rows).set_index(["task", "way"]).round(3)


def joined(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Join what the parts of the comparison counted.

    Parameters
    ----------
    parts : sequence of dict
        What :mod:`benchmarks.comparison` reports.

    Returns
    -------
    dict
        ``agreement``: share of neuron-steps of each layer with the same output. ``margin``:
        how far the silent one of two neurons that part for the first time was below its
        threshold; the largest, and how many there were. ``accuracy_difference``: the largest over
        all steps. ``other_classes``: images with another answer at the last step.
    """
    total = {
        key: np.sum([part[key] for part in parts], axis=0)
        for key in ("images", "neuron_steps", "different", "spikes", "other_classes")
    }
    margins = np.concatenate([part["margins_of_first_differences"] for part in parts])
    errors = np.concatenate([part["largest_readout_error"] for part in parts])
    right = {
        engine: np.sum([part["right"][engine] for part in parts], axis=0) / total["images"]
        for engine in ("compiled", "nengo-dl")
    }
    return {
        "dataset": parts[0]["dataset"],
        "images": int(total["images"]),
        "spikes": total["spikes"].tolist(),
        "agreement": (1 - total["different"] / total["neuron_steps"]).tolist(),
        "margin": {"n": len(margins), "largest": float(margins.max(initial=0))},
        "readout_error": {"median": float(np.median(errors)), "largest": float(errors.max())},
        "other_classes": int(total["other_classes"]),
        "other_answers_at_any_step": sum(part["other_answers_at_any_step"] for part in parts),
        "accuracy": {engine: float(values[-1]) for engine, values in right.items()},
        "accuracy_difference": float(np.abs(right["compiled"] - right["nengo-dl"]).max()),
    }


def draw(measurements: Sequence[Measurement], path: Path) -> None:
    """Draw how long the same work takes in each way, as a PNG file.

    Parameters
    ----------
    measurements : sequence of Measurement
        All of them; tasks that the chapter's way does not do are left out.
    path : pathlib.Path
        The file.
    """
    tasks = [m.task for m in measurements if m.way == PAGE]
    sns.set_theme(context="paper", style="ticks", palette="colorblind", font_scale=0.9)
    figure = Figure(figsize=(7, 1.1 * len(tasks)), layout="constrained")
    axes = figure.subplots(len(tasks), 1, squeeze=False)[:, 0]
    colours = dict(zip((PAGE, PIPELINE), sns.color_palette("colorblind"), strict=False))
    for panel, task in zip(axes, tasks, strict=True):
        shown = [m for m in measurements if m.task == task][::-1]
        medians = [float(np.median(m.values)) for m in shown]
        ends = np.array([[min(m.values), max(m.values)] for m in shown])
        spread = np.abs(ends - np.array(medians)[:, np.newaxis])
        ways = [m.way for m in shown]
        panel.barh(ways, medians, xerr=spread.T, color=[colours.get(way, "0.7") for way in ways])
        for way, median, (_, most) in zip(ways, medians, ends, strict=True):
            panel.annotate(
                f"{median:.3g}", (most, way), (4, 0), textcoords="offset points", va="center"
            )
        panel.set_xlim(0, 1.15 * max(max(m.values) for m in shown))
        panel.set_xlabel(f"{task} ({shown[0].unit})")
        sns.despine(ax=panel)
    figure.savefig(path, dpi=200, metadata={"Software": None})
