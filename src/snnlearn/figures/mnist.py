"""Figures of the spiking classifier: its read-out over time, its errors, and its spikes."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from snnlearn.data import datasets
from snnlearn.experiments.mnist import READOUTS, Parameters, accuracy_over_time
from snnlearn.figures import FigureSettings, caption, style
from snnlearn.mnist.answers import confusion_matrix, misread_shares, rate_shares
from snnlearn.mnist.network import DT, N_CLASSES
from snnlearn.published.mnist import PUBLISHED
from snnlearn.results import read_traces

TITLE = "Spiking classifier (back-propagation)"


#: Images side by side, each with its read-out to the right.
COLUMNS = 3

#: Heights in millimetres: of a row of images, of the accuracy, and of the legend between.
ROW_HEIGHT, ACCURACY_HEIGHT, LEGEND_HEIGHT = 32.0, 45.0, 14.0

#: How many misread images are drawn of each class.
MISREAD_ROWS = 3

#: Bins of firing rates.
RATE_BINS = 50

MS_PER_SECOND = 1000.0
CHANCE = 0.1


@caption(
    "Test images beside the read-out of the ten classes over the presentation time, low-pass "
    "filtered with 0.1 s: lines for one seed as the chapter draws it, bands from the smallest to "
    "the largest value over all network seeds. Below, accuracy over presentation time before and "
    "after training, with the accuracies that the chapter printed (diamonds, where the data set "
    "is MNIST) and chance level."
)
def digits(runs: Sequence[Path], settings: FigureSettings, *, dataset: Path) -> Figure:
    """Draw images beside the read-out over presentation time, and accuracy over that time.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The batches of traces.
    settings : FigureSettings
        Look and example seed.
    dataset : pathlib.Path
        The images.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    traces["time"] *= MS_PER_SECOND
    example = _example(traces, settings)
    after = traces[(traces["phase"] == "after") & traces[READOUTS[0]].notna()]
    n_rows = -(-after["image"].nunique() // COLUMNS)

    heights = [n_rows * ROW_HEIGHT + LEGEND_HEIGHT, ACCURACY_HEIGHT]
    figure = _titled(traces, settings, sum(heights))
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    _draw_images(above, after, datasets.read(dataset).x_test, example, n_rows, settings)
    axes = below.subplots()
    _draw_accuracy(axes, traces, example)
    style.title(axes, "b", f"{traces['image'].nunique():,} test images; {_shown(traces, example)}")
    return figure


@caption(
    "Accuracy (a), and the error that is left (b, on a logarithmic axis), over presentation time "
    "before and after training: lines for one seed, bands from the smallest to the largest value "
    "over all network seeds; chance level, and what the chapter printed (where the data set is "
    "MNIST). In the first step nothing has come through the filter yet."
)
def accuracy(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw accuracy, and the error that is left, over presentation time."""
    traces = _answers(runs)
    traces["time"] *= MS_PER_SECOND
    example = _example(traces, settings)
    figure = _titled(traces, settings, 75, _shown(traces, example))
    left, right = figure.subplots(1, 2)
    _draw_accuracy(left, traces, example)
    _draw_accuracy(right, traces, example, error=True)
    style.title(left, "a", f"accuracy on {traces['image'].nunique():,} test images")
    style.title(right, "b", "error, on a logarithmic axis")
    return figure


@caption(
    "(a) Which class the test images of each class are taken for at the end of the presentation, "
    "after training: numbers of images, added over all network seeds. The colours are those of "
    "the errors alone. (b) Share of each class's images that are misread: mean over the seeds, "
    "and the smallest and the largest of them."
)
def confusion(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw which class is taken for which after training, and how often each is misread."""
    answers = _last_answers(runs)
    counts = confusion_matrix(answers)
    figure = _titled(answers, settings, 100, style.seeds(answers["seed"].nunique()))
    matrix, shares = figure.subplots(1, 2, width_ratios=[3, 1])
    errors = np.ma.masked_array(counts, mask=np.eye(N_CLASSES, dtype=bool) | (counts == 0))
    most = errors.max() if errors.count() > 0 else 1
    image = matrix.imshow(errors, cmap="Oranges", vmin=0, vmax=most, aspect="auto")
    for true, predicted in np.ndindex(counts.shape):
        count = counts[true, predicted]
        if true == predicted:
            matrix.add_patch(Rectangle((true - 0.5, true - 0.5), 1, 1, color="0.9", linewidth=0))
        dark = true != predicted and count > 0.6 * most
        if count > 0 or true == predicted:
            color = "white" if dark else "black"
            matrix.text(predicted, true, f"{count:,}", ha="center", va="center", color=color)
    matrix.set(xlabel="Class the image is taken for", ylabel="Class of the image")
    matrix.set(xticks=range(N_CLASSES), yticks=range(N_CLASSES))
    figure.colorbar(image, ax=matrix, label="Misread images", shrink=0.6)
    style.title(matrix, "a", "numbers of images")

    by_seed = 100 * misread_shares(answers)
    mean = by_seed.mean(axis=1)
    ends = [mean - by_seed.min(axis=1), by_seed.max(axis=1) - mean]
    shares.barh(
        mean.index, mean, xerr=ends, color=style.colour("misread"), error_kw={"linewidth": 1}
    )
    shares.set(yticks=range(N_CLASSES), ylim=matrix.get_ylim(), xlim=(0, None))
    shares.set(xlabel="Misread (%)", ylabel="Class of the image")
    style.title(shares, "b", "share of each class")
    return figure


@caption(
    "Test images that are misread at the end of the presentation, after training, by one seed: "
    "the first ones of each class, with their number in the test set and the class they are taken "
    "for."
)
def misread(runs: Sequence[Path], settings: FigureSettings, *, dataset: Path) -> Figure:
    """Draw the first images of each class that the example seed misreads after training."""
    answers = _last_answers(runs)
    example = _example(answers, settings)
    of_seed = answers[answers["seed"] == example]
    wrong = of_seed[of_seed["label"] != of_seed["predicted"]].sort_values("image")
    images = datasets.read(dataset).x_test
    told = f"seed {example} misreads {len(wrong):,} of {len(of_seed):,} test images"
    figure = _titled(answers, settings, MISREAD_ROWS * 26 + 8, told)
    cells = figure.subplots(MISREAD_ROWS, N_CLASSES, squeeze=False)
    for label, column in enumerate(cells.T):
        shown = wrong[wrong["label"] == label].head(MISREAD_ROWS)
        column[0].set_title(f"class {label}")
        for axes in column:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_box_aspect(1)
        for axes, (image, predicted) in zip(
            column, shown[["image", "predicted"]].itertuples(index=False), strict=False
        ):
            axes.imshow(images[image], cmap="gray_r", vmin=0, vmax=255)
            axes.spines[:].set_visible(True)
            axes.set_xlabel(f"taken for {predicted}\nno. {image}")
        if len(shown) == 0:
            column[0].text(0.5, 0.5, "none", transform=column[0].transAxes, ha="center")
    return figure


@caption(
    "Firing rates of the neurons in the three convolutional layers before and after training, "
    "each averaged over the presentation of the first test images: lines for one seed, bands from "
    "the smallest to the largest share over some seeds. Silent neurons, which never fire, are "
    "left out and stated as a share (one seed)."
)
def firing_rates(runs: Sequence[Path], settings: FigureSettings, *, closeup: Path) -> Figure:
    """Draw how firing rates are distributed in each layer, before and after training.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.mnist.closeup` that holds, of every seed in it, one
        row per phase, layer and neuron, with its ``rate`` and the number of ``images``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    recorded = pd.read_parquet(closeup)
    traces = read_traces(runs[:1], ["variant"])
    seeds = sorted(int(seed) for seed in recorded["seed"].unique())
    example = settings.example_of(seeds)
    n_images = recorded["images"].iloc[0]
    told = f"the first {n_images:,} test images; seed {example} (line)"
    if len(seeds) > 1:
        told += f", {len(seeds)} network seeds (band)"
    figure = _titled(traces, settings, 65, told)
    layers = sorted(recorded["layer"].unique())
    panels = figure.subplots(1, len(layers), sharex=True, sharey=True, squeeze=False)[0]
    edges = np.linspace(0, recorded["rate"].max(), RATE_BINS + 1)
    for letter, layer, axes in zip(ascii_lowercase, layers, panels, strict=False):
        for phase, color in _phase_colors().items():
            of_phase = recorded[(recorded["layer"] == layer) & (recorded["phase"] == phase)]
            by_seed = of_phase.pivot(index="neuron", columns="seed", values="rate")
            shares = {seed: 100 * rate_shares(by_seed[seed], edges) for seed in seeds}
            silent = 100 * (by_seed[example] == 0).mean()
            label = f"{phase} training ({silent:.0f} % silent)"
            axes.stairs(shares[example], edges, color=color, label=label)
            lowest, highest = (f(list(shares.values()), axis=0) for f in (np.min, np.max))
            axes.stairs(
                highest, edges, baseline=lowest, fill=True, color=color, alpha=style.BAND_STRENGTH
            )
        axes.set_xlabel("Firing rate (Hz)")
        axes.legend(loc="upper right")
        style.title(axes, letter, f"layer {layer}, {len(by_seed):,} neurons")
    panels[0].set(ylabel="Share of neurons (%)", xlim=(0, edges[-1]))
    return figure


def _headline(variant: str) -> str:
    parameters, data = variant.split("/", 1)
    if data == "uci-digits":
        return f"UCI digits stand in for MNIST, which was not available; {parameters} parameters"
    return f"Data set: {data}; {parameters} parameters"


def _draw_images(
    figure: SubFigure,
    after: pd.DataFrame,
    images: np.ndarray,
    example: int,
    n_rows: int,
    settings: FigureSettings,
) -> None:
    """Draw each image with its read-out to the right, all on the same axes."""
    cells = figure.subplots(n_rows, 2 * COLUMNS, width_ratios=[1, 1.5] * COLUMNS, squeeze=False)
    pairs = cells.reshape(-1, 2)
    shown = sorted(after["image"].unique())
    recorded = after[READOUTS].to_numpy()
    for position, (picture, axes) in enumerate(pairs):
        if position >= len(shown):
            picture.remove()
            axes.remove()
            continue
        of_image = after[after["image"] == shown[position]]
        label = int(of_image["label"].iloc[0])
        picture.imshow(images[shown[position]], cmap="gray_r", vmin=0, vmax=255)
        picture.set(xticks=[], yticks=[], xlabel=f"label {label}")
        picture.spines[:].set_visible(True)
        _draw_readout(axes, of_image, label, example)
        axes.set(xlim=(0, after["time"].max()), ylim=(recorded.min(), recorded.max() + 0.3))
        if position + COLUMNS >= len(shown):
            axes.set_xlabel("Time (ms)")
        else:
            axes.set_xticklabels([])
        if position % COLUMNS == 0:
            axes.set_ylabel("Read-out")
        else:
            axes.set_yticklabels([])
    style.headline(figure, f"(a) seed {example} (lines), all seeds (bands)", settings)
    legend = figure.legend(
        *pairs[0, 1].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(READOUTS),
        title="Read-out of class (bold: the label)",
        title_fontsize=settings.font_size,
        handlelength=1.2,
        columnspacing=1.2,
    )
    for handle in legend.get_lines():
        handle.set_linewidth(1.5)


def _draw_readout(axes: Axes, of_image: pd.DataFrame, label: int, example: int) -> None:
    """Lines for the example seed, bands from the least to the greatest value of all seeds."""
    by_time = of_image.groupby("time")[READOUTS]
    lowest, highest = by_time.min(), by_time.max()
    one = of_image[of_image["seed"] == example].set_index("time")
    colors = style.colours(len(READOUTS))
    for digit, (column, color) in enumerate(zip(READOUTS, colors, strict=True)):
        width = 2.2 if digit == label else 0.8
        axes.plot(one.index, one[column], color=color, linewidth=width, label=str(digit))
        style.band(axes, lowest.index, lowest[column], highest[column], color)


def _draw_accuracy(axes: Axes, traces: pd.DataFrame, example: int, *, error: bool = False) -> None:
    """Draw accuracy over time, or the share of wrong answers in percent, on a logarithmic axis."""

    def shown(accuracy: Any) -> Any:
        return 100 * (1 - accuracy) if error else accuracy

    found = accuracy_over_time(traces, ["seed", "phase"])
    # On the logarithmic axis, no error that is less than one image has a place.
    least = max(shown(found["accuracy"].max()), 100 / traces["image"].nunique())
    lowest, highest = (least / 2, 150) if error else (0, 1.02)
    for phase, color in _phase_colors().items():
        by_seed = shown(
            found[found["phase"] == phase].pivot(index="time", columns="seed", values="accuracy")
        )
        last = by_seed[example].iloc[-1]
        axes.plot(by_seed.index, by_seed[example], color=color, label=f"{phase} training")
        style.band(axes, by_seed.index, by_seed.min(axis=1), by_seed.max(axis=1), color)
        axes.annotate(
            f"{last:.2f} %" if error else f"{last:.4f}",
            (by_seed.index[-1], max(last, lowest)),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=color,
            annotation_clip=False,
        )
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
    if error:
        axes.set(yscale="log", ylabel="Error (%)")
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        axes.set_ylabel("Accuracy")
        axes.legend(loc="center right")
    axes.set_ylim(lowest, highest)


def _answers(runs: Sequence[Path]) -> pd.DataFrame:
    """What the network answers at each time, without its read-out."""
    return read_traces(runs, ["seed", "phase", "image", "time", "label", "predicted", "variant"])


def _last_answers(runs: Sequence[Path]) -> pd.DataFrame:
    """What the network answers at the end of the presentation, after training."""
    answers = _answers(runs)
    last = answers["time"] == answers["time"].max()
    return answers[last & (answers["phase"] == "after")]


def _example(traces: pd.DataFrame, settings: FigureSettings) -> int:
    return settings.example_of([int(seed) for seed in traces["seed"].unique()])


def _shown(traces: pd.DataFrame, example: int) -> str:
    """What lines and bands stand for."""
    n_seeds = traces["seed"].nunique()
    return f"seed {example} (line), {n_seeds} network seeds (band)" if n_seeds > 1 else "1 seed"


def _titled(
    traces: pd.DataFrame, settings: FigureSettings, height: float, more: str = ""
) -> Figure:
    """A blank figure that says what data and parameters it is about."""
    figure = style.blank(settings, height)
    told = "; ".join(part for part in (_headline(traces["variant"].iloc[0]), more) if part)
    style.headline(figure, told, settings)
    return figure


def _phase_colors() -> dict[str, Any]:
    return {phase: style.colour(f"{phase} training") for phase in ("after", "before")}
