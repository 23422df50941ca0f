import importlib
import re
import warnings
from functools import partial
from io import BytesIO
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.legend import Legend

from snnlearn import datasets
from snnlearn.experiment import registry
from snnlearn.experiments.mnist import READOUTS
from snnlearn.figures import Settings, style
from snnlearn.results import read_traces, simulate_batch
from snnlearn.statistics import mean_band

#: Every figure that the experiments promise.
FIGURES = [
    (name, figure) for name, experiment in registry().items() for figure in experiment.FIGURES
]

#: Panels in which one seed is drawn, and its lines: legend entry and column of the traces.
ONE_SEED = {
    ("channel", "signals"): {"Input": "stimulus", "Pre": "pre", "Post": "post"},
    ("channel", "error"): {"Error": "error", "PES without\nnoise": "error_noise_free"},
    ("conditioning", "us_ur"): {
        f"{s} {k}": f"{s.lower()}_{k}" for s in ("US", "UR") for k in "123"
    },
    ("conditioning", "cs_ur"): {
        f"{s} {k}": f"{s.lower()}_{k}" for s in ("CS", "UR") for k in "123"
    },
    ("conditioning", "cs_cr"): {
        f"{s} {k}": f"{s.lower()}_{k}" for s in ("CS", "CR") for k in "123"
    },
    ("conditioning", "error"): {"Error": "error_1"},
}

SMALL = {
    "channel": {"duration": 2.0, "n_neurons": 10},
    "conditioning": {"duration": 3.0, "n_neurons_per_dimension": 5},
    "tuning_curve": {"n_currents": 50},
}

BATCHES = {(0, 1, 2): [[0, 1], [2]], (0,): [[0]], (7, 5): [[7, 5]]}

#: Few dots, for speed.
SETTINGS = Settings(dpi=50)


def mnist_traces(seed: int, n_images: int = 12, n_recorded: int = 6) -> pd.DataFrame:
    """What the classifier's traces look like, with random read-outs."""
    rng = np.random.default_rng(seed)
    labels = datasets.stand_in([])[0].y_test[:n_images]
    tables = []
    for phase in ("before", "after"):
        for image, label in enumerate(labels):
            readouts = rng.normal(size=(5, 10)).cumsum(axis=0)
            table = pd.DataFrame(readouts.astype(np.float32), columns=READOUTS)
            if image >= n_recorded:
                table[:] = np.nan
            known = {"phase": phase, "image": image, "label": label}
            predicted = readouts.argmax(axis=1).astype(np.int8)
            time = np.arange(1, 6) / 1000
            tables.append(table.assign(**known, predicted=predicted, time=time))
    traces = pd.concat(tables, ignore_index=True)
    return traces.assign(seed=seed, variant="trained/uci-digits").astype(
        {"phase": "category", "variant": "category"}
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file with the digits that stand in for MNIST."""
    path = tmp_path_factory.mktemp("images") / "dataset.npz"
    datasets.write(path, datasets.stand_in([])[0])
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Files of traces of an experiment, made once for some seeds."""
    made = {}

    def simulate(name: str, seeds: list[int]) -> pd.DataFrame:
        if name == "mnist":
            return pd.concat([mnist_traces(seed) for seed in seeds], ignore_index=True)
        experiment = registry()[name]
        return simulate_batch(name, experiment, experiment.Parameters(**SMALL[name]), seeds)[0]

    def runs(name: str, seeds: tuple[int, ...] = (0, 1, 2)) -> list:
        if (name, seeds) not in made:
            folder = tmp_path_factory.mktemp(name)
            paths = [
                folder / f"batch-{number:04d}.parquet" for number in range(len(BATCHES[seeds]))
            ]
            for path, batch in zip(paths, BATCHES[seeds], strict=True):
                simulate(name, batch).to_parquet(path, index=False)
            made[name, seeds] = paths
        return made[name, seeds]

    return runs


@pytest.fixture
def draw(runs, images):
    """Draw a figure as the workflow does."""

    def draw(name, figure, settings=SETTINGS, seeds=(0, 1, 2), paths=None):
        style.apply(settings)
        function = getattr(importlib.import_module(f"snnlearn.figures.{name}"), figure)
        if name == "mnist":
            function = partial(function, dataset=images, trained_parameters=[])
        paths = paths or runs(name, seeds)
        with warnings.catch_warnings(action="error"):  # such as a mean over nothing
            return function(paths, settings)

    return draw


@pytest.fixture
def save(tmp_path):
    """Save a figure, and return the bytes of the PNG and the SVG."""

    def save(figure, settings=SETTINGS) -> tuple[bytes, bytes]:
        paths = tmp_path / "figure.png", tmp_path / "figure.svg"
        with warnings.catch_warnings(action="error"):  # such as a layout that does not fit
            style.save(figure, *paths, settings)
        return tuple(path.read_bytes() for path in paths)

    return save


def lines(axes) -> dict[str, np.ndarray]:
    """What the lines of a panel that have a name show."""
    named = (line for line in axes.get_lines() if not line.get_label().startswith("_"))
    return {line.get_label(): line.get_ydata() for line in named}


def of_seed(paths, seed: int) -> pd.DataFrame:
    traces = read_traces(paths)
    return traces[traces["seed"] == seed]


# Every figure


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_a_function_draws_it_and_a_caption_tells_what_it_is(name, figure):
    module = importlib.import_module(f"snnlearn.figures.{name}")
    assert callable(getattr(module, figure))
    assert registry()[name].FIGURES[figure].endswith(".")


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_same_data_gives_the_same_png_and_svg(draw, save, name, figure):
    png, svg = save(draw(name, figure))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    draw("conditioning", "learning_gate", Settings(palette="deep"))  # must not show in the next
    assert save(draw(name, figure)) == (png, svg)


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_one_seed_is_enough(draw, save, name, figure):
    drawn = draw(name, figure, seeds=(0,))
    png, svg = save(drawn)
    assert len(png) > 1000  # a blank one of this size is smaller
    assert len(svg) > 1000
    assert not [axes for axes in drawn.axes if "seeds" in axes.get_title(loc="left")]


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_every_axis_with_numbers_has_a_name(draw, name, figure):
    drawn = draw(name, figure)
    drawn.draw_without_rendering()
    labels = []
    for axes in drawn.axes:
        assert axes.has_data()
        for axis in (axes.xaxis, axes.yaxis):
            shown = [text for text in axis.get_ticklabels() if text.get_visible()]
            if any(text.get_text() for text in shown):
                assert axis.get_label_text(), f"{axes} has numbers without a name"
                labels.append(axis.get_label_text())
    assert len(labels) >= 2
    for label in labels:
        if re.search("time|rate|current", label, re.IGNORECASE):
            assert re.search(r" \(.+\)$", label), f"{label} has no unit"


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_every_line_has_a_name(draw, name, figure):
    drawn = draw(name, figure)
    named = {text.get_text() for legend in drawn.findobj(Legend) for text in legend.get_texts()}
    expected = {label for axes in drawn.axes for label in lines(axes)}
    assert expected
    assert expected <= named


@pytest.mark.parametrize(("name", "figure"), {name: (name, f) for name, f in FIGURES}.values())
def test_size_is_as_configured(draw, save, name, figure):
    settings = Settings(width=100, dpi=72, font_size=6)
    png, svg = save(draw(name, figure, settings), settings)
    picture = matplotlib.image.imread(BytesIO(png))
    # Matplotlib cuts off a part of a pixel.
    assert picture.shape[1] == pytest.approx(100 / 25.4 * 72, abs=1)
    width = ElementTree.fromstring(svg).get("width")
    # The SVG is in points, of which 72 make an inch, with six decimals.
    assert float(width.removesuffix("pt")) == pytest.approx(100 / 25.4 * 72, abs=1e-5)


# The seed that is drawn alone


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 0), (2, 2), (99, 0)])
@pytest.mark.parametrize(("name", "figure"), ONE_SEED)
def test_the_example_seed_is_drawn_alone(draw, runs, name, figure, wanted, drawn):
    (one, _) = draw(name, figure, Settings(example_seed=wanted)).axes
    assert f"one seed ({drawn})" in one.get_title(loc="left")
    expected = of_seed(runs(name), drawn)
    found = lines(one)
    assert list(found) == list(ONE_SEED[name, figure])
    for label, column in ONE_SEED[name, figure].items():
        np.testing.assert_array_equal(found[label], expected[column])


def test_the_first_seed_is_the_smallest_in_whatever_order_they_were_run(draw):
    one, many = draw("channel", "error", seeds=(7, 5)).axes
    assert "one seed (5)" in one.get_title(loc="left")
    assert "2 seeds" in many.get_title(loc="left")


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 0), (2, 2), (99, 0)])
def test_the_example_seed_of_the_classifier(draw, runs, wanted, drawn):
    figure = draw("mnist", "digits", Settings(example_seed=wanted))
    traces = of_seed(runs("mnist"), drawn)
    after = traces[(traces["phase"] == "after") & (traces["image"] == 0)]
    for digit, values in lines(figure.axes[1]).items():
        np.testing.assert_array_equal(values, after[f"readout_{digit}"])
    right = traces.assign(right=traces["label"] == traces["predicted"])
    for phase in ("before", "after"):
        accuracy = right[right["phase"] == phase].groupby("time")["right"].mean()
        np.testing.assert_array_equal(lines(figure.axes[-1])[f"{phase} training"], accuracy)


# All seeds


@pytest.mark.parametrize(
    ("name", "figure"), [key for key in ONE_SEED if key != ("channel", "error")]
)
def test_median_over_all_seeds(draw, runs, name, figure):
    (_, many) = draw(name, figure).axes
    assert "3 seeds" in many.get_title(loc="left")
    traces = read_traces(runs(name))
    # With thousands of steps, every n-th is drawn.
    every = max(1, traces["time"].nunique() // style.MAX_BAND_POINTS)
    found = lines(many)
    for label, column in ONE_SEED[name, figure].items():
        median = traces.pivot(index="time", columns="seed", values=column).median(axis=1)
        np.testing.assert_array_equal(found[label], median[::every])


def test_mean_error_and_its_interval(draw, runs):
    (_, many) = draw("channel", "error").axes
    errors = read_traces(runs("channel")).pivot(index="seed", columns="time", values="error")
    every = max(1, errors.shape[1] // style.MAX_BAND_POINTS)
    values = errors.to_numpy()[:, ::every]
    # Pandas and NumPy may add in another order.
    np.testing.assert_allclose(lines(many)["Mean"], values.mean(axis=0), rtol=0, atol=1e-15)
    interval = next(c for c in many.collections if "interval" in c.get_label())
    corners = interval.get_paths()[0].vertices[:, 1]
    low, high = mean_band(values)
    assert corners.min() == low.min()
    assert corners.max() == high.max()


def test_mean_decay_that_theory_predicts(draw, runs):
    (_, many) = draw("channel", "error").axes
    traces = read_traces(runs("channel"))
    drawn = next(line for line in many.get_lines() if "theory" in line.get_label())
    first = traces.groupby("seed")["error_noise_free"].first().mean()
    rates = traces.groupby("seed")["decay_rate_theory"].mean()
    expected = [first * np.exp(-rates * time).mean() for time in drawn.get_xdata()]
    np.testing.assert_allclose(drawn.get_ydata(), expected)
    assert any(c.get_label() == "its 95 % interval" for c in many.collections)


@pytest.mark.parametrize(
    "figure", [figure for figure in registry()["conditioning"].FIGURES if figure != "learning_gate"]
)
def test_learning_is_shaded(draw, figure):
    for axes in draw("conditioning", figure).axes:
        (shade,) = [patch for patch in axes.patches if patch.get_label() == "learning"]
        # The gate opens at 2 s and the traces end at 3 s; steps are of 1 ms.
        assert shade.get_x() == pytest.approx(2.0, abs=0.0015)
        assert shade.get_x() + shade.get_width() == pytest.approx(3.0, abs=0.0015)


def test_the_gate_is_drawn_once(draw, runs):
    (axes,) = draw("conditioning", "learning_gate").axes
    (gate,) = lines(axes).values()
    np.testing.assert_array_equal(gate, of_seed(runs("conditioning"), 0)["learning_gate"])
    assert {text.get_text() for text in axes.get_yticklabels()} == {"0 (open)", "1 (closed)"}


@pytest.mark.parametrize(
    "seeds",
    [(0,), (0, 1, 2)],
)
def test_both_tuning_curves_are_drawn(draw, runs, seeds):
    (axes,) = draw("tuning_curve", "tuning_curve", seeds=seeds).axes
    curves = of_seed(runs("tuning_curve", seeds), 0)
    drawn = {line.get_label()[:4]: line for line in axes.get_lines()}
    for kind in ("hard", "soft"):
        np.testing.assert_array_equal(drawn[kind].get_xdata(), curves["current"])
        np.testing.assert_array_equal(drawn[kind].get_ydata(), curves[f"{kind}_rate"])
    assert axes.get_xlim() == (0, 3)
    assert axes.get_ylim() == (0, 100)  # as in the chapter


# The classifier


@pytest.mark.parametrize("n_recorded", [1, 3, 4])
def test_each_recorded_image_is_drawn_beside_its_readout(draw, save, images, tmp_path, n_recorded):
    path = tmp_path / "batch.parquet"
    mnist_traces(0, n_recorded=n_recorded).to_parquet(path)
    figure = draw("mnist", "digits", paths=[path])
    save(figure)
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == n_recorded
    shown = datasets.read(images)
    for number, axes in enumerate(pictures):
        np.testing.assert_array_equal(axes.images[0].get_array(), shown.x_test[number])
        assert axes.get_xlabel() == f"label {shown.y_test[number]}"
    readouts = [axes for axes in figure.axes if "9" in lines(axes)]
    assert len(readouts) == n_recorded
    assert all(list(lines(axes)) == list("0123456789") for axes in readouts)


@pytest.mark.parametrize(
    ("variant", "headline"),
    [
        ("trained/uci-digits", "UCI digits stand in for MNIST, which was not available; trained"),
        ("pretrained/mnist", "Data set: mnist; pretrained parameters"),
        ("pretrained-unverified/mnist", "Data set: mnist; pretrained-unverified parameters"),
        ("trained/other-unverified", "Data set: other-unverified; trained parameters"),
    ],
)
def test_the_headline_says_what_data_and_parameters_these_are(draw, tmp_path, variant, headline):
    path = tmp_path / "batch.parquet"
    mnist_traces(0).assign(variant=variant).to_parquet(path)
    assert draw("mnist", "digits", paths=[path]).get_suptitle().startswith(headline)


@pytest.mark.parametrize(
    ("variant", "drawn"), [("pretrained/mnist", True), ("trained/uci-digits", False)]
)
def test_published_accuracies_are_drawn_beside_those_of_mnist(draw, tmp_path, variant, drawn):
    path = tmp_path / "batch.parquet"
    mnist_traces(0).assign(variant=variant).to_parquet(path)
    found = lines(draw("mnist", "digits", paths=[path]).axes[-1])
    assert ("published" in found) == drawn
    if drawn:
        assert list(found["published"]) == [0.0934, 0.9870]
