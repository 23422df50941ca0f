"""Figure of the classifier's robustness."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from snnlearn.experiments.robustness import INTACT, KINDS, Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.figures.mnist_classes import headline
from snnlearn.mnist.network import N_CLASSES
from snnlearn.results import read_traces

TITLE = "Robustness of the spiking classifier"

#: What stands above each panel, and below it.
PANELS = {
    "dead_neurons": ("dead neurons", "Share of neurons that never fire (%)"),
    "weight_noise": ("noise on weights", "Deviation / root mean square (%)"),
    "weight_bits": ("coarse weights", "Size of a weight (bits)"),
    "image_noise": ("noise on images", "Deviation / white (%)"),
}


@caption(
    "Errors on the test images when the trained networks are perturbed and not trained anew: (a) "
    "a share of the neurons of each layer never fires, (b) every weight has normal noise, (c) "
    "weights have few bits, with a scale for each output channel, (d) every pixel has normal noise "
    "while it is shown. Dots: networks; line: their median; dashed: the same networks unperturbed; "
    "dotted: guessing. On MNIST, weights are redundant and may be coarse: 4 bits are as good as "
    "32, and a twentieth of the neurons is hardly missed. Noise on images, which training never "
    "showed, costs more than all else: what a network was not trained for is its weak side."
)
def robustness(runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters) -> Figure:
    """Draw the share of errors over the size of each perturbation.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The conditions of all networks.
    settings : FigureSettings
        How the figure looks.
    parameters : Parameters
        Which conditions there are.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    traces["errors"] = 1 - traces["right"] / traces["images"]
    kinds = [kind for kind in KINDS if getattr(parameters, kind)]
    narrow = style.is_narrow(settings)
    shape = (len(kinds), 1) if narrow else (-(-len(kinds) // 2), min(2, len(kinds)))
    figure = style.blank(settings, 14 + 52 * shape[0])
    words.headline(figure, headline(traces["variant"].iloc[0]), settings)
    grid = figure.subplots(*shape, sharey=True, squeeze=False).flat
    intact = traces["errors"][traces["perturbed"] == INTACT].median()
    n = traces["seed"].nunique()
    for number, (axes, kind) in enumerate(zip(grid, kinds, strict=False)):
        _draw(axes, traces[traces["perturbed"] == kind], as_share=kind != "weight_bits")
        axes.axhline(intact, color="0.4", linewidth=0.8, linestyle="--", label="unperturbed")
        axes.axhline(1 - 1 / N_CLASSES, color="0.4", linewidth=0.8, linestyle=":", label="guessing")
        title, label = PANELS[kind]
        axes.set(xlabel=label, yscale="log")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=None))
        words.title(axes, chr(ord("a") + number), title)
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("Errors (%)")
    for axes in list(grid)[len(kinds) :]:
        axes.remove()
    networks = f"dots: {n} networks" if n > 1 else "1 network"
    shown = int(traces["images"].iloc[0])
    words.legend_below(figure, settings, title=f"{networks}; {shown:,} images each")
    return figure


def _draw(axes: Axes, conditions: pd.DataFrame, *, as_share: bool) -> None:
    """Draw what each network comes to over the levels, and the median."""
    by_seed = conditions.pivot(index="seed", columns="level", values="errors")
    levels = by_seed.columns.to_numpy(float) * (100 if as_share else 1)
    color = style.colour("after training")
    for errors in by_seed.to_numpy():
        axes.plot(levels, errors, "o", color=color, markersize=2.5, alpha=0.6)
    median = np.median(by_seed.to_numpy(), axis=0)
    axes.plot(levels, median, color=color, label="median of networks")
    axes.set_xscale("log", base=2)
    axes.set_xticks(levels, [f"{level:g}" for level in levels])
    axes.minorticks_off()
