"""Panels about the classifier's accuracy, and what error is left."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from snnlearn.experiments.mnist import Parameters
from snnlearn.figures import style
from snnlearn.mnist.answers import accuracy_over_time
from snnlearn.mnist.network import DT
from snnlearn.published.mnist import PUBLISHED
from snnlearn.shares import wilson_interval

MS_PER_SECOND = 1000.0
CHANCE = 0.1


def draw_accuracy(axes: Axes, traces: pd.DataFrame, example: int) -> None:
    """Draw accuracy in percent over time: a line for the example seed, a band for all seeds."""
    _draw_over_time(axes, traces, example, lambda accuracy: 100 * accuracy)
    axes.set(ylim=(0, 102), ylabel="Accuracy (%)")
    _tell_last(axes, example)


def draw_error(axes: Axes, traces: pd.DataFrame, example: int) -> None:
    """Draw the share of wrong answers in percent over time, on a logarithmic axis.

    After training, with the Wilson interval of the example seed: what other images could give.
    """
    found = _draw_over_time(axes, traces, example, lambda accuracy: 100 * (1 - accuracy))
    # No share that is 0 has a place.
    axes.set(yscale="log", ylim=(axes.dataLim.minposy / 2, 150), ylabel="Error (%)")
    of_example = found[(found["phase"] == "after") & (found["seed"] == example)]
    n_images = traces["image"].nunique()
    for end in wilson_interval(n_images * (1 - of_example["accuracy"].to_numpy()), n_images):
        axes.plot(
            *(of_example["time"], 100 * end),
            color=phase_colors()["after"],
            linewidth=0.7,
            linestyle=(0, (1, 1)),
            label=f"95 % interval of seed {example}",
        )
    axes.yaxis.set_major_formatter("{x:g}")
    _tell_last(axes, example)


def _draw_over_time(
    axes: Axes, traces: pd.DataFrame, example: int, shown: Callable[[Any], Any]
) -> pd.DataFrame:
    """Draw what is shown of accuracy over time, beside chance and what was published."""
    found = accuracy_over_time(traces, ["seed", "phase"])
    for phase, color in phase_colors().items():
        by_seed = shown(
            found[found["phase"] == phase].pivot(index="seed", columns="time", values="accuracy")
        )
        axes.plot(by_seed.columns, by_seed.loc[example], color=color, label=f"{phase} training")
        style.band(axes, by_seed.columns, *style.spread(by_seed.to_numpy()), color)
    if traces["variant"].iloc[0].endswith("/mnist"):
        end = Parameters().n_steps * DT * MS_PER_SECOND
        axes.plot(
            [end] * len(PUBLISHED),
            [shown(accuracy) for accuracy in PUBLISHED.values()],
            color="black",
            marker="D",
            markersize=4,
            markerfacecolor="none",
            linestyle="none",
            clip_on=False,
            zorder=3,
            label="published",
        )
    axes.axhline(shown(CHANCE), color="0.7", linewidth=0.6, linestyle=":", label="chance")
    axes.set(xlim=(0, found["time"].max()), xlabel="Presentation time (ms)")
    return found


def _tell_last(axes: Axes, example: int) -> None:
    """Write beside the lines of both phases, which are those of one seed, where they end."""
    lines = [line for line in axes.get_lines() if str(line.get_label()).endswith(" training")]
    ends = sorted(float(np.asarray(line.get_ydata())[-1]) for line in lines)
    for end, below_or_above in zip(ends, ("top", "bottom"), strict=True):
        axes.annotate(
            f"seed {example}:\n{end:.2f} %",
            (axes.get_xlim()[1], max(end, axes.get_ylim()[0])),
            xytext=(6, 0),
            textcoords="offset points",
            va=below_or_above,
            annotation_clip=False,
        )


def draw_final_error(axes: Axes, traces: pd.DataFrame) -> None:
    """Draw the error of each network in the end, after training, with its Wilson interval."""
    last = traces[(traces["time"] == traces["time"].max()) & (traces["phase"] == "after")]
    by_seed = (last["label"] != last["predicted"]).groupby(last["seed"])
    shares = by_seed.mean().to_numpy()
    low, high = wilson_interval(by_seed.sum().to_numpy(), traces["image"].nunique())
    axes.errorbar(
        100 * shares,
        range(len(shares)),
        xerr=100 * np.array([shares - low, high - shares]).clip(0),
        color=phase_colors()["after"],
        marker="o",
        markersize=3,
        linestyle="none",
        linewidth=1,
    )
    axes.set_yticks(range(len(shares)), list(by_seed.groups))
    axes.set(ylim=(len(shares) - 0.5, -0.5), xlim=(0, None))
    axes.set(xlabel="Error after training (%)", ylabel="Seed of the network")


def phase_colors() -> dict[str, Any]:
    """The colours of what is after and of what is before training, in the order of the legend."""
    return {phase: style.colour(f"{phase} training") for phase in ("after", "before")}
