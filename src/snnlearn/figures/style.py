"""The look of all figures: theme, colours, traces with their bands, panels and files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from snnlearn.data.files import replacing
from snnlearn.figures import SMALLEST_FONT, FigureSettings
from snnlearn.results import read_traces, seeds_of
from snnlearn.statistics import spread_band

MM_PER_INCH = 25.4

#: How far the title of a panel is from it, in points.
TITLE_PAD = 4.0

#: Bands are computed at no more points than a figure can show.
MAX_BAND_POINTS = 1000

#: The colours that carry a meaning: a colour of Matplotlib's, or a place in the palette.
COLOURS: dict[str, str | int] = {
    "stimulus": "black",
    "learning gate": "black",
    "unconditioned response": "black",
    "pre": 0,
    "post": 3,
    "error": 4,
    "post from stimulus": 2,
    "theory": 1,
    "closed form": "black",
    "before learning": "0.45",
    "after learning": 3,
    "solved offline": 0,
    "before training": "0.45",
    "after training": 0,
    "misread": 0,
    "class of the label": 0,
    "other classes": "0.6",
    "hard": "black",
    "soft": 3,
    "counted": 0,
}

#: Opacity of bands.
BAND_STRENGTH = 0.25

#: With fewer seeds, a band that holds a share of them would be their range by another name.
FEWEST_FOR_SHARE, SHARE = 10, 0.9

#: Figures that are narrower, in millimetres, have their panels one below the other.
NARROW = 120.0

#: The first is bundled with Matplotlib, so that the layout is the same on every machine. An SVG
#: names all: where the first is missing, the others, which are narrower, fit as well.
FONTS = ["DejaVu Sans", "Arial", "Helvetica"]

#: Without dates and versions, the same figure gives the same bytes.
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


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
    size, smaller = settings.font_size, small(settings)
    matplotlib.rcdefaults()  # whatever a matplotlibrc says
    sns.set_theme(
        context="paper",
        style="ticks",
        palette=settings.palette,
        rc={
            "font.family": "sans-serif",
            "font.sans-serif": FONTS,
            "font.size": size,
            "figure.titlesize": size,
            "axes.titlesize": size,
            "axes.labelsize": size,
            "xtick.labelsize": smaller,
            "ytick.labelsize": smaller,
            "legend.fontsize": smaller,
            "legend.title_fontsize": smaller,
            "legend.frameon": False,
            "lines.linewidth": 1.0,
            "axes.linewidth": 0.6,
            "axes.titlepad": TITLE_PAD,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.minor.width": 0.4,
            "ytick.minor.width": 0.4,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "snnlearn",
            "pdf.fonttype": 42,
        },
    )


def small(settings: FigureSettings) -> float:
    """Size in points of what is smaller than the rest, such as tick labels."""
    return max(0.85 * settings.font_size, SMALLEST_FONT)


def save(figure: Figure, place: Path, settings: FigureSettings) -> None:
    """Write a figure in all formats that are asked for; the place is a path without an ending."""
    for kind in settings.kinds:
        path = place.with_name(f"{place.name}.{kind}")
        with replacing(path) as partial:
            figure.savefig(partial, format=kind, dpi=settings.dpi, metadata=METADATA[kind])
        figure.set_layout_engine("none")  # what is laid out once is the same in all formats


def is_narrow(settings: FigureSettings) -> bool:
    """Whether panels have no place side by side."""
    return settings.width < NARROW


def blank(settings: FigureSettings, height: float) -> Figure:
    """A figure without anything in it, of a height in millimetres; with larger text, higher."""
    larger = max(1.0, settings.font_size / FigureSettings.font_size)
    size = settings.width / MM_PER_INCH, larger * height / MM_PER_INCH
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
) -> None:
    """Fill what lies between two curves.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    x, low, high : array-like, shape (points,)
        The places, and where the band begins and ends at each.
    color : color
        Its colour.
    """
    axes.fill_between(x, low, high, facecolor=to_rgba(color, BAND_STRENGTH), linewidth=0)


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The band of curves, shape (curves, points), as :func:`snnlearn.figures.words.band` says."""
    return spread_band(values, SHARE if len(values) >= FEWEST_FOR_SHARE else 1.0)


def draw_spread(axes: Axes, runs: Runs, column: str, **line: object) -> None:
    """Draw the median over all seeds, and the band of :func:`spread`."""
    draw_median(axes, runs.time[runs.thinned], runs.all(column, runs.thinned), **line)


def draw_median(axes: Axes, x: np.ndarray, values: np.ndarray, **line: object) -> None:
    """Draw the median of some curves, shape (curves, points), and the band of :func:`spread`."""
    (drawn,) = axes.plot(x, np.median(values, axis=0), **line)  # type: ignore[arg-type]
    band(axes, x, *spread(values), drawn.get_color())


def shade_learning(axes: Axes, runs: Runs) -> None:
    """Shade the time in which the gate of learning is open."""
    open_ = runs.time[runs.example("learning_gate") == 0]
    if len(open_) > 0:
        axes.axvspan(open_[0], open_[-1], color="0.93", zorder=-1, label="learning")
