"""Turn measurements into a table and a figure, and join the parts of the comparison."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from benchmarks.measuring import (
    EVALUATION,
    FLOORS,
    PAGE,
    PEERS,
    PIPELINE,
    PLAIN_PYTORCH,
    TRAINING,
    Measurement,
    on_threads,
)

#: How many times this pipeline's time others are to take: task, threads (None: all), who these
#: are, their ways, of which the fastest counts, least ratio.
GOALS = (
    (EVALUATION, None, "chapter's way", (PAGE,), 60),
    (EVALUATION, None, "fastest peer", PEERS, 9),
    (EVALUATION, None, "fastest convolutions alone", FLOORS, 2),
    (EVALUATION, 1, "chapter's way", (PAGE,), 25),
    (TRAINING, None, "chapter's way", (PAGE,), 6),
    (TRAINING, None, "plain PyTorch", (PLAIN_PYTORCH,), 1 / 1.1),
)


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
        ``n`` (repetitions), ``ratio`` (the median of the chapter's way of the same task divided by
        this median; empty where there is none) and ``same`` (share of the test images with the
        chapter's answer at the last step; empty where there are no answers), of so many
        ``images``.
    """
    pages = {m.task: np.median(m.values) for m in measurements if m.way == PAGE}
    answers = {m.task: m.answers for m in measurements if m.way == PAGE}
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
            **_same(m.answers, answers.get(m.task, "")),
        }
        for m in measurements
    ]
    return pd.DataFrame(rows).set_index(["task", "way"]).round(3)


def _same(answers: str, expected: str) -> dict[str, float]:
    """Share of equal answers, of the images that both have seen, and how many these are."""
    equal = [ours == theirs for ours, theirs in zip(answers, expected, strict=False)]
    return {"same": float(np.mean(equal)), "images": len(equal)} if equal else {}


def ratios(measurements: Sequence[Measurement], threads: int) -> list[dict[str, Any]]:
    """How many times this pipeline's time of the same task others take.

    Parameters
    ----------
    measurements : sequence of Measurement
        All of them.
    threads : int
        How many of them are all.

    Returns
    -------
    list of dict
        ``task``, ``what``, its ``way``, ``ratio`` of the medians and the ``goal``; those that were
        not measured are left out.
    """
    medians = {(m.task, m.way): float(np.median(m.values)) for m in measurements}
    found = []
    for work, of_goal, what, ways, goal in GOALS:
        task = on_threads(work, of_goal or threads)
        others = {way: medians[task, way] for way in ways if (task, way) in medians}
        if others and (task, PIPELINE) in medians:
            way = min(others, key=lambda way: others[way])
            row = {"task": task, "what": what, "way": way}
            found.append(row | {"ratio": others[way] / medians[task, PIPELINE], "goal": goal})
    return found


def floor(measurements: Sequence[Measurement], threads: int) -> float | None:
    """Milliseconds of an image in the faster of the convolutions alone; None without them."""
    task = on_threads(EVALUATION, threads)
    medians = [np.median(m.values) for m in measurements if m.task == task and m.way in FLOORS]
    return float(min(medians)) if medians else None


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
    if not tasks:
        return
    sns.set_theme(context="paper", style="ticks", palette="colorblind", font_scale=0.9)
    bars = [sum(m.task == task for m in measurements) for task in tasks]
    height = sum(0.6 + 0.2 * n for n in bars)
    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.subplots(len(tasks), 1, squeeze=False, height_ratios=bars)[:, 0]
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
