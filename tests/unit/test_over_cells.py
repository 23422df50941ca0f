import numpy as np
import pandas as pd
import pytest

from snnlearn.figures import FigureSettings
from snnlearn.figures.over_cells import draw, in_words, places, summary
from snnlearn.results import read_metrics
from snnlearn.statistics import mean_interval

SETTINGS = FigureSettings(dpi=50)

#: What the values of the seeds of a cell are, beside their mean.
AROUND = np.array([-0.2, 0.0, 0.1, 0.1, 0.0])


def metrics(axes: dict[str, list], means: dict[tuple, float], unit: str = "1") -> pd.DataFrame:
    """The metrics of a study: five seeds of each cell, around its mean."""
    rows = [
        {
            "cell": f"cell {number}",
            "seed": seed,
            "metric": "error",
            "value": mean + off,
            "unit": unit,
            **dict(zip(axes, values, strict=True)),
        }
        for number, (values, mean) in enumerate(means.items())
        for seed, off in enumerate(AROUND)
    ]
    return pd.DataFrame(rows)


def curve(axes: dict[str, list], means: dict[tuple, float], unit: str = "1"):
    """Panel, line, and bars of what is drawn over one key."""
    (panel,) = draw(metrics(axes, means, unit), "s", axes, "error", SETTINGS).axes
    ((line, _, (bars,)),) = panel.containers
    return panel, line, bars.get_segments()


def ticks(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def heat_maps(axes: dict[str, list], means: dict[tuple, float]):
    """Panels of what is drawn over several keys, without their colour bars."""
    figure = draw(metrics(axes, means), "s", axes, "error", SETTINGS)
    return [panel for panel in figure.axes if panel.get_title(loc="left")]


def words(panel) -> list[str]:
    return [text.get_text() for text in panel.texts]


def test_over_one_number_a_curve_goes_through_the_means_by_their_order():
    panel, line, bars = curve({"width": [3, 1, 2]}, {(3,): 30.0, (1,): 10.0, (2,): 20.0}, "s")
    np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(line.get_ydata(), [10, 20, 30])
    assert line.get_linestyle() == "-"
    np.testing.assert_allclose(bars[0], [(1, end) for end in mean_interval(10 + AROUND)])
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("width", "Error (s)")
    assert panel.get_xscale() == "linear"
    assert sorted(ticks(panel.xaxis)) == ["1", "2", "3"]
    assert panel.get_title(loc="left") == "mean over seeds (n = 5); bars: 95 % interval"


def test_cells_are_drawn_at_their_values_whatever_order_the_table_has():
    axes = {"width": [1, 2, 3]}
    _, line, _ = curve(axes, {(2,): 20.0, (3,): 30.0, (1,): 10.0})
    np.testing.assert_allclose(line.get_ydata(), [10, 20, 30])


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1e-4, 1e-3], "log"),
        ([1e-4, 2e-4], "linear"),
        ([0.0, 1.0, 100.0], "linear"),
        ([-1.0, 10.0, 100.0], "linear"),
        ([1, 10], "log"),
    ],
)
def test_values_over_decades_have_a_logarithmic_axis(values, scale):
    panel, _, _ = curve({"rate": values}, {(value,): 1.0 for value in values})
    assert panel.get_xscale() == scale


def test_ticks_of_small_numbers_are_short():
    panel, _, _ = curve({"rate": [3e-5, 0.25]}, {(3e-5,): 1.0, (0.25,): 2.0})
    assert ticks(panel.xaxis) == ["3e-5", "0.25"]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["b", "a", "c"], ["b", "a", "c"]),
        ([True, False], ["true", "false"]),
        ([1, "many"], ["1", "many"]),
        ([None, 3], ["null", "3"]),
    ],
)
def test_what_is_no_number_stands_side_by_side_without_a_line(values, shown):
    axes = {"kind": values}
    panel, line, _ = curve(axes, {(value,): float(n) for n, value in enumerate(values)})
    assert ticks(panel.xaxis) == shown
    assert line.get_linestyle() == "None"
    np.testing.assert_allclose(line.get_ydata(), np.arange(len(values)), atol=1e-12)


def test_a_study_of_one_cell_is_one_dot():
    panel, line, _ = curve({}, {(): 5.0})
    assert ticks(panel.xaxis) == ["all seeds"]
    np.testing.assert_allclose(line.get_ydata(), [5])


def test_over_two_keys_numbers_stand_in_a_map():
    axes = {"rate": [1.0, 2.0], "width": [10, 20, 30]}
    means = {(r, w): r * w for r in axes["rate"] for w in axes["width"]}
    (panel,) = heat_maps(axes, means)
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("width", "rate")
    assert (ticks(panel.xaxis), ticks(panel.yaxis)) == (["10", "20", "30"], ["1", "2"])
    (mesh,) = panel.collections
    np.testing.assert_allclose(mesh.get_array(), [[10, 20, 30], [20, 40, 60]])
    means_written = [text.splitlines()[0] for text in words(panel)]
    assert means_written == ["10", "20", "30", "20", "40", "60"]
    low, high = mean_interval(10 + AROUND)
    assert words(panel)[0] == f"10\n[{low:.3g}, {high:.3g}]"


def test_over_three_keys_there_is_a_map_for_each_value_of_the_first():
    axes = {"kind": ["a", "b"], "rate": [1, 2], "width": [3, 4]}
    means = {(k, r, w): 100.0 * (k == "b") + r * w for k in "ab" for r in (1, 2) for w in (3, 4)}
    panels = heat_maps(axes, means)
    assert [panel.get_title(loc="left").partition(":")[0] for panel in panels] == [
        "kind = a",
        "kind = b",
    ]
    drawn = [panel.collections[0].get_array().tolist() for panel in panels]
    np.testing.assert_allclose(drawn, [[[3, 4], [6, 8]], [[103, 104], [106, 108]]])
    for panel in panels:
        np.testing.assert_allclose(panel.collections[0].get_clim(), (3, 108))


@pytest.mark.parametrize("odd", [True, None])
def test_maps_over_values_that_are_no_numbers(odd):
    axes = {"flag": [odd, "x"], "width": [1, 2]}
    means = {(odd, 1): 1.0, (odd, 2): 2.0, ("x", 1): 3.0, ("x", 2): 4.0}
    (panel,) = heat_maps(axes, means)
    np.testing.assert_allclose(panel.collections[0].get_array(), [[1, 2], [3, 4]])
    assert [text.splitlines()[0] for text in words(panel)] == ["1", "2", "3", "4"]


def test_panels_of_a_key_that_may_be_null():
    axes = {"images": [None, 5], "rate": [1, 2], "width": [3, 4]}
    means = {
        (i, r, w): (5.0 if i else 0.0) + r * w for i in (None, 5) for r in (1, 2) for w in (3, 4)
    }
    panels = heat_maps(axes, means)
    drawn = [panel.collections[0].get_array().tolist() for panel in panels]
    np.testing.assert_allclose(drawn, [[[3, 4], [6, 8]], [[8, 9], [11, 13]]])


def test_cells_whose_runs_define_nothing_say_so():
    axes = {"rate": [1, 2], "width": [3, 4]}
    (panel,) = heat_maps(axes, {(1, 3): 0.0, (1, 4): 1.0, (2, 3): np.nan, (2, 4): 3.0})
    assert [(*text.get_position(), text.get_text()) for text in panel.texts][-1] == (
        *(0.5, 1.5),
        "not defined",
    )
    assert len(panel.texts) == 4
    (panel,) = heat_maps(axes, {(r, w): np.nan for r in (1, 2) for w in (3, 4)})
    assert words(panel) == ["not defined"] * 4


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        ("rmse_last_second", "RMSE last second"),
        ("cr_peak_2", "CR peak 2"),
        ("crosstalk_1", "Crosstalk 1"),
    ],
)
def test_metrics_are_written_as_words(metric, shown):
    assert in_words(metric) == shown


def test_a_decade_is_drawn_on_a_logarithmic_axis():
    panel, *_ = curve({"rate": [3e-5, 1e-4, 3e-4]}, {(x,): 1.0 for x in (3e-5, 1e-4, 3e-4)})
    assert panel.get_xscale() == "log"


def test_cells_that_are_missing_are_said_to_be():
    axes = {"rate": [1, 2], "width": [3, 4]}
    (panel,) = heat_maps(axes, {(1, 3): 1.0, (2, 4): 3.0})
    assert [text.partition("\n")[0] for text in words(panel)] == ["1", "3", *["no result"] * 2]
    panel, line, _ = curve({"rate": [1, 2, 3]}, {(1,): 1.0, (3,): 3.0})
    np.testing.assert_allclose(line.get_ydata(), [1, np.nan, 3])
    assert panel.get_title(loc="left") == "mean over seeds (n = 5); bars: 95 % interval"


def test_a_curve_of_cells_whose_runs_define_nothing_is_empty():
    _, line, _ = curve({"rate": [1, 2]}, {(1,): np.nan, (2,): 2.0})
    np.testing.assert_allclose(line.get_ydata(), [np.nan, 2])


def test_a_metric_that_there_is_not_is_told_which_there_are():
    table = metrics({"rate": [1]}, {(1,): 1.0})
    table = pd.concat([table, table.assign(metric="delay")])
    message = r"config: studies\.s\.metrics: there is no metric 'eror'; there are error, delay$"
    with pytest.raises(ValueError, match=message):
        draw(table, "s", {"rate": [1]}, "eror", SETTINGS)


def test_a_summary_counts_what_is_defined():
    table = metrics({"rate": [1, 2]}, {(1,): 1.0, (2,): np.nan})
    table.loc[0, "value"] = np.nan
    found = summary(table, ["rate"])
    assert found["n"].tolist() == [4, 0]
    np.testing.assert_allclose(found["mean"], [1 + AROUND[1:].mean(), np.nan])
    assert found["rate"].tolist() == [1, 2]
    assert found[["low", "high"]].iloc[1].isna().all()


@pytest.mark.parametrize(
    "values",
    [
        [None, 5],
        [None, 0.5, 3e-5],
        [True, False],
        [None, True],
        [1, "many"],
        ["null", "NA", "x"],
        ["1", "2"],
        [None],
    ],
)
def test_values_are_found_again_in_a_table_from_a_file(tmp_path, values):
    table = metrics({"odd": values}, {(value,): float(n) for n, value in enumerate(values)})
    file = tmp_path / "metrics.csv"
    table.assign(experiment="e", variant="v").to_csv(file, index=False)
    cells = summary(read_metrics([file]), ["odd"])
    assert places(cells["odd"], values) == list(range(len(values)))
    np.testing.assert_allclose(cells["mean"], range(len(values)), atol=1e-12)


def test_points_may_be_called_by_numbers(tmp_path):
    axes = {"point": ["01", "1", "null"]}
    file = tmp_path / "metrics.csv"
    table = metrics(axes, {("01",): 1.0, ("1",): 2.0, ("null",): 3.0})
    table.assign(experiment="e", variant="v").to_csv(file, index=False)
    (panel,) = draw(read_metrics([file]), "s", axes, "error", SETTINGS).axes
    np.testing.assert_allclose(panel.containers[0][0].get_ydata(), [1, 2, 3])
