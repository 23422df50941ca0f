"""Figure of the hard and the soft LIF tuning curve."""

from collections.abc import Sequence
from pathlib import Path

import seaborn as sns
from matplotlib.figure import Figure

from snnlearn.figures import Settings, style
from snnlearn.results import read_traces


def tuning_curve(runs: Sequence[Path], settings: Settings) -> Figure:
    """Draw both curves on the chapter's axes."""
    curves = read_traces(runs)
    # Nothing is random, so one seed stands for all.
    curves = curves[curves["seed"] == curves["seed"].min()]
    vermilion = sns.color_palette()[3]
    labels = ("Input current (threshold current = 1)", "Firing rate (Hz)")
    figure, (axes,) = style.panels(settings, 1, 70, labels)
    axes.plot(
        curves["current"],
        curves["hard_rate"],
        color="black",
        linewidth=2,
        label=r"hard: $\rho(x) = \max(x, 0)$",
    )
    axes.plot(
        curves["current"],
        curves["soft_rate"],
        color=vermilion,
        linewidth=2,
        linestyle=(0, (4, 1.5)),
        label=r"soft: $\rho(x) = \lambda\,\ln(1 + e^{x/\lambda})$",
    )
    axes.axvline(1, color="0.6", linewidth=0.6, linestyle=":", label="threshold")
    axes.set_xlim(0, curves["current"].max())
    axes.set_ylim(0, 100)
    axes.legend(loc="lower right")
    return figure
