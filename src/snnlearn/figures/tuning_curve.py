"""Figure of the hard and the soft LIF tuning curve."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings, caption, style
from snnlearn.results import read_traces

TITLE = "Differentiable LIF tuning curve"


@caption(
    "(a) Firing rate of a LIF neuron over its input current: the hard curve, which is zero up to "
    "the threshold current 1 and has no derivative there, and the soft curve, which is "
    "differentiable everywhere; circles: spikes counted in the simulation of a spiking LIF neuron "
    "with a constant current. (b) What was counted minus the hard curve; the band is one spike in "
    "the time of counting either side. Nothing in it is random, so all seeds give the same."
)
def tuning_curve(runs: Sequence[Path], settings: FigureSettings, *, closeup: Path) -> Figure:
    """Draw both curves on the chapter's axes, over what a spiking neuron does.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.tuning_curve.closeup` that holds one row per
        current: ``current``, ``rate``, ``hard_rate`` and ``duration``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    curves = read_traces(runs)
    # Nothing is random, so one seed stands for all.
    curves = curves[curves["seed"] == curves["seed"].min()]
    counted = pd.read_parquet(closeup)
    duration = counted["duration"].iloc[0]
    figure = style.blank(settings, 95)
    axes, difference = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    axes.plot(
        curves["current"],
        curves["hard_rate"],
        color=style.colour("hard"),
        linewidth=2,
        label=r"hard: $\rho(x) = \max(x, 0)$",
    )
    axes.plot(
        curves["current"],
        curves["soft_rate"],
        color=style.colour("soft"),
        linewidth=2,
        linestyle=(0, (4, 1.5)),
        label=r"soft: $\rho(x) = \lambda\,\ln(1 + e^{x/\lambda})$",
    )
    points = {"color": style.colour("counted"), "linestyle": "none", "marker": "o"}
    axes.plot(
        counted["current"],
        counted["rate"],
        markersize=3.5,
        markerfacecolor="white",
        clip_on=False,
        label=f"spikes counted for {duration:g} s",
        **points,
    )
    axes.axvline(1, color="0.6", linewidth=0.6, linestyle=":", label="threshold")
    axes.set(xlim=(0, curves["current"].max()), ylim=(0, 100), ylabel="Firing rate (Hz)")
    axes.legend(loc="lower right")
    style.title(axes, "a", "closed forms, and a simulated spiking neuron")

    difference.axhspan(-1 / duration, 1 / duration, color="0.9", zorder=0)
    difference.plot(
        counted["current"],
        counted["rate"] - counted["hard_rate"],
        markersize=2,
        clip_on=False,
        **points,
    )
    difference.set(
        ylim=(-2 / duration, 2 / duration),
        xlabel="Input current (threshold current = 1)",
        ylabel="Difference (Hz)",
    )
    style.title(difference, "b", f"counted − hard; shaded: one spike in {duration:g} s")
    return figure
