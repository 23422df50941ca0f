"""Figure of the hard and the soft LIF tuning curve."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from snnlearn.experiments.tuning_curve import Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.results import read_table, read_traces

TITLE = "Differentiable LIF tuning curve"


@caption(
    "(a) Firing rate of a LIF neuron over its input current: the hard curve, which is zero up to "
    "the threshold current 1 and has no derivative there, and the soft curve, which is "
    "differentiable everywhere; circles: spikes counted in the simulation of a spiking LIF neuron "
    "with a constant current. (b) What was counted minus the hard curve. The neuron starts from "
    "rest without a refractory time, so that its first spike comes earlier than the interval "
    "between later ones by that time τ: at the rate r, counting whole spikes for T seconds leaves "
    "between (rτ - 1)/T and rτ/T (shaded), half a spike less than rτ in the mean. Nothing in it "
    "is random, so all seeds give the same."
)
def tuning_curve(
    runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters, closeup: Path
) -> Figure:
    """Draw both curves on the chapter's axes, over what a spiking neuron does.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    parameters : Parameters
        Gives the refractory time.
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
    counted = read_table(closeup)
    duration = counted["duration"].iloc[0]
    figure = style.blank(settings, 115)
    axes, difference = figure.subplots(2, 1, sharex=True, height_ratios=[5, 2])
    axes.plot(
        curves["current"],
        curves["hard_rate"],
        color=style.colour("hard"),
        linewidth=2,
        label="hard: ρ(x) = max(x, 0)",
    )
    axes.plot(
        curves["current"],
        curves["soft_rate"],
        color=style.colour("soft"),
        linewidth=2,
        linestyle=(0, (4, 1.5)),
        label="soft: ρ(x) = λ ln(1 + exp(x/λ))",
    )
    points = {"color": style.colour("counted"), "linestyle": "none", "marker": "o"}
    axes.plot(
        counted["current"],
        counted["rate"],
        markersize=2.5 if style.is_narrow(settings) else 3.5,
        markerfacecolor="white",
        clip_on=False,
        label=f"spikes counted for {duration:g} s",
        **points,
    )
    axes.axvline(1, color="0.6", linewidth=0.6, linestyle=":", label="threshold")
    axes.set(xlim=(0, curves["current"].max()), ylim=(0, 100), ylabel="Firing rate (Hz)")
    words.title(axes, "a", "closed forms, and a simulated spiking neuron")

    early = parameters.tau_ref * counted["hard_rate"]
    difference.fill_between(
        counted["current"],
        (early - 1) / duration,
        early / duration,
        where=counted["hard_rate"] > 0,
        color="0.88",
        linewidth=0,
        zorder=0,
        label="what counting whole spikes leaves",
    )
    difference.plot(
        counted["current"],
        counted["rate"] - counted["hard_rate"],
        markersize=2,
        clip_on=False,
        **points,
    )
    difference.set(
        ylim=(-1.5 / duration, 1.5 / duration),
        xlabel="Input current (threshold current = 1)",
        ylabel="Difference (Hz)",
    )
    words.title(difference, "b", "counted − hard; no refractory time before the first spike")
    words.legend_below(figure, settings)
    return figure
