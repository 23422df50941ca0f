"""Figure of training through spikes against training with rates."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings, caption, errors_over_time, style, words

TITLE = "Training through spikes, and with rates"

#: The point that the others are held against.
RATES = "rates"


@caption(
    "Errors on the test images over the time for which an image is shown, one panel for each data "
    "set: of networks that were trained with rates and then spike, for as many images or for as "
    "long as those that were trained through their spikes, with a surrogate gradient. In the last "
    "panel, what each is better by than rates at equal images, in percentage points. Means over "
    "networks that begin with the same weights and see the same order of images; bars: 95 % "
    "intervals."
)
def surrogate(metrics: pd.DataFrame, settings: FigureSettings) -> Figure:
    """Draw errors over time for each data set, and differences to training with rates.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The metrics of the study, which has points and sweeps the data set.
    settings : FigureSettings
        How the figure looks.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    # Sorted, the default data set is the first, and the rates are.
    shown, points = (sorted(metrics[key].unique()) for key in ("dataset", "point"))
    names = {}
    for dataset, of in metrics.groupby("dataset"):
        images = str(of["variant"].iloc[0]).partition("/")[2]
        # The default data set has no name there; what stands in may be the same for all.
        names[dataset] = f"{dataset}: {images}" if dataset not in ("", images) else images
    narrow, n = style.is_narrow(settings), len(shown) + 1
    figure = style.blank(settings, 62 * n if narrow else 78)
    *panels, differences = figure.subplots(n, 1) if narrow else figure.subplots(1, n)
    colours = dict(zip(points, sns.color_palette(n_colors=len(points)), strict=True))
    dashes = {dataset: "--" if number else "-" for number, dataset in enumerate(shown)}
    for number, (panel, dataset) in enumerate(zip(panels, shown, strict=True)):
        of_images = metrics[metrics["dataset"] == dataset]
        accuracies = {
            point: errors_over_time.by_moment(of_images[of_images["point"] == point], "accuracy")
            for point in points
        }
        for point, accuracy in accuracies.items():
            errors_over_time.draw(panel, 1 - accuracy, color=colours[point])
            if point != RATES:
                look = {"color": colours[point], "linestyle": dashes[dataset], "linewidth": 1}
                errors_over_time.draw(differences, accuracy - accuracies[RATES], **look)
        errors_over_time.as_shares(panel)
        words.title(panel, chr(ord("a") + number), names[dataset])
    errors_over_time.as_points(differences)
    differences.axhline(0, color=colours[RATES], linewidth=0.8)
    differences.set_ylabel("Better than rates by (percentage points)")
    words.title(differences, chr(ord("a") + len(shown)), "differences")
    handles = {
        str(point).replace("_", " "): panels[0].plot([], [], color=colour)[0]
        for point, colour in colours.items()
    }
    handles |= {
        f"{names[dataset]} in the last panel": panels[0].plot([], [], dash, color="0.4")[0]
        for dataset, dash in dashes.items()
    }
    words.legend_below(figure, settings, handles, title=errors_over_time.means_of(metrics))
    return figure
