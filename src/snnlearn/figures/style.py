"""The look of all figures: theme, colours, bands, panels and files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure, SubFigure
from numpy.typing import ArrayLike

from snnlearn.figures import FigureSettings
from snnlearn.results import read_traces, seeds_of
from snnlearn.statistics import spread_band

MM_PER_INCH = 25.4

#: Bands are computed at no more points than a figure can show.
MAX_BAND_POINTS = 1000

#: The colours that carry a meaning: a colour of Matplotlib's, or a place in the palette.
COLOURS: dict[str, str | int] = {
    "stimulus": "black",
    "learning gate": "black",
    "unconditioned response": "black",
    "pre": 0,
    "post": 3,
    "error": "black",
    "mean error": 0,
    "theory": 1,
    "before learning": "0.45",
    "after learning": 3,
    "before training": "0.45",
    "after training": 0,
    "misread": 0,
    "hard": "black",
    "soft": 3,
    "counted": 0,
}

#: Opacity of bands: of one alone, and of a wide one with the interval of a mean within it.
BAND_STRENGTH, WIDE_BAND_STRENGTH, INTERVAL_STRENGTH = 0.25, 0.2, 0.5


def colour(meaning: str) -> Any:
    """The colour of something that has a place in :data:`COLOURS`, in the palette that is set."""
    found = COLOURS[meaning]
    return sns.color_palette()[found] if isinstance(found, int) else found


def colours(n: int) -> list[Any]:
    """Colours to tell some things apart that are all of one kind, from the palette's first on."""
    return list(sns.color_palette(n_colors=n))


def shades(of: Any, n: int) -> list[Any]:
    """Shades of a colour, from a light one to itself."""
    # The lightest two cannot be told from the background.
    return list(sns.light_palette(of, n_colors=n + 2)[2:])


def apply(settings: FigureSettings) -> None:
    """Set seaborn's theme; the same data gives the same bytes."""
    size = settings.font_size
    sns.set_theme(
        context="paper",
        style="ticks",
        palette=settings.palette,
        rc={
            "font.size": size,
            "axes.titlesize": size,
            "axes.labelsize": size,
            "xtick.labelsize": size * 0.9,
            "ytick.labelsize": size * 0.9,
            "legend.fontsize": size * 0.9,
            "legend.frameon": False,
            "lines.linewidth": 1.0,
            "axes.linewidth": 0.6,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "svg.hashsalt": "snnlearn",
        },
    )


def save(figure: Figure, png: Path, svg: Path, settings: FigureSettings) -> None:
    """Write a figure as PNG and SVG without dates or versions in them."""
    figure.savefig(png, dpi=settings.dpi, metadata={"Software": None})
    figure.savefig(svg, metadata={"Date": None, "Creator": None})


def blank(settings: FigureSettings, height: float) -> Figure:
    """A figure without anything in it, of a height in millimetres."""
    size = settings.width / MM_PER_INCH, height / MM_PER_INCH
    return Figure(figsize=size, layout="constrained")


def panels(
    settings: FigureSettings, n_rows: int, row_height: float, labels: tuple[str, str]
) -> tuple[Figure, Sequence[Axes]]:
    """Panels one below the other that share their axes.

    Parameters
    ----------
    settings : FigureSettings
        Gives the width.
    n_rows : int
        How many panels.
    row_height : float
        Height of each in millimetres.
    labels : (str, str)
        What is on the horizontal and on the vertical axis, with units.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : sequence of matplotlib.axes.Axes
        The panels from top to bottom.
    """
    figure = blank(settings, n_rows * row_height)
    axes = list(figure.subplots(n_rows, 1, sharex=True, sharey=True, squeeze=False)[:, 0])
    axes[-1].set_xlabel(labels[0])
    for panel in axes:
        panel.set_ylabel(labels[1])
        panel.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    return figure, axes


def title(axes: Axes, letter: str, text: str) -> None:
    """Name a panel."""
    axes.set_title(f"({letter}) {text}", loc="left")


def headline(figure: Figure | SubFigure, text: str, settings: FigureSettings) -> None:
    """Write a line above all panels of a figure, from its left edge on."""
    figure.suptitle(text, fontsize=settings.font_size, x=0.01, ha="left")


def legend_beside(axes: Axes) -> None:
    """Put the legend to the right of a panel, where it hides nothing."""
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


class Runs:
    """Traces of all seeds, as arrays with one row a seed.

    They are read a column and a batch at a time, since all of them may not fit into memory.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        The batches of one experiment.
    columns : sequence of str
        The traces of the example seed to read, beside ``time``.
    settings : FigureSettings
        Names the example seed.

    Attributes
    ----------
    seeds : list of int
        All seeds.
    example_seed : int
        The seed that is drawn alone.
    time : numpy.ndarray, shape (points,)
        Seconds.
    """

    def __init__(
        self, paths: Sequence[Path], columns: Sequence[str], settings: FigureSettings
    ) -> None:
        self._paths = paths
        batch_of = {seed: path for path in paths for seed in seeds_of(path)}
        self.seeds = sorted(batch_of)
        self.example_seed = settings.example_of(self.seeds)
        batch = read_traces([batch_of[self.example_seed]], ["seed", "time", *columns])
        self._example = batch[batch["seed"] == self.example_seed]
        self.time = self._example["time"].to_numpy()

    def example(self, column: str) -> np.ndarray:
        """The trace of the example seed, shape (points,)."""
        return self._example[column].to_numpy()

    def all(self, column: str, points: slice = slice(None)) -> np.ndarray:
        """The traces of all seeds at some points, shape (seeds, points)."""
        return self._each(column, lambda trace: trace[points].copy())

    def means(self, column: str, points: np.ndarray) -> np.ndarray:
        """Mean over some points of the trace of each seed, shape (seeds,)."""
        return self._each(column, lambda trace: trace[points].mean())

    def _each(self, column: str, kept: Callable[[np.ndarray], Any]) -> np.ndarray:
        by_seed: dict[int, Any] = {}
        for path in self._paths:
            for seed, trace in read_traces([path], ["seed", column]).groupby("seed")[column]:
                by_seed[int(seed)] = kept(trace.to_numpy())  # type: ignore[arg-type]
        return np.stack([by_seed[seed] for seed in self.seeds])

    @property
    def thinned(self) -> slice:
        """Every how many points are drawn in a band."""
        return slice(None, None, max(1, len(self.time) // MAX_BAND_POINTS))


def band(
    axes: Axes,
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    color: Any,
    strength: float = BAND_STRENGTH,
    label: str | None = None,
) -> None:
    """Fill what lies between two curves.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    x, low, high : array-like, shape (points,)
        The places, and where the band begins and ends at each. One that is defined nowhere, as
        that of few seeds, is left out, with its name.
    color : color
        Its colour.
    strength : float
        Its opacity, from 0 to 1.
    label : str, optional
        Its name in the legend.
    """
    if np.isnan(low).all():
        return
    axes.fill_between(x, low, high, facecolor=to_rgba(color, strength), linewidth=0, label=label)


def draw_spread(axes: Axes, runs: Runs, column: str, **line: object) -> None:
    """Draw the median over all seeds, and the band that holds 90 % of them."""
    draw_median(axes, runs.time[runs.thinned], runs.all(column, runs.thinned), **line)


def draw_median(axes: Axes, x: np.ndarray, values: np.ndarray, **line: object) -> None:
    """Draw the median of some curves, shape (curves, points), and the band that holds 90 %."""
    (drawn,) = axes.plot(x, np.median(values, axis=0), **line)  # type: ignore[arg-type]
    band(axes, x, *spread_band(values), drawn.get_color())


def shade_learning(axes: Axes, runs: Runs) -> None:
    """Shade the time in which the gate of learning is open."""
    open_ = runs.time[runs.example("learning_gate") == 0]
    if len(open_) > 0:
        axes.axvspan(open_[0], open_[-1], color="0.93", zorder=-1, label="learning")


def over_seeds(runs: Runs) -> str:
    """How the title of a panel over all seeds begins."""
    return seeds(len(runs.seeds))


def seeds(n: int) -> str:
    """How many seeds there are, in words."""
    return f"{n} seeds" if n > 1 else "1 seed"
