"""Figure of the spiking classifier: test images beside the read-out over time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from snnlearn import datasets
from snnlearn.experiments.mnist import PUBLISHED, READOUTS, Parameters, accuracy_over_time
from snnlearn.experiments.mnist.network import DT
from snnlearn.figures import Settings, style
from snnlearn.results import read_traces

#: Images side by side, each with its read-out to the right.
COLUMNS = 3

#: Heights in millimetres: of a row of images, of the accuracy, and of the legend between.
ROW_HEIGHT, ACCURACY_HEIGHT, LEGEND_HEIGHT = 32.0, 45.0, 14.0

MS_PER_SECOND = 1000.0
CHANCE = 0.1


def digits(
    runs: Sequence[Path], settings: Settings, *, dataset: Path, trained_parameters: Sequence[Path]
) -> Figure:
    """Draw images beside the read-out over presentation time, and accuracy over that time.

    Parameters
    ----------
    runs : sequence of pathlib.Path
        The batches of traces.
    settings : Settings
        Look and example seed.
    dataset : pathlib.Path
        The images.
    trained_parameters : sequence of pathlib.Path
        Not drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    traces = read_traces(runs)
    traces["time"] *= MS_PER_SECOND
    example = style.example_seed(settings, sorted(int(seed) for seed in traces["seed"].unique()))
    after = traces[(traces["phase"] == "after") & traces[READOUTS[0]].notna()]
    n_rows = -(-after["image"].nunique() // COLUMNS)

    heights = [n_rows * ROW_HEIGHT + LEGEND_HEIGHT, ACCURACY_HEIGHT]
    figure = Figure(
        figsize=(settings.width / style.MM_PER_INCH, sum(heights) / style.MM_PER_INCH),
        layout="constrained",
    )
    figure.suptitle(
        _headline(traces["variant"].iloc[0]), fontsize=settings.font_size, x=0.01, ha="left"
    )
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    _draw_images(above, after, datasets.read(dataset).x_test, example, n_rows, settings)
    _draw_accuracy(below.subplots(), traces, example)
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
    settings: Settings,
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
    figure.suptitle(
        f"(a) seed {example} (lines), all seeds (bands)",
        fontsize=settings.font_size,
        x=0.01,
        ha="left",
    )
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
    colors = sns.color_palette(n_colors=len(READOUTS))
    for digit, (column, color) in enumerate(zip(READOUTS, colors, strict=True)):
        width = 2.2 if digit == label else 0.8
        axes.plot(one.index, one[column], color=color, linewidth=width, label=str(digit))
        axes.fill_between(
            lowest.index,
            lowest[column],
            highest[column],
            color=color,
            alpha=style.BAND_ALPHA,
            linewidth=0,
        )


def _draw_accuracy(axes: Axes, traces: pd.DataFrame, example: int) -> None:
    accuracy = accuracy_over_time(traces, ["seed", "phase"])
    n_images, n_seeds = traces["image"].nunique(), traces["seed"].nunique()
    for phase, color in (("after", sns.color_palette()[0]), ("before", "0.45")):
        by_seed = accuracy[accuracy["phase"] == phase].pivot(
            index="time", columns="seed", values="accuracy"
        )
        last = by_seed[example].iloc[-1]
        axes.plot(by_seed.index, by_seed[example], color=color, label=f"{phase} training")
        axes.fill_between(
            by_seed.index,
            by_seed.min(axis=1),
            by_seed.max(axis=1),
            color=color,
            alpha=style.BAND_ALPHA,
            linewidth=0,
        )
        axes.annotate(
            f"{last:.4f}",
            (by_seed.index[-1], last),
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
            list(PUBLISHED.values()),
            color="black",
            marker="D",
            markersize=4,
            markerfacecolor="none",
            linestyle="none",
            clip_on=False,
            zorder=3,
            label="published",
        )
    axes.axhline(CHANCE, color="0.7", linewidth=0.6, linestyle=":", label="chance")
    axes.set(xlim=(0, accuracy["time"].max()), ylim=(0, 1.02))
    axes.set(xlabel="Presentation time (ms)", ylabel="Accuracy")
    axes.legend(loc="center right")
    seeds = f"seed {example} (line), {n_seeds} network seeds (band)" if n_seeds > 1 else "1 seed"
    style.title(axes, "b", f"{n_images:,} test images; {seeds}")
