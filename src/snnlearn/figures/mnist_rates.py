"""Panels about the firing rates of the classifier's layers."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from snnlearn.figures import style
from snnlearn.figures.mnist_accuracy import phase_colors
from snnlearn.mnist.answers import rate_shares

#: Width in hertz of the bins of firing rates, and the share of a layer's firing neurons, before and
#: after training, that its horizontal axis reaches to.
RATE_BIN, SHOWN_RATES = 5.0, 0.99

#: How far up a line is drawn without meeting the legend, as a share of the axis.
BELOW_LEGEND = 0.7


def draw_rates(axes: Axes, of_layer: pd.DataFrame, example: int, once: float) -> None:
    """Draw how the firing rates of a layer are distributed, before and after training.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    of_layer : pandas.DataFrame
        One row per seed, phase and neuron of the layer: ``seed``, ``phase``, ``neuron`` and its
        ``rate`` in hertz.
    example : int
        The seed whose network the lines are of; bands are of all.
    once : float
        The rate in hertz of a neuron that spikes once in a presentation.
    """
    firing = of_layer["rate"][of_layer["rate"] > 0]
    edges = np.arange(0, max(float(firing.quantile(SHOWN_RATES)), once) + RATE_BIN, RATE_BIN)
    for phase, color in phase_colors().items():
        by_seed = of_layer[of_layer["phase"] == phase].pivot(
            index="neuron", columns="seed", values="rate"
        )
        shares = {seed: 100 * rate_shares(by_seed[seed], edges) for seed in by_seed}
        silent = 100 * (by_seed[example] == 0).mean()
        label = f"{phase} training ({silent:.0f} % silent)"
        axes.stairs(shares[example], edges, color=color, label=label)
        lowest, highest = style.spread(np.array(list(shares.values())))
        axes.stairs(
            highest, edges, baseline=lowest, fill=True, color=color, alpha=style.BAND_STRENGTH
        )
    axes.axvline(
        once,
        ymax=BELOW_LEGEND,
        color="0.4",
        linewidth=0.8,
        linestyle=":",
        label=f"1 spike a presentation ({once:.0f} Hz)",
    )
    axes.legend(loc="upper right")
    axes.set(xlabel="Firing rate (Hz)", xlim=(0, edges[-1]))
