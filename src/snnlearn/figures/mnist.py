"""Figures of the spiking classifier: its read-out over time, its errors, and its spikes."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.data import datasets
from snnlearn.experiments.mnist import READOUTS, Parameters
from snnlearn.figures import FigureSettings, caption, style, words
from snnlearn.figures.mnist_accuracy import (
    MS_PER_SECOND,
    draw_accuracy,
    draw_error,
    draw_final_error,
)
from snnlearn.figures.mnist_classes import (
    NUMBERS,
    class_names,
    draw_counts,
    fitting_names,
    headline,
    name_ticks,
)
from snnlearn.figures.mnist_rates import RATE_BIN, draw_rates
from snnlearn.mnist.answers import confusion_matrix, misread_shares
from snnlearn.mnist.network import DT, N_CLASSES
from snnlearn.results import read_table, read_traces

TITLE = "Spiking classifier (back-propagation)"


#: Images side by side, each with its read-out to the right, in a wide figure and a narrow one.
COLUMNS, NARROW_COLUMNS = 3, 2

#: Heights in millimetres: of a row of images, of the accuracy, and of the legend between.
ROW_HEIGHT, ACCURACY_HEIGHT, LEGEND_HEIGHT = 32.0, 48.0, 16.0

#: How many misread images are drawn of each class.
MISREAD_ROWS = 3


@caption(
    "(a) Test images beside the read-out of the ten classes over the presentation time: that of "
    "the image's own class, which should become the largest, in colour. It is low-pass filtered "
    "with a time constant of 0.1 s, so that in the time of a presentation it goes only a part of "
    "the way from 0 to its final value; the largest counts, not its sign. Lines: one network, as "
    "the chapter draws it. (b) Accuracy over presentation time before and after training, with "
    "the accuracies that the chapter printed (diamonds, where the data set is MNIST) and chance "
    "level."
)
def digits(
    runs: Sequence[Path],
    settings: FigureSettings,
    *,
    dataset: Path,
    classes: Sequence[str] | None,
) -> Figure:
    """Draw images beside the read-out over presentation time, and accuracy over that time.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The batches of traces.
    settings : FigureSettings
        Look and example seed.
    dataset : pathlib.Path
        The images.
    classes : sequence of str, optional
        Names of the classes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    traces["time"] *= MS_PER_SECOND
    example = _example(traces, settings)
    after = traces[(traces["phase"] == "after") & traces[READOUTS[0]].notna()]
    n_columns = NARROW_COLUMNS if style.is_narrow(settings) else COLUMNS
    n_rows = -(-after["image"].nunique() // n_columns)
    heights = [n_rows * ROW_HEIGHT + LEGEND_HEIGHT, ACCURACY_HEIGHT]
    figure = _titled(traces, settings, sum(heights))
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    cells = above.subplots(
        n_rows, 2 * n_columns, width_ratios=[1, 1.5] * n_columns, squeeze=False
    ).reshape(n_rows, n_columns, 2)
    names = class_names(classes, traces)
    labels = [f"label {name}" if names == NUMBERS else name for name in names]
    _draw_images(cells, after, datasets.read(dataset).x_test, example, labels)
    words.headline(above, f"{_shown(traces, example)}; read-out: 0.1 s low-pass", settings)
    words.legend_below(above, settings)
    axes = below.subplots()
    draw_accuracy(axes, traces, example)
    words.title(axes, "b", f"accuracy on {traces['image'].nunique():,} test images")
    words.legend_below(below, settings)
    return figure


@caption(
    "(a) Error, the share of test images that are misread, over presentation time before and "
    "after training, on a logarithmic axis; chance level, and what the chapter printed (diamonds, "
    "where the data set is MNIST). Lines: one network; dotted: its Wilson 95 % interval, which "
    "says what other test images could give. In the first step nothing has come through the "
    "filter yet. (b) The error of each network after training, at the end of the presentation, "
    "with its Wilson 95 % interval."
)
def accuracy(runs: Sequence[Path], settings: FigureSettings) -> Figure:
    """Draw the error that is left over presentation time, and that of each network in the end."""
    traces = _answers(runs)
    traces["time"] *= MS_PER_SECOND
    example = _example(traces, settings)
    height = 130 if style.is_narrow(settings) else 80
    figure = _titled(traces, settings, height, _shown(traces, example))
    over_time, in_the_end = _two_panels(figure, settings, [3, 2])
    draw_error(over_time, traces, example)
    n_images = traces["image"].nunique()
    words.title(over_time, "a", f"error on {n_images:,} test images")
    draw_final_error(in_the_end, traces)
    words.title(in_the_end, "b", "bars: Wilson 95 % interval")
    words.legend_below(figure, settings)
    return figure


@caption(
    "(a) Which class the test images of each class are taken for at the end of the presentation, "
    "after training: numbers of images, mean over the networks. The colours are those of the "
    "errors alone. (b) Share of each class's images that are misread: mean over the networks; "
    "error bars go from the smallest to the largest."
)
def confusion(
    runs: Sequence[Path], settings: FigureSettings, *, classes: Sequence[str] | None
) -> Figure:
    """Draw which class is taken for which after training, and how often each is misread."""
    answers = _last_answers(runs)
    n = answers["seed"].nunique()
    counts = confusion_matrix(answers) / n
    of_all = f"mean of {n} networks" if n > 1 else "1 network"
    figure = _titled(answers, settings, 155 if style.is_narrow(settings) else 95, of_all)
    matrix, shares = _two_panels(figure, settings, [2, 1])
    names = class_names(classes, answers)
    draw_counts(figure, matrix, counts, names, settings)
    words.title(matrix, "a", "numbers of images")

    by_seed = 100 * misread_shares(answers)
    mean = by_seed.mean(axis=1)
    ends = [mean - by_seed.min(axis=1), by_seed.max(axis=1) - mean]
    shares.barh(
        mean.index, mean, xerr=ends, color=style.colour("misread"), error_kw={"linewidth": 1}
    )
    shares.set(ylim=matrix.get_ylim(), xlim=(0, None))
    shares.set(xlabel="Misread (%)", ylabel="Class of the image")
    name_ticks(shares, names, "y")
    words.title(
        shares, "b", f"mean, and range\nof {n} networks" if n > 1 else "share of each class"
    )
    return figure


@caption(
    "Test images that are misread at the end of the presentation, after training, by one network: "
    "the first three of each class, or fewer where there are no more. Above them, the class, and "
    "how many of its images are misread; below each, the class it is taken for, and its number in "
    "the test set."
)
def misread(
    runs: Sequence[Path],
    settings: FigureSettings,
    *,
    dataset: Path,
    classes: Sequence[str] | None,
) -> Figure:
    """Draw the first images of each class that the example seed misreads after training."""
    answers = _last_answers(runs)
    example = _example(answers, settings)
    of_seed = answers[answers["seed"] == example]
    wrong = of_seed[of_seed["label"] != of_seed["predicted"]].sort_values("image")
    images = datasets.read(dataset).x_test
    names, key = fitting_names(class_names(classes, answers), settings)
    told = (
        f"seed {example} misreads {len(wrong):,} of {len(of_seed):,} test images: first "
        f"{MISREAD_ROWS} of each class (how many are misread), with the class each is taken for "
        f"and its number{f'; classes: {key}' if key else ''}"
    )
    above = " " if names == NUMBERS else "\n"
    height = min(26, settings.width / N_CLASSES + 9)
    figure = _titled(answers, settings, MISREAD_ROWS * height + 15, told)
    cells = figure.subplots(MISREAD_ROWS, N_CLASSES, squeeze=False)
    for label, column in enumerate(cells.T):
        shown = wrong[wrong["label"] == label].head(MISREAD_ROWS)
        column[0].set_title(f"{names[label]}{above}({(wrong['label'] == label).sum()})")
        for axes in column:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_box_aspect(1)
        for axes, (image, predicted) in zip(
            column, shown[["image", "predicted"]].itertuples(index=False), strict=False
        ):
            axes.imshow(images[image], cmap="gray_r", vmin=0, vmax=255)
            axes.spines[:].set_visible(True)
            axes.set_xlabel(f"→ {names[predicted]}\n{image}", fontsize=style.small(settings))
    return figure


@caption(
    "Firing rates of the neurons in the three convolutional layers before and after training, "
    "each averaged over the presentation of the first test images: shares of all neurons of the "
    "layer, in bins of 5 Hz. Dotted: one spike in each presentation, the rate of neurons that "
    "spike once whatever the image is. Lines: one network. Silent neurons, which never fire, are "
    "left out and stated as a share (one network). Each axis reaches as far as 99 % of the firing "
    "neurons of its layer."
)
def firing_rates(
    runs: Sequence[Path], settings: FigureSettings, *, parameters: Parameters, closeup: Path
) -> Figure:
    """Draw how firing rates are distributed in each layer, before and after training.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The traces of all batches.
    settings : FigureSettings
        How the figure looks, and which seed is the example.
    parameters : Parameters
        How long images were presented.
    closeup : pathlib.Path
        A table from :func:`snnlearn.experiments.mnist.closeup` that holds, of every seed in it, one
        row per phase, layer and neuron, with its ``rate`` and the number of ``images``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    recorded = read_table(closeup)
    traces = read_traces(runs[:1], ["variant"])
    seeds = sorted(int(seed) for seed in recorded["seed"].unique())
    example = settings.example_of(seeds)
    told = words.band(f"line: seed {example}", len(seeds), "networks")
    first = f"first {recorded['images'].iloc[0]:,} test images"
    narrow = style.is_narrow(settings)
    figure = _titled(traces, settings, 150 if narrow else 65, f"{first}; {told}")
    layers = sorted(recorded["layer"].unique())
    shape = (len(layers), 1) if narrow else (1, len(layers))
    panels = figure.subplots(*shape, sharey=True, squeeze=False)
    for letter, layer, axes in zip(ascii_lowercase, layers, panels.flat, strict=False):
        of_layer = recorded[recorded["layer"] == layer]
        draw_rates(axes, of_layer, example, 1 / (parameters.n_steps * DT))
        words.title(axes, letter, f"layer {layer}, {of_layer['neuron'].nunique():,} neurons")
        if axes in panels[:, 0]:
            axes.set_ylabel(f"Share of neurons\n(% per {RATE_BIN:g} Hz)")
    return figure


def _two_panels(figure: Figure, settings: FigureSettings, sizes: list[int]) -> Sequence[Axes]:
    """Two panels, side by side or, in a narrow figure, one below the other."""
    if style.is_narrow(settings):
        return list(figure.subplots(2, 1, height_ratios=sizes))
    return list(figure.subplots(1, 2, width_ratios=sizes))


def _draw_images(
    cells: np.ndarray,
    after: pd.DataFrame,
    images: np.ndarray,
    example: int,
    labels: Sequence[str],
) -> None:
    """Draw each image with its read-out to the right, all on the same axes."""
    n_columns = cells.shape[1]
    shown = sorted(after["image"].unique())
    recorded = after[READOUTS].to_numpy()
    for position, (picture, axes) in enumerate(cells.reshape(-1, 2)):
        if position >= len(shown):
            picture.remove()
            axes.remove()
            continue
        of_image = after[after["image"] == shown[position]]
        label = int(of_image["label"].iloc[0])
        picture.imshow(images[shown[position]], cmap="gray_r", vmin=0, vmax=255)
        picture.set(xticks=[], yticks=[], xlabel=labels[label])
        picture.spines[:].set_visible(True)
        _draw_readout(axes, of_image, label, example)
        axes.set(xlim=(0, after["time"].max()), ylim=(recorded.min(), recorded.max() + 0.3))
        if position + n_columns >= len(shown):
            axes.set_xlabel("Time (ms)")
        else:
            axes.set_xticklabels([])
        if position % n_columns == 0:
            axes.set_ylabel("Read-out (1)")
        else:
            axes.set_yticklabels([])
    words.title(cells[0, 0, 0], "a", "")


def _draw_readout(axes: Axes, of_image: pd.DataFrame, label: int, example: int) -> None:
    """Lines for the example seed, with the band of all seeds: the label's above the others."""
    for digit in sorted(range(len(READOUTS)), key=lambda digit: digit == label):
        by_seed = of_image.pivot(index="seed", columns="time", values=READOUTS[digit])
        known = "class of the label" if digit == label else "other classes"
        color, width = style.colour(known), 1.6 if digit == label else 0.6
        axes.plot(by_seed.columns, by_seed.loc[example], color=color, linewidth=width, label=known)
        style.band(axes, by_seed.columns, *style.spread(by_seed.to_numpy()), color)


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
    return words.band(f"lines: seed {example}", traces["seed"].nunique(), "networks")


def _titled(
    traces: pd.DataFrame, settings: FigureSettings, height: float, more: str = ""
) -> Figure:
    """A blank figure that says what data and parameters it is about."""
    figure = style.blank(settings, height)
    told = "; ".join(part for part in (headline(traces["variant"].iloc[0]), more) if part)
    words.headline(figure, told, settings)
    return figure
