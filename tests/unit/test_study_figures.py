"""Figures of listed studies, from tables that were written and read as the workflow does it."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from snnlearn.experiments.latency import MOMENTS
from snnlearn.figures import FigureSettings, described, errors_over_time, soft_lif, style, surrogate
from snnlearn.results import read_metrics, write_table

SHOWN = [moment for moment in MOMENTS if moment <= 30]


def table(tmp_path, cells, seeds=(0, 1, 2)):
    """The metrics of a study whose cells have swept values and a loss of accuracy."""
    rows = []
    for number, (values, loss, images) in enumerate(cells):
        for seed in seeds:
            accuracies = {f"accuracy_{ms}ms": 1 - 0.2 / ms - loss - 1e-3 * seed for ms in SHOWN}
            metrics = {**accuracies, "accuracy_by_rates": 0.99 - 1e-3 * seed, "break_even": 0.1}
            rows += [
                {
                    "experiment": "latency",
                    "variant": f"trained/{images}",
                    "seed": seed,
                    "metric": metric,
                    "value": value,
                    "unit": "1",
                    "study": "s",
                    "cell": f"cell {number}",
                    **values,
                }
                for metric, value in metrics.items()
            ]
    file = tmp_path / "metrics.csv"
    write_table(pd.DataFrame(rows), file)
    return read_metrics([file])


SOFT = [
    ({soft_lif.SMOOTHING: width, soft_lif.NOISE: noise}, 0.001 * (noise > 0), "mnist")
    for width, noise in product((None, 0.02, 0.1), (0.0, 10.0))
]
SURROGATE = [
    ({"point": point, "dataset": dataset}, loss, dataset or "mnist")
    for (point, loss), dataset in product(
        {"rates": 0.02, "rates_for_longer": 0.01, "spikes": 0.005}.items(), (None, "fashion-mnist")
    )
]


@pytest.fixture(params=[89, 183], ids=["narrow", "wide"])
def settings(request):
    found = FigureSettings(width=request.param)
    style.apply(found)
    return found


def drawn(figure):
    """All that is written on a figure; it can be drawn."""
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        assert axes.get_xlabel() == "Time (ms)"
        assert re.search(r"\(.+\)", axes.get_ylabel())
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()], legend.get_title().get_text()


def means(axes):
    """The means that are drawn, by their place in the order of drawing."""
    return [line.lines[0].get_ydata() for line in axes.containers]


def test_soft_thresholds_are_told_apart_by_colour_and_noise_by_dashes(tmp_path, settings):
    figure = soft_lif.soft_lif(table(tmp_path, SOFT), settings)
    entries, title = drawn(figure)
    hard = ["hard threshold", "hard threshold, 10 Hz noise"]
    soft = [f"σ = {width}{noise}" for width in ("0.02", "0.1") for noise in ("", ", 10 Hz noise")]
    assert entries == [*hard, *soft]
    assert title == "mean of 3 networks; bars: 95 % interval"
    errors, gap = figure.axes
    np.testing.assert_allclose(means(errors)[0], [0.2 / ms + 1e-3 for ms in SHOWN[1:]])
    np.testing.assert_allclose(means(gap)[1], [0.2 / ms - 0.01 + 0.001 for ms in SHOWN[1:]])


def test_training_through_spikes_is_held_against_rates_of_the_same_seed(tmp_path, settings):
    figure = surrogate.surrogate(table(tmp_path, SURROGATE), settings)
    entries, _ = drawn(figure)
    assert entries[:3] == ["rates", "rates for longer", "spikes"]
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        *("mnist", "fashion-mnist", "differences")
    ]
    *panels, differences = figure.axes
    for panel in panels:
        assert len(means(panel)) == 3
    longer, spikes = means(differences)[:2]
    np.testing.assert_allclose(longer, 0.01, atol=1e-9)
    np.testing.assert_allclose(spikes, 0.015, atol=1e-9)


def test_what_stands_in_for_both_data_sets_leaves_two_panels(tmp_path, settings):
    cells = [(values, loss, "uci-digits") for values, loss, _ in SURROGATE]
    figure = surrogate.surrogate(table(tmp_path, cells, seeds=[0]), settings)
    assert drawn(figure)[1] == "1 network"
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        *("uci-digits", "fashion-mnist: uci-digits", "differences")
    ]


def test_only_what_was_measured_is_drawn(tmp_path):
    of_cell = table(tmp_path, SOFT[:1])
    found = errors_over_time.by_moment(of_cell, "accuracy")
    assert list(found.columns) == SHOWN
    assert list(found.index) == [0, 1, 2]


@pytest.mark.parametrize("name", ["soft_lif", "surrogate"])
def test_captions_say_in_sentences_what_is_drawn(name):
    (caption,) = described(name).captions.values()
    assert caption.endswith(".")
    assert "95 % intervals" in caption
