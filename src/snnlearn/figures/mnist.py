"""Figure of the spiking classifier: test images beside the read-out over time."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from snnlearn import datasets
from snnlearn.experiments.mnist import READOUTS, accuracy_over_time
from snnlearn.figures import Settings, style
from snnlearn.results import read_traces

#: Images side by side, each with its read-out to the right.
COLUMNS = 3
ROW_HEIGHT = 32.0
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
    after = traces[(traces["phase"] == "after") & traces[READOUTS[0]].notna()]
    seeds = sorted(int(seed) for seed in traces["seed"].unique())
    example = style.example_seed(settings, seeds)
    shown = sorted(after["image"].unique())
    n_rows = -(-len(shown) // COLUMNS)

    height = (n_rows + 1.4) * ROW_HEIGHT
    figure = Figure(
        figsize=(settings.width / style.MM_PER_INCH, height / style.MM_PER_INCH),
        layout="constrained",
    )
    grid = GridSpec(
        n_rows + 1,
        2 * COLUMNS,
        figure,
        width_ratios=[1, 1.6] * COLUMNS,
        height_ratios=[1] * n_rows + [1.3],
    )
    images = datasets.read(dataset).x_test
    recorded = after[READOUTS].to_numpy()
    readout_axes = []
    for position, image in enumerate(shown):
        row, column = divmod(position, COLUMNS)
        picture = figure.add_subplot(grid[row, 2 * column])
        picture.imshow(images[image], cmap="gray_r", vmin=0, vmax=255)
        picture.set_xticks([])
        picture.set_yticks([])
        axes = figure.add_subplot(grid[row, 2 * column + 1])
        of_image = after[after["image"] == image]
        picture.set_xlabel(f"image {image}: {of_image['label'].iloc[0]}")
        _draw_readout(axes, of_image, example)
        axes.set_xlim(0, traces["time"].max())
        axes.set_ylim(recorded.min(), recorded.max())
        if row == n_rows - 1 or position + COLUMNS >= len(shown):
            axes.set_xlabel("Time (ms)")
        else:
            axes.set_xticklabels([])
        if column == 0:
            axes.set_ylabel("Read-out")
        else:
            axes.set_yticklabels([])
        readout_axes.append(axes)
    readout_axes[min(COLUMNS, len(shown)) - 1].legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), title="Class", handlelength=1.0
    )
    style.title(readout_axes[0], "a", "")
    _draw_accuracy(figure.add_subplot(grid[n_rows, :]), traces, example)
    variant = traces["variant"].iloc[0]
    figure.suptitle(_headline(variant), fontsize=settings.font_size, x=0.01, ha="left")
    return figure


def _headline(variant: str) -> str:
    parameters, data = variant.split("/", 1)
    if data == "uci-digits":
        return f"UCI digits stand in for MNIST, which was not available; {parameters} parameters"
    return f"Data set: {data}; {parameters} parameters"


def _draw_readout(axes: Axes, of_image: pd.DataFrame, example: int) -> None:
    """Lines for the example seed, bands from the least to the greatest value of all seeds."""
    label = of_image["label"].iloc[0]
    by_time = of_image.groupby("time")[READOUTS]
    lowest, highest = by_time.min(), by_time.max()
    one = of_image[of_image["seed"] == example].set_index("time")
    for digit, (column, color) in enumerate(
        zip(READOUTS, sns.color_palette(n_colors=10), strict=True)
    ):
        width = 2.0 if digit == label else 0.8
        axes.plot(one.index, one[column], color=color, linewidth=width, label=str(digit))
        axes.fill_between(
            lowest.index, lowest[column], highest[column], color=color, alpha=0.25, linewidth=0
        )


def _draw_accuracy(axes: Axes, traces: pd.DataFrame, example: int) -> None:
    accuracy = accuracy_over_time(traces, ["seed", "phase"])
    n_images, n_seeds = traces["image"].nunique(), traces["seed"].nunique()
    for phase, color in (("before", "0.45"), ("after", sns.color_palette()[0])):
        by_seed = accuracy[accuracy["phase"] == phase].pivot(
            index="time", columns="seed", values="accuracy"
        )
        axes.plot(by_seed.index, by_seed[example], color=color, label=f"{phase} training")
        axes.fill_between(
            by_seed.index,
            by_seed.min(axis=1),
            by_seed.max(axis=1),
            color=color,
            alpha=0.25,
            linewidth=0,
        )
        axes.annotate(
            f"{by_seed[example].iloc[-1]:.4f}",
            (by_seed.index[-1], by_seed[example].iloc[-1]),
            xytext=(3, 0), textcoords="offset points", va="center", color=color,
            annotation_clip=False,
        )  # fmt: skip
    axes.axhline(CHANCE, color="0.7", linewidth=0.6, linestyle=":", label="chance")
    axes.set_xlim(0, accuracy["time"].max())
    axes.set_ylim(0, 1)
    axes.set_xlabel("Presentation time (ms)")
    axes.set_ylabel("Accuracy")
    axes.legend(loc="center", bbox_to_anchor=(0.75, 0.45))
    style.title(axes, "b", f"{n_images} test images, {n_seeds} network seeds")
