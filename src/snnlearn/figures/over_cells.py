"""Figures of a study: one metric over the values that it sweeps, with intervals over its seeds."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnlearn.figures import FigureSettings, style, words
from snnlearn.settings.changes import short
from snnlearn.statistics import mean_interval

#: Heights of a panel in millimetres: of curves, and of one row of a heat map, beside the rest.
CURVE_HEIGHT, ROW_HEIGHT, REST = 65.0, 9.0, 35.0

#: The part of a figure's width that the title of a panel may take.
ROOM = 0.75

#: Words of metrics that are written in capitals.
ABBREVIATIONS = ("rmse", "cr", "ur", "cs", "us")


def draw(
    metrics: pd.DataFrame,
    study: str,
    axes: Mapping[str, Sequence[Any]],
    metric: str,
    settings: FigureSettings,
) -> Figure:
    """Draw the mean of a metric over all seeds in each cell, with its 95 % interval.

    Over one swept key it is a curve, over two a heat map; over more, a heat map for each
    combination of the values of the others. Values that are no numbers, and points, stand side by
    side in their order, without a line between them.

    Parameters
    ----------
    metrics : pandas.DataFrame
        The metrics of the study, as :func:`snnlearn.results.study_metrics` joins them.
    study : str
        Its name.
    axes : mapping of str to sequence
        The values of each key that it sweeps; none for a study with one cell.
    metric : str
        The metric to draw.
    settings : FigureSettings
        How it looks.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no such metric; the message lists those that there are.
    """
    of_metric = metrics[metrics["metric"] == metric]
    if of_metric.empty:
        there_are = ", ".join(dict.fromkeys(metrics["metric"]))
        raise ValueError(
            f"config: studies.{study}.metrics: there is no metric {metric!r}; there are {there_are}"
        )
    unit = str(of_metric["unit"].iloc[0])
    label = f"{in_words(metric)} ({unit})"
    keys = list(axes)
    cells = summary(of_metric, keys)
    for key, values in axes.items():
        cells[key] = places(cells[key], values)
    if len(keys) < 2:
        return _curve(cells, keys[0] if keys else "", axes, label, settings)
    return _heat_maps(cells, axes, label, settings)


def in_words(metric: str) -> str:
    """The name of a metric as an axis bears it."""
    words = [word.upper() if word in ABBREVIATIONS else word for word in metric.split("_")]
    return " ".join([words[0][0].upper() + words[0][1:], *words[1:]])


def seeds_in_words(n: pd.Series) -> str:
    """How many seeds the means of some cells are over."""
    return f"n = {n.min()}" if n.min() == n.max() else f"n = {n.min()} to {n.max()}"


def summary(of_metric: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Mean of one metric in each cell, with its interval.

    Parameters
    ----------
    of_metric : pandas.DataFrame
        The values of one metric in all runs.
    keys : sequence of str
        The columns that are swept.

    Returns
    -------
    pandas.DataFrame
        One row a cell: the ``keys``, ``mean``, ``low`` and ``high``, NaN where there are too few
        defined values, and ``n``, how many there are.
    """
    rows = []
    for _, of_cell in of_metric.groupby("cell", sort=False):
        defined = of_cell["value"].dropna().to_numpy()
        low, high = mean_interval(defined)
        mean = float(defined.mean()) if len(defined) else np.nan
        swept = {key: of_cell[key].iloc[0] for key in keys}
        rows.append(swept | {"mean": mean, "low": low, "high": high, "n": len(defined)})
    return pd.DataFrame(rows)


def places(found: Iterable[Any], values: Sequence[Any]) -> list[int]:
    """Which of a key's values some are, which a table from a file may have as another kind.

    Parameters
    ----------
    found : iterable
        Values of a column of the table.
    values : sequence
        The values of the key.

    Returns
    -------
    list of int
        The place of each among ``values``.
    """
    numeric = any(_is_number(value) for value in values)

    def text(value: Any) -> str:
        if value is None or value != value:
            return ""
        try:
            return str(float(value)) if numeric and not isinstance(value, bool) else str(value)
        except ValueError:
            return str(value)

    place = {text(value): number for number, value in enumerate(values)}
    return [place[text(value)] for value in found]


def _curve(
    cells: pd.DataFrame,
    key: str,
    axes: Mapping[str, Sequence[Any]],
    label: str,
    settings: FigureSettings,
) -> Figure:
    figure = style.blank(settings, CURVE_HEIGHT)
    panel = figure.subplots()
    values = axes.get(key, ["all seeds"])
    seeds = seeds_in_words(cells["n"])
    if key:
        cells = cells.set_index(key).reindex(range(len(values))).reset_index()
    numbers = all(_is_number(value) for value in values)
    x = np.array(values, float) if numbers else np.arange(len(values))
    order = np.argsort(x)
    colour = sns.color_palette()[0]
    errors = np.abs(cells[["low", "high"]].to_numpy() - cells[["mean"]].to_numpy()).T
    panel.errorbar(
        x[order],
        cells["mean"].to_numpy()[order],
        yerr=errors[:, order],
        color=colour,
        marker="o",
        markersize=3.5,
        linestyle="-" if numbers else "none",
        capsize=2,
    )
    if numbers:
        _scale(panel, x)
    else:
        panel.set_xticks(x, [short(value) for value in values])
        panel.set_xlim(-0.5, len(values) - 0.5)
    panel.set(xlabel=key.replace("_", " "), ylabel=label)
    told = f"mean over seeds ({seeds}); bars: 95 % interval"
    panel.set_title(words.wrapped(told, ROOM * settings.width, settings.font_size), loc="left")
    return figure


def _scale(panel: Axes, x: np.ndarray) -> None:
    """A logarithmic axis where values span decades, and ticks at the values."""
    if x.min() > 0 and x.max() > 9.99 * x.min():
        panel.set_xscale("log")
    if len(x) <= 8:
        panel.set_xticks(x, [short(float(value)) for value in x])
        panel.minorticks_off()


def _heat_maps(
    cells: pd.DataFrame, axes: Mapping[str, Sequence[Any]], label: str, settings: FigureSettings
) -> Figure:
    """The last two keys span the maps; there is one for each combination of the others."""
    *others, vertical, horizontal = axes
    panels = list(product(*(enumerate(axes[key]) for key in others)))
    rows, columns = axes[vertical], axes[horizontal]
    height = REST + ROW_HEIGHT * len(rows)
    figure = style.blank(settings, height * len(panels))
    drawn = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    low, high = cells["mean"].min(), cells["mean"].max()
    comma = ",\n" if style.is_narrow(settings) else ", "
    for panel, combination in zip(drawn, panels, strict=True):
        chosen = cells
        for key, (number, _) in zip(others, combination, strict=True):
            chosen = chosen[chosen[key] == number]
        table = chosen.set_index([vertical, horizontal])
        grid = table["mean"].unstack().reindex(index=range(len(rows)), columns=range(len(columns)))
        texts = [[_cell_text(table, row, column, comma) for column in grid] for row in grid.index]
        sns.heatmap(
            grid,
            ax=panel,
            vmin=low,
            vmax=high,
            cmap="viridis",
            annot=np.array(texts),
            fmt="",
            annot_kws={"fontsize": style.small(settings)},
            cbar_kws={"label": label},
            xticklabels=[short(value) for value in columns],
            yticklabels=[short(value) for value in rows],
        )
        for row, column in np.argwhere(grid.isna().to_numpy()):  # where seaborn writes nothing
            panel.text(
                column + 0.5,
                row + 0.5,
                texts[row][column],
                ha="center",
                va="center",
                fontsize=style.small(settings),
            )
        panel.tick_params(length=0)
        panel.set(xlabel=horizontal.replace("_", " "), ylabel=vertical.replace("_", " "))
        named = ", ".join(
            f"{key} = {short(value)}" for key, (_, value) in zip(others, combination, strict=True)
        )
        title = f"mean over seeds ({seeds_in_words(cells['n'])}), and 95 % interval"
        told = f"{named}: {title}" if named else title
        panel.set_title(words.wrapped(told, ROOM * settings.width, settings.font_size), loc="left")
    return figure


def _cell_text(table: pd.DataFrame, row: Any, column: Any, comma: str) -> str:
    """The mean, and below it the ends of its interval with a comma between them."""
    if (row, column) not in table.index:
        return "no result"
    cell = table.loc[(row, column)]
    if not np.isfinite(cell["mean"]):
        return "not defined"
    interval = f"\n[{cell['low']:.3g}{comma}{cell['high']:.3g}]" if np.isfinite(cell["low"]) else ""
    return f"{cell['mean']:.3g}{interval}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
