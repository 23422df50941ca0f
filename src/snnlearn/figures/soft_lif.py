"""Figure of training with soft and noisy rates."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings, caption, errors_over_time, style, words
from snnlearn.settings.changes import short

TITLE = "Training with soft and noisy rates"

SMOOTHING, NOISE = "parameters.training.rates.smoothing", "parameters.training.rates.noise"


@caption(
    "(a) Errors of spiking networks on the test images over the time for which an image is shown, "
    "trained with the hard threshold of the chapter's code or a soft one (σ: its width in units of "
    "the threshold), without or with normal noise on every rate. (b) What rates for spikes answer "
    "better, in percentage points: the loss of conversion. Means over networks that begin with the "
    "same weights and see the same order of images in all cells; bars: 95 % intervals."
)
def soft_lif(metrics: pd.DataFrame, settings: FigureSettings) -> Figure:
    """Draw errors over time, and what spikes lose against rates.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The metrics of the study, which sweeps smoothing and noise.
    settings : FigureSettings
        How the figure looks.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    narrow = style.is_narrow(settings)
    figure = style.blank(settings, 130 if narrow else 78)
    errors, gap = figure.subplots(2, 1) if narrow else figure.subplots(1, 2)
    of_accuracy = metrics[metrics["metric"].str.startswith("accuracy_")]
    # A threshold that is hard has no width there.
    of_accuracy = of_accuracy.assign(
        width=pd.to_numeric(of_accuracy[SMOOTHING], errors="coerce").fillna(0)
    )
    widths = sorted(of_accuracy["width"].unique())
    colours = dict(zip(widths, sns.color_palette(n_colors=len(widths)), strict=True))
    for (width, noise), of_cell in of_accuracy.groupby(["width", NOISE]):
        accuracy = errors_over_time.by_moment(of_cell, "accuracy")
        rates = of_cell[of_cell["metric"] == "accuracy_by_rates"].set_index("seed")["value"]
        threshold = f"σ = {short(width)}" if width else "hard threshold"
        name = f"{threshold}{f', {noise:g} Hz noise' if noise else ''}"
        look = {"color": colours[width], "linestyle": "--" if noise else "-", "linewidth": 1}
        errors_over_time.draw(errors, 1 - accuracy, label=name, **look)
        errors_over_time.draw(gap, accuracy.rsub(rates, axis=0), **look)
    errors_over_time.as_shares(errors)
    errors_over_time.as_points(gap)
    gap.axhline(0, color="0.4", linewidth=0.8, linestyle=":")
    gap.set_ylabel("Rates better by (percentage points)")
    words.title(errors, "a", "errors with spikes")
    words.title(gap, "b", "loss of conversion")
    words.legend_below(figure, settings, title=errors_over_time.means_of(metrics))
    return figure
