import importlib
import inspect
import re
import warnings
from io import BytesIO
from itertools import combinations
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from pydantic import ValidationError
from simulated import batch

from snnlearn.data import datasets, obtaining
from snnlearn.experiments.mnist import READOUTS
from snnlearn.figures import (
    FigureSettings,
    channel,
    channel_rasters,
    conditioning_trials,
    described,
    style,
    words,
)
from snnlearn.learning import pes
from snnlearn.mnist.answers import confusion_matrix, misread_shares, rate_shares
from snnlearn.registry import closeup_seeds, names, registry
from snnlearn.results import read_traces
from snnlearn.shares import wilson_interval

#: Every figure that the experiments promise.
FIGURES = [(name, figure) for name in names() for figure in described(name).captions]

#: Figures that show pictures, numbers in boxes, or histograms, and no lines.
NO_LINES = [("mnist", "confusion"), ("mnist", "misread"), ("mnist", "firing_rates")]

#: Panels in which one seed is drawn, and its lines: legend entry and column of the traces.
ONE_SEED = {
    ("channel", "signals"): {"Input": "stimulus", "Pre": "pre", "Post": "post"},
    ("channel", "error"): {"Error": "error"},
    ("conditioning", "us_ur"): {
        f"{s} {k}": f"{s.lower()}_{k}" for s in ("US", "UR") for k in "123"
    },
    ("conditioning", "cs_ur"): {
        f"{label} {k}": f"{s}_{k}" for s, label in (("cs", "CS, dim."), ("ur", "UR")) for k in "123"
    },
    ("conditioning", "cs_cr"): {
        f"{label} {k}": f"{s}_{k}" for s, label in (("cs", "CS, dim."), ("cr", "CR")) for k in "123"
    },
    ("conditioning", "error"): {f"Error {k}": f"error_{k}" for k in "123"},
}

#: Panels of medians over all seeds, and their lines.
MEDIANS = {
    ("conditioning", "cs_cr"): {f"CR {k}": f"cr_{k}" for k in "123"},
    ("conditioning", "error"): ONE_SEED["conditioning", "error"],
}

#: Axes that count or name something, and have no unit.
WITHOUT_UNIT = "Design|Phase|Neurons of|Trial|Class|Seed|label|taken for|→"

SMALL = {
    "channel": {"duration": 2.0, "generalization_duration": 0.5, "n_neurons": 10},
    "conditioning": {"duration": 3.0, "n_neurons_per_dimension": 5},
    "tuning_curve": {"n_currents": 50},
    "pavlov": {
        "designs": {
            "acquisition": ("4 A+",),
            "overexpectation": ("4 A+ X+", "4 AX+"),
            "overexpectation_control": ("4 A+ X+", "4 -"),
        },
        "tests": ("A", "X", "AX"),
        "n_neurons_per_dimension": 10,
    },
    "functions": {
        "duration": 2.0,
        "test_duration": 0.5,
        "n_neurons": 20,
        "stimulus_rms": 0.5,
    },
    "pes_dynamics": {
        "learning_rates": (1e-4, 3e-4, 1.6e-3, 6.4e-3, 1.28e-2),
        "n_neurons": (20, 40),
        "synapses": (0.005,),
        "inputs": (-0.8,),
        "duration": 2.0,
    },
}

FIVE = (0, 1, 2, 3, 4)
BATCHES = {(0, 1, 2): [[0, 1], [2]], (0,): [[0]], (7, 5): [[7, 5]], FIVE: [list(FIVE)]}

#: Few dots, for speed.
SETTINGS = FigureSettings(dpi=50)


def mnist_traces(seed: int, n_images: int = 12, n_recorded: int = 6) -> pd.DataFrame:
    """What the classifier's traces look like, with random read-outs."""
    rng = np.random.default_rng(seed)
    labels = obtaining.stand_in([])[0].y_test[:n_images]
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


def robustness_traces(seed: int) -> pd.DataFrame:
    """What the conditions of the perturbed classifier look like, with random answers."""
    conditions = registry()["robustness"].Parameters().conditions
    traces = pd.DataFrame(conditions, columns=["perturbed", "level"])
    right = np.random.default_rng(seed).integers(100, 1000, len(traces))
    return traces.assign(
        images=1000, right=right, gained=0.0, lost=0.0, seed=seed, variant="trained/mnist"
    )


def latency_traces(seed: int) -> pd.DataFrame:
    """What the ways to answer look like, with random errors that become fewer."""
    rng = np.random.default_rng(seed)
    ways = [("step", step) for step in range(1, 101)]
    ways += [("margin", margin) for margin in (0.1, 0.5, 2.0)]
    traces = pd.DataFrame([*ways, ("rates", 0.0)], columns=["exit", "level"])
    time = np.concatenate([np.arange(1, 101), [2, 5, 20, np.nan]]) / 1000
    errors = 10 + 500 * np.exp(-300 * np.nan_to_num(time)) + rng.integers(0, 9, len(time))
    return traces.assign(
        images=1000, right=1000 - errors.astype(int), time=time, time_90=time, seed=seed,
        accumulates=2e8 * time, settled=990.0, activation_sparsity=0.9,
    )  # fmt: skip


def mnist_closeup(seeds: list[int]) -> pd.DataFrame:
    """What the classifier's close-up looks like, with random rates and silent neurons."""
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame(
            {
                "seed": seed,
                "phase": phase,
                "layer": layer,
                "neuron": np.arange(40 // layer),
                "rate": rng.exponential(20, 40 // layer) * (np.arange(40 // layer) % 4 > 0),
                "images": 12,
            }
        )
        for seed in seeds
        for phase in ("before", "after")
        for layer in (1, 2, 3)
    ]
    return pd.concat(tables, ignore_index=True)


#: Traces that take trained networks to make.
MADE_UP = {"latency": latency_traces, "mnist": mnist_traces, "robustness": robustness_traces}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file with the digits that stand in for MNIST."""
    path = tmp_path_factory.mktemp("images") / "dataset.npz"
    datasets.write(path, obtaining.stand_in([])[0])
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Files of traces of an experiment, made once for some seeds."""
    made = {}

    def simulate(name: str, seeds: list[int]) -> pd.DataFrame:
        if name in MADE_UP:
            return pd.concat([MADE_UP[name](seed) for seed in seeds], ignore_index=True)
        experiment = registry()[name]
        return batch(experiment, experiment.Parameters(**SMALL.get(name, {})), seeds)[0]

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


@pytest.fixture(scope="module")
def closeups(tmp_path_factory):
    """Files of close-ups of an experiment, made once for some seeds."""
    made = {}

    def closeups(name: str, seeds: tuple[int, ...], example: int):
        chosen = tuple(closeup_seeds(seeds, example))
        if (name, chosen) not in made:
            experiment = registry()[name]
            if name == "mnist":
                recorded = mnist_closeup(list(chosen))
            else:
                recorded = experiment.closeup(experiment.Parameters(**SMALL.get(name, {})), chosen)
            made[name, chosen] = tmp_path_factory.mktemp(name) / "closeup.parquet"
            recorded.to_parquet(made[name, chosen], index=False)
        return made[name, chosen]

    return closeups


@pytest.fixture
def draw(runs, closeups, images):
    """Draw a figure as the workflow does."""

    def draw(name, figure, settings=SETTINGS, seeds=(0, 1, 2), paths=None, classes=None, **changed):
        style.apply(settings)
        function = getattr(importlib.import_module(f"snnlearn.figures.{name}"), figure)
        inputs = {"runs": paths or runs(name, seeds)}
        wanted = inspect.signature(function).parameters
        if "dataset" in wanted:
            inputs["dataset"] = images
        if "classes" in wanted:
            inputs["classes"] = classes
        if "parameters" in wanted:
            inputs["parameters"] = registry()[name].Parameters(**(SMALL.get(name, {}) | changed))
        if "closeup" in wanted:
            inputs["closeup"] = closeups(name, seeds, settings.example_of(seeds))
        with warnings.catch_warnings(action="error"):  # such as a mean over nothing
            return function(settings=settings, **inputs)

    return draw


@pytest.fixture
def save(tmp_path):
    """Save a figure, and return the bytes of the PNG, the SVG and any other format."""

    def save(figure, settings=SETTINGS) -> tuple[bytes, ...]:
        with warnings.catch_warnings(action="error"):  # such as a layout that does not fit
            style.save(figure, tmp_path / "figure", settings)
        return tuple((tmp_path / f"figure.{kind}").read_bytes() for kind in settings.kinds)

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
    assert described(name).captions[figure].endswith(".")


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_same_data_gives_the_same_bytes(draw, save, name, figure):
    settings = FigureSettings(dpi=50, formats=("png", "svg", "pdf"))
    png, svg, pdf = save(draw(name, figure, settings), settings)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    drawing = ElementTree.fromstring(svg)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert drawing.findall(".//{http://www.w3.org/2000/svg}text"), "text is drawn as outlines"
    assert pdf.startswith(b"%PDF-")
    assert b"CreationDate" not in pdf
    draw(
        "conditioning", "learning_gate", FigureSettings(palette="deep")
    )  # must not show in the next
    assert save(draw(name, figure, settings), settings) == (png, svg, pdf)


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_one_seed_is_enough(draw, save, name, figure):
    drawn = draw(name, figure, seeds=(0,))
    png, svg = save(drawn)
    assert len(png) > 1000  # a blank one of this size is smaller
    assert len(svg) > 1000
    assert not [axes for axes in drawn.axes if "seeds" in axes.get_title(loc="left")]


@pytest.mark.parametrize(("name", "figure"), [f for f in FIGURES if f != ("mnist", "misread")])
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
        if not re.match(WITHOUT_UNIT, label):
            assert re.search(r"\(.+\)", label), f"{label} has no unit"


@pytest.fixture
def written(monkeypatch):
    """All texts that are drawn, with the rectangles they take, in pixels."""

    def written(figure) -> list[tuple[Text, Bbox]]:
        found = []
        draw = Text.draw

        def noted(self, renderer, *args, **kwargs):
            found.append(self)
            return draw(self, renderer, *args, **kwargs)

        with monkeypatch.context() as patch, warnings.catch_warnings(action="error"):
            patch.setattr(Text, "draw", noted)
            FigureCanvasAgg(figure).draw()
        # Annotations draw themselves as texts, too.
        texts = {id(text): text for text in found if text.get_visible() and text.get_text().strip()}
        return [(text, Text.get_window_extent(text)) for text in texts.values()]

    return written


@pytest.mark.parametrize("width", [89, 183])
@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_all_can_be_read_in_one_column_and_in_two(draw, written, name, figure, width):
    settings = FigureSettings(width=width, dpi=100)
    drawn = draw(name, figure, settings)
    texts = written(drawn)
    assert len(texts) > 4
    require_readable(drawn, texts)


def require_readable(drawn, texts) -> None:
    """No text is too small, cut off, or over another."""
    pixel = 0.5
    for text, place in texts:
        told = repr(text.get_text())
        assert text.get_fontsize() >= 5, f"{told} is too small"
        assert place.x0 > -pixel, f"{told} is cut off"
        assert place.y0 > -pixel, f"{told} is cut off"
        assert place.x1 < drawn.bbox.x1 + pixel, f"{told} is cut off"
        assert place.y1 < drawn.bbox.y1 + pixel, f"{told} is cut off"
    for (one, at), (other, there) in combinations(texts, 2):
        shared = Bbox.intersection(at, there)
        if shared is not None:
            overlap = min(shared.width, shared.height)
            assert overlap < 2 * pixel, f"{one.get_text()!r} is over {other.get_text()!r}"


#: Figures of networks of Nengo's, but for the gate, which no neuron is in.
SPIKING = [f for f in FIGURES if f[0] in ("channel", "conditioning") and f[1] != "learning_gate"]


@pytest.mark.parametrize(("name", "figure"), SPIKING)
def test_it_is_said_how_many_neurons_were_simulated(draw, written, name, figure):
    n_neurons = next(n for key, n in SMALL[name].items() if key.startswith("n_neurons"))
    told = " ".join(text.get_text() for text, _ in written(draw(name, figure)))
    assert re.search(rf"\b{n_neurons} neurons\b", told.replace("\n", " "))


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_words_are_black_and_panels_have_bold_letters(draw, written, name, figure):
    texts = [text for text, _ in written(draw(name, figure))]
    for text in texts:
        in_a_box = text.get_color() == "white" and figure == "confusion"
        assert in_a_box or to_rgb(text.get_color()) == pytest.approx((0, 0, 0), abs=0.15)
    bold = [text.get_text().strip() for text in texts if text.get_fontweight() == "bold"]
    assert bold == list("abcd")[: len(bold)]


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (1, "line: median"),
        (9, "line: median; band: range of 9 seeds"),
        (10, "line: median; band: 90 % of 10 seeds"),
    ],
)
def test_what_a_band_is(n, told):
    assert words.band("line: median", n) == told
    values = np.arange(float(n)).reshape(-1, 1)
    low, high = style.spread(values)
    assert [low, high] == ([0, n - 1] if n < 10 else [pytest.approx(0.45), pytest.approx(8.55)])


def test_the_smallest_font_is_kept():
    with pytest.raises(ValidationError):
        FigureSettings(font_size=4.9)
    assert style.small(FigureSettings(font_size=5)) == 5


@pytest.mark.parametrize("font_size", [5, 20])
@pytest.mark.parametrize("width", [80, 500])
@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_the_bounds_of_how_figures_look_are_survived(
    draw, tmp_path, name, figure, width, font_size
):
    settings = FigureSettings(width=width, font_size=font_size, dpi=30)
    drawn = draw(name, figure, settings)
    # Large letters in a narrow figure leave Matplotlib no room to lay it out, and it says so.
    with warnings.catch_warnings(action="error"):
        if (width, font_size) == (80, 20):
            warnings.filterwarnings("ignore", "constrained_layout not applied", UserWarning)
        style.save(drawn, tmp_path / "figure", settings)
    picture = matplotlib.image.imread(tmp_path / "figure.png")
    assert picture.shape[1] == pytest.approx(width / 25.4 * 30, abs=1)
    assert np.ptp(picture[..., :3]) > 0.2  # something is drawn


def test_the_finest_picture_of_the_widest_figure_is_survived(draw, tmp_path):
    settings = FigureSettings(width=500, dpi=1200)
    style.save(draw("tuning_curve", "tuning_curve", settings), tmp_path / "figure", settings)
    header = (tmp_path / "figure.png").read_bytes()[16:20]
    assert int.from_bytes(header) == pytest.approx(500 / 25.4 * 1200, abs=1)


def test_formats_that_are_always_written():
    assert FigureSettings().kinds == ("png", "svg")
    assert FigureSettings(formats=()).kinds == ("png", "svg")
    assert FigureSettings(formats=("pdf",)).kinds == ("png", "svg", "pdf")


@pytest.mark.parametrize(("name", "figure"), [f for f in FIGURES if f not in NO_LINES])
def test_every_line_has_a_name(draw, name, figure):
    drawn = draw(name, figure)
    named = {text.get_text() for legend in drawn.findobj(Legend) for text in legend.get_texts()}
    expected = {label for axes in drawn.axes for label in lines(axes)}
    assert expected
    assert expected <= named


@pytest.mark.parametrize(("name", "figure"), {name: (name, f) for name, f in FIGURES}.values())
def test_size_is_as_configured(draw, save, name, figure):
    settings = FigureSettings(width=100, dpi=72, font_size=6)
    png, svg = save(draw(name, figure, settings), settings)
    picture = matplotlib.image.imread(BytesIO(png))
    # Matplotlib cuts off a part of a pixel.
    assert picture.shape[1] == pytest.approx(100 / 25.4 * 72, abs=1)
    width = ElementTree.fromstring(svg).get("width")
    # The SVG is in points, of which 72 make an inch, with six decimals.
    assert float(width.removesuffix("pt")) == pytest.approx(100 / 25.4 * 72, abs=1e-5)


def test_colours_of_a_meaning_follow_the_palette():
    style.apply(FigureSettings(palette="deep"))
    deep = {meaning: style.colour(meaning) for meaning in style.COLOURS}
    style.apply(FigureSettings())
    found = {meaning: style.colour(meaning) for meaning in style.COLOURS}
    assert found["pre"] != found["post"]
    for meaning, place in style.COLOURS.items():
        assert (found[meaning] == deep[meaning]) == isinstance(place, str)


# The seed that is drawn alone


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 0), (2, 2), (99, 0)])
@pytest.mark.parametrize(("name", "figure"), ONE_SEED)
def test_the_example_seed_is_drawn_alone(draw, runs, name, figure, wanted, drawn):
    one, *_ = draw(name, figure, FigureSettings(example_seed=wanted)).axes
    assert f"one seed ({drawn})" in one.get_title(loc="left")
    expected = of_seed(runs(name), drawn)
    found = lines(one)
    found.pop("PES without noise", None)  # filtered, see below
    assert list(found) == list(ONE_SEED[name, figure])
    for label, column in ONE_SEED[name, figure].items():
        every = -(-len(expected) // len(found[label]))  # dotted lines have fewer points
        np.testing.assert_array_equal(found[label], expected[column][::every])


def test_the_first_seed_is_the_smallest_in_whatever_order_they_were_run(draw):
    one, many = draw("channel", "error", seeds=(7, 5)).axes
    assert "one seed (5)" in one.get_title(loc="left")
    assert "2 seeds" in many.get_title(loc="left")


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 0), (2, 2), (99, 0)])
def test_the_example_seed_of_the_classifier(draw, runs, wanted, drawn):
    figure = draw("mnist", "digits", FigureSettings(example_seed=wanted))
    traces = of_seed(runs("mnist"), drawn)
    after = traces[(traces["phase"] == "after") & (traces["image"] == 0)]
    expected = after[f"readout_{after['label'].iloc[0]}"]
    np.testing.assert_array_equal(lines(figure.axes[1])["class of the label"], expected)
    right = traces.assign(right=traces["label"] == traces["predicted"])
    for phase in ("before", "after"):
        accuracy = right[right["phase"] == phase].groupby("time")["right"].mean()
        found = lines(figure.axes[-1])[f"{phase} training"]
        np.testing.assert_array_equal(found, 100 * accuracy)


# All seeds


@pytest.mark.parametrize(("name", "figure"), MEDIANS)
def test_median_over_all_seeds(draw, runs, name, figure):
    (_, many) = draw(name, figure).axes
    assert "3 seeds" in many.get_title(loc="left")
    traces = read_traces(runs(name))
    # With thousands of steps, every n-th is drawn.
    every = max(1, traces["time"].nunique() // style.MAX_BAND_POINTS)
    found = lines(many)
    for label, column in MEDIANS[name, figure].items():
        median = traces.pivot(index="time", columns="seed", values=column).median(axis=1)
        np.testing.assert_array_equal(found[label], median[::every])


def test_root_mean_squares_in_short_stretches():
    time = 0.001 * np.arange(1, 251)
    values = np.where(time <= 0.1, 3.0, np.where(time <= 0.2, -4.0, 5.0))
    centres, found = channel.rms_over_time(time, np.stack([values, 2 * values]))
    np.testing.assert_allclose(centres, [0.05, 0.15, 0.25])
    np.testing.assert_allclose(found, [[3, 4, 5], [6, 8, 10]])


def test_how_far_post_is_from_pre_and_from_the_input(draw, runs):
    _, many, *_ = draw("channel", "signals").axes
    traces = read_traces(runs("channel"))
    for label, column in (("Post − pre", "pre"), ("Post − input", "stimulus")):
        apart = traces.assign(apart=traces["post"] - traces[column])
        of_seeds = apart.pivot(index="seed", columns="time", values="apart")
        _, found = channel.rms_over_time(of_seeds.columns.to_numpy(), of_seeds.to_numpy())
        np.testing.assert_allclose(lines(many)[label], np.median(found, axis=0))


def test_the_modes_of_lms_begin_with_the_line_that_is_wrong_at_first(draw, runs):
    (_, many) = draw("channel", "error", seeds=(0,)).axes
    traces = read_traces(runs("channel", (0,)))
    learning = traces[traces["learning_gate"] == 0]
    time, x, unlearned = (
        learning[name].to_numpy() for name in ("time", "stimulus", "error_unlearned")
    )
    slope, offset = np.polyfit(x, unlearned, 1)
    fast, slow = learning["mode_1_theory"].iloc[0], learning["mode_2_theory"].iloc[0]
    assert fast > slow > 0
    left = offset * np.exp(-fast * time) + slope * np.exp(-slow * time) * x
    seen = np.zeros(len(time) + 1)
    for step, value in enumerate(left):
        seen[step + 1] = seen[step] + (1 - np.exp(-0.001 / 0.03)) * (value - seen[step])
    _, expected = channel.rms_over_time(time, seen[np.newaxis, 1:])
    np.testing.assert_allclose(lines(many)["LMS theory, this input"], expected[0])


def test_no_decay_is_drawn_where_the_synapses_make_the_error_oscillate(draw, tmp_path, runs):
    path = tmp_path / "batch.parquet"
    fast = {"decay_rate_theory": 1000.0}
    read_traces(runs("channel", (0,))).assign(**fast).to_parquet(path)
    (_, many) = draw("channel", "error", seeds=(0,), paths=[path]).axes
    assert "PES theory, constant input" not in lines(many)


@pytest.mark.parametrize("end", [np.inf, np.nan, 1e200])
def test_a_prediction_beyond_all_bounds_leaves_the_axes_to_what_was_measured(
    draw, tmp_path, runs, end
):
    path, traces = tmp_path / "batch.parquet", read_traces(runs("channel", (0,)))
    grown = np.geomspace(1, 1e250, len(traces))
    traces.assign(error_noise_free=np.where(grown > 1e150, end, grown)).to_parquet(path)
    one, many = draw("channel", "error", seeds=(0,), paths=[path]).axes
    assert {"Error", "PES without noise, which leaves the axes"} <= lines(many).keys()
    largest = np.abs(traces["error"][traces["learning_gate"] == 0]).max()
    assert one.get_ylim() == pytest.approx((-2 * largest, 2 * largest))
    assert many.get_ylim()[1] == pytest.approx(2 * largest)
    shown = lines(one)["PES without noise, which leaves the axes"]
    assert np.nanmax(np.abs(shown)) <= 2 * largest
    assert np.isnan(shown[-1])
    assert np.isfinite(lines(many)["PES without noise, which leaves the axes"]).mean() > 0.8


def test_pre_and_post_are_told_apart_in_parts_of_the_signals(draw):
    one, _, first, last = draw("channel", "signals", duration=2.0).axes
    for axes in (first, last):
        assert lines(axes).keys() == lines(one).keys()
        assert axes.get_xlim() == pytest.approx((0, 2))  # learning takes 2 s
        assert axes.get_ylim() == one.get_ylim()


def test_error_of_all_seeds_and_the_theories(draw, runs):
    (_, many) = draw("channel", "error", seeds=FIVE).axes
    assert many.get_yscale() == "log"
    traces = read_traces(runs("channel", FIVE))
    learning = traces[traces["learning_gate"] == 0]
    drawn = lines(many)
    assert list(drawn) == [
        *("Error", "PES without noise"),
        *("LMS theory, this input", "PES theory, constant input"),
    ]
    keep = np.exp(-0.001 / 0.03)  # through the filter of the error's probe
    for label, column in (("Error", "error"), ("PES without noise", "error_noise_free")):
        shown = learning.pivot(index="seed", columns="time", values=column)
        if column == "error_noise_free":
            from_0 = shown.assign(**{"0": 0.0})[["0", *shown.columns]]
            shown = from_0.T.ewm(alpha=1 - keep, adjust=False).mean().T.iloc[:, 1:]
        squares = np.square(shown)
        expected = [squares.iloc[:, k : k + 100].to_numpy().mean() for k in range(0, 2000, 100)]
        np.testing.assert_allclose(drawn[label], np.sqrt(expected))
    first = traces.groupby("seed")["error_noise_free"].first()
    rates = learning.groupby("seed")["decay_rate_theory"].mean()
    rates = rates.map(lambda rate: pes.lagged_rate(rate, [0.005] * 3))
    expected = [
        np.sqrt(np.mean(np.square(first * np.exp(-rates * time))))
        for time in np.arange(0.05, 2, 0.1)
    ]
    np.testing.assert_allclose(drawn["PES theory, constant input"], expected)


@pytest.mark.parametrize(
    "figure",
    [f for f in described("conditioning").captions if f not in ("error", "trials")],
)
def test_learning_is_shaded(draw, figure):
    for axes in draw("conditioning", figure).axes:
        (shade,) = [patch for patch in axes.patches if patch.get_label() == "learning"]
        # The gate opens at 2 s and the traces end at 3 s; steps are of 1 ms.
        assert shade.get_x() == pytest.approx(2.0, abs=0.0015)
        assert shade.get_x() + shade.get_width() == pytest.approx(3.0, abs=0.0015)


def test_errors_are_drawn_while_the_gate_is_open(draw):
    for axes in draw("conditioning", "error").axes:
        assert axes.get_xlim() == pytest.approx((2, 3), abs=0.0015)


def test_the_gate_is_drawn_once_with_what_is_presented(draw, runs):
    (axes,) = draw("conditioning", "learning_gate").axes
    (gate,) = lines(axes).values()
    np.testing.assert_array_equal(gate, of_seed(runs("conditioning"), 0)["learning_gate"])
    ticks = {text.get_text() for text in axes.get_yticklabels()}
    assert ticks == {"0 (open)", "1 (closed)", "CS is on", "US is on"}
    stimuli = {shown.get_label(): shown.get_datalim(axes.transData) for shown in axes.collections}
    for k, name in enumerate(("US 1", "US 2", "US 3")):
        found = stimuli[name].x0, stimuli[name].x1
        assert found == pytest.approx((k + 0.9, k + 1), abs=0.0025)


@pytest.mark.parametrize("figure", ["cs_ur", "cs_cr"])
def test_dimensions_of_the_stimulus_are_seen_where_they_are_on_at_once(draw, figure):
    one, *_ = draw("conditioning", figure).axes
    widths = [line.get_linewidth() for line in one.get_lines() if "CS" in line.get_label()]
    assert len(widths) == 3
    assert (np.diff(widths) < -0.5).all()  # each is drawn within the one before


@pytest.mark.parametrize("closes", [1.0, 3.0])
def test_a_tonic_response_is_named_once_where_there_is_one(draw, tmp_path, runs, closes):
    path = tmp_path / "batch.parquet"
    traces = read_traces(runs("conditioning", (0,)))
    traces.assign(learning_gate=(traces["time"] > closes) * 1.0).to_parquet(path)
    figure = draw("conditioning", "cs_cr", paths=[path])
    (legend,) = figure.findobj(Legend)
    named = [text.get_text() for text in legend.get_texts()]
    assert named.count("tonic CR") == (closes < 2)  # 1.7 s is the last onset with a whole trial


def test_a_dimension_of_the_stimulus_has_not_the_colour_of_a_response(draw):
    one, _ = draw("conditioning", "cs_cr").axes
    colors = {line.get_label(): to_rgb(line.get_color()) for line in one.get_lines()}
    of_stimuli = {color for label, color in colors.items() if label.startswith("CS")}
    of_responses = {color for label, color in colors.items() if label.startswith("CR")}
    assert len(of_stimuli) == len(of_responses) == 3
    assert not of_stimuli & of_responses


@pytest.mark.parametrize(
    "seeds",
    [(0,), (0, 1, 2)],
)
def test_both_tuning_curves_are_drawn(draw, runs, seeds):
    axes, _ = draw("tuning_curve", "tuning_curve", seeds=seeds).axes
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
    readouts = [axes for axes in figure.axes if "class of the label" in lines(axes)]
    assert len(readouts) == n_recorded
    assert all(len(axes.get_lines()) == 10 for axes in readouts)


@pytest.mark.parametrize(
    ("variant", "headline"),
    [
        ("trained/uci-digits", "UCI digits stand in for the images asked for, which were not"),
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
        np.testing.assert_allclose(found["published"], [9.34, 98.70])


def last_answers(paths) -> pd.DataFrame:
    traces = read_traces(paths)
    return traces[(traces["phase"] == "after") & (traces["time"] == traces["time"].max())]


def test_confusion_matrix_counts_labels_by_rows():
    answers = pd.DataFrame({"label": [0, 0, 0, 3, 9], "predicted": [0, 0, 7, 3, 2]})
    found = confusion_matrix(answers)
    expected = np.zeros((10, 10), int)
    expected[0, 0], expected[0, 7], expected[3, 3], expected[9, 2] = 2, 1, 1, 1
    np.testing.assert_array_equal(found, expected)


def test_shares_of_misread_images_by_class_and_seed():
    answers = pd.DataFrame(
        {
            "seed": [0, 0, 0, 1, 1],
            "label": [0, 0, 2, 0, 0],
            "predicted": [0, 5, 2, 5, 6],
        }
    )
    found = misread_shares(answers)
    assert found.index.tolist() == list(range(10))
    assert found.loc[0].tolist() == [0.5, 1.0]
    assert found.loc[2, 0] == 0
    assert found.loc[1].isna().all()


def test_mean_numbers_stand_in_the_confusion_matrix(draw, runs):
    matrix, shares, _ = draw("mnist", "confusion").axes
    answers = last_answers(runs("mnist"))
    numbers = [text for text in matrix.texts if text.get_text() != "a"]
    found = {tuple(text.get_position()): text.get_text() for text in numbers}
    counts = answers.groupby(["predicted", "label"]).size()
    drawn = {place: float(number) for place, number in found.items() if number != "0"}
    assert drawn == pytest.approx(dict(counts / 3), abs=0.05)
    assert {(k, k) for k in range(10)} <= set(found)
    assert counts.sum() == 36
    bars = [bar.get_width() for bar in shares.patches]
    by_seed = answers.assign(wrong=answers["label"] != answers["predicted"]).groupby(
        ["label", "seed"]
    )["wrong"]
    mean = by_seed.mean().unstack("seed").mean(axis=1).reindex(range(10))
    np.testing.assert_allclose(bars, 100 * mean)


@pytest.mark.parametrize("seed", [0, 2])
def test_images_that_the_example_seed_misreads_are_shown(draw, runs, images, seed):
    figure = draw("mnist", "misread", FigureSettings(example_seed=seed))
    answers = last_answers(runs("mnist"))
    answers = answers[answers["seed"] == seed]
    wrong = answers[answers["label"] != answers["predicted"]].groupby("label").head(3)
    assert f"seed {seed} misreads" in figure.get_suptitle()
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == len(wrong) > 3
    misread = answers[answers["label"] != answers["predicted"]]["label"]
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [f"{label} ({(misread == label).sum()})" for label in range(10)]
    named = {axes.get_xlabel(): axes.images[0].get_array() for axes in shown}
    for _, answer in wrong.iterrows():
        picture = named[f"→ {answer['predicted']}\n{answer['image']}"]
        np.testing.assert_array_equal(picture, datasets.read(images).x_test[answer["image"]])


#: Of Fashion-MNIST, one of them as long as may be.
CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat of twenty chars", "Sandal", "Shirt"),
    *("Sneaker", "Bag", "Ankle boot"),
)


@pytest.fixture
def draw_named(draw, tmp_path):
    """Draw a figure of other images than digits, whose classes have names."""

    def draw_named(figure, settings=SETTINGS, classes=CLASSES):
        path = tmp_path / "batch.parquet"
        traces = pd.concat([mnist_traces(seed) for seed in range(3)], ignore_index=True)
        traces.assign(variant="trained/fashion").to_parquet(path)
        return draw("mnist", figure, settings, paths=[path], classes=classes)

    return draw_named


@pytest.mark.parametrize("width", [89, 183])
@pytest.mark.parametrize("figure", ["digits", "confusion", "misread"])
def test_classes_with_names_can_be_read(draw_named, written, figure, width):
    drawn = draw_named(figure, FigureSettings(width=width, dpi=100))
    texts = written(drawn)
    told = " ".join(text.get_text().replace("\n", " ") for text, _ in texts)
    shown = datasets_shown() if figure == "digits" else CLASSES
    assert [name for name in shown if name not in told] == []
    require_readable(drawn, texts)


def datasets_shown() -> list[str]:
    return [CLASSES[label] for label in obtaining.stand_in([])[0].y_test[:6]]


def test_names_that_fit_stand_above_the_columns(draw_named):
    short = [name[:8].strip() for name in CLASSES]
    titles = [axes.get_title() for axes in draw_named("misread", classes=short).axes]
    assert [title.split("\n")[0] for title in titles if title] == short
    keyed = draw_named("misread", FigureSettings(width=89, dpi=50))
    assert "classes: 0 T-shirt/top, 1" in keyed.get_suptitle().replace("\n", " ")
    assert [axes.get_title()[0] for axes in keyed.axes if axes.get_title()] == list("0123456789")


def test_digits_that_stand_in_have_no_names_of_clothes(draw, written):
    for figure in ("digits", "confusion", "misread"):
        texts = written(draw("mnist", figure, classes=CLASSES))
        assert not [text for text, _ in texts if "Trouser" in text.get_text()]


def test_no_image_is_shown_where_all_are_read_right(draw, save, tmp_path):
    path = tmp_path / "batch.parquet"
    traces = mnist_traces(0)
    traces.assign(predicted=traces["label"]).to_parquet(path)
    for name in ("misread", "confusion", "accuracy"):
        figure = draw("mnist", name, paths=[path])
        save(figure)
        assert not [axes for axes in figure.axes if name == "misread" and axes.images]


def test_error_is_what_accuracy_leaves(draw):
    accuracy = lines(draw("mnist", "digits").axes[-1])
    error = lines(draw("mnist", "accuracy").axes[0])
    assert set(accuracy) == {"before training", "after training", "chance"}
    for name, values in accuracy.items():
        np.testing.assert_allclose(error[name], 100 - np.array(values))


def test_what_other_images_could_give_is_drawn_of_each_network(draw, runs):
    over_time, in_the_end = draw("mnist", "accuracy").axes
    answers = last_answers(runs("mnist"))
    wrong = (answers["label"] != answers["predicted"]).groupby(answers["seed"]).sum()
    (points, _, (bars,)) = in_the_end.containers[0]
    np.testing.assert_allclose(points.get_xdata(), 100 * wrong / 12)
    low, high = wilson_interval(wrong.to_numpy(), 12)
    ends = np.array([[at[0, 0], at[1, 0]] for at in bars.get_segments()])
    np.testing.assert_allclose(ends, 100 * np.transpose([low, high]))
    limits = [line for line in over_time.get_lines() if "interval" in line.get_label()]
    found = [line.get_ydata()[-1] for line in limits]
    np.testing.assert_allclose(found, [100 * low[0], 100 * high[0]])


def test_shares_of_firing_rates_leave_out_silent_neurons():
    rates = pd.Series([0.0, 0.0, 1.0, 5.0, 5.0])
    found = rate_shares(rates, np.array([0.0, 2.0, 6.0]))
    np.testing.assert_allclose(found, [0.2, 0.4])


def test_silent_neurons_are_stated(draw):
    panels = draw("mnist", "firing_rates").axes
    assert len(panels) == 3
    recorded = mnist_closeup([0])
    for layer, axes in enumerate(panels, start=1):
        named = {text.get_text() for text in axes.get_legend().get_texts()}
        rates = recorded[recorded["layer"] == layer].groupby("phase")["rate"]
        silent = rates.agg(lambda rate: 100 * (rate == 0).mean())
        assert named == {
            f"{phase} training ({silent[phase]:.0f} % silent)" for phase in silent.index
        } | {"1 spike a presentation (33 Hz)"}


def test_axes_of_firing_rates_reach_as_far_as_their_layer(draw):
    recorded = mnist_closeup([0])
    for layer, axes in enumerate(draw("mnist", "firing_rates", seeds=(0,)).axes, start=1):
        rates = recorded["rate"][(recorded["layer"] == layer) & (recorded["rate"] > 0)]
        reach = max(rates.quantile(0.99), 1 / 0.03)
        assert reach <= axes.get_xlim()[1] <= reach + 5


# Spikes and decoders of the channel


def test_neurons_are_sorted_by_the_value_at_which_they_begin_to_fire():
    neurons = pd.DataFrame(
        {"neuron": range(4), "encoder": [1, -1, 1, -1], "intercept": [0.5, 0.2, -0.3, -0.9]}
    )
    found = channel_rasters.sorted_by_threshold(neurons)
    assert found["neuron"].tolist() == [1, 3, 2, 0]
    assert found["threshold"].tolist() == [-0.2, 0.9, -0.3, 0.5]


TIME = 0.001 * np.arange(1, 15_001)


@pytest.mark.parametrize(
    ("learning", "during", "last"),
    [
        (TIME <= 10, 1.0, "after learning"),
        (TIME <= 15, 1.5, "end of learning"),
        (TIME <= 2, 0.3, "after learning"),  # not before the first one ends
        (TIME < 0, 1.5, "after learning"),
    ],
)
def test_spikes_are_drawn_at_three_stages_of_learning(learning, during, last):
    found = channel_rasters.stretches(TIME, learning)
    assert list(found) == ["start of learning", "during learning", last]
    expected = [(start, start + 0.3) for start in (0, during, 14.7)]
    np.testing.assert_allclose(list(found.values()), expected)


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 0), (2, 2)])
def test_spikes_of_the_example_seed_are_drawn(draw, closeups, wanted, drawn):
    settings = FigureSettings(example_seed=wanted)
    figure = draw("channel", "rasters", settings)
    assert f"One seed ({drawn})" in figure.get_suptitle()
    spikes = pd.read_parquet(closeups("channel", (0, 1, 2), drawn)).query("kind == 'spike'")
    assert set(spikes["seed"]) == {drawn}
    starts = (0, 0.3, 2.7)
    for row, ensemble in enumerate(("pre", "post")):
        for axes, start in zip(figure.axes[3 * row : 3 * row + 3], starts, strict=True):
            within = spikes["time"].between(start, start + 0.3)
            expected = spikes[(spikes["ensemble"] == ensemble) & within]
            (marks, *_) = axes.get_lines()
            assert len(expected) > 20
            np.testing.assert_array_equal(marks.get_xdata(), expected["time"])


def test_the_learned_function_is_drawn_over_identity(draw, closeups):
    one, many, *below = draw("channel", "decoded_function").axes
    functions = pd.read_parquet(closeups("channel", (0, 1, 2), 0)).query("kind == 'function'")
    for phase in ("before", "after"):
        values = functions[functions["phase"] == phase].pivot(
            index="seed", columns="input", values="decoded"
        )
        np.testing.assert_array_equal(lines(one)[f"{phase} learning"], values.loc[0])
        np.testing.assert_array_equal(lines(many)[f"{phase} learning"], values.median())
    for axes in below:
        area = sum(bar.get_width() * bar.get_height() for bar in axes.patches)
        assert area == pytest.approx(1)


def test_learning_of_the_channel_is_shaded(draw):
    for axes in draw("channel", "signals").axes:
        (shade,) = [patch for patch in axes.patches if patch.get_label() == "learning"]
        assert shade.get_x() + shade.get_width() == pytest.approx(2.0, abs=0.0015)
    assert draw("channel", "error").axes[-1].get_xlim() == (0, 2)
    titles = [axes.get_title(loc="left") for axes in draw("channel", "rasters").axes]
    assert titles[2] == "after learning"


# Slips of the chapter


def test_the_chapter_calls_dimensions_stimuli(draw):
    for figure in ("cs_ur", "cs_cr"):
        one, *_ = draw("conditioning", figure, stimulus_names="stimuli").axes
        assert {"CS #1", "CS #2", "CS #3"} < set(lines(one))
        one, *_ = draw("conditioning", figure).axes
        assert {"CS, dim. 1", "CS, dim. 2", "CS, dim. 3"} < set(lines(one))


def test_the_chapter_shows_one_error_of_three(draw):
    (one, _) = draw("conditioning", "error", errors_shown="first").axes
    assert list(lines(one)) == ["Error 1"]
    (one, _) = draw("conditioning", "error").axes
    assert list(lines(one)) == ["Error 1", "Error 2", "Error 3"]


# Trials of conditioning

GATE = 1.0 - ((TIME > 2) & (TIME < 8))


@pytest.mark.parametrize(
    ("pair", "onsets", "phases"),
    [
        (0, [0.7, 3.7, 6.7, 9.7, 12.7], ["before", "during", "during", "after", "after"]),
        (1, [1.7, 4.7, 7.7, 10.7, 13.7], ["before", "during", "during", "after", "after"]),
        (2, [2.7, 5.7, 8.7, 11.7], ["during", "during", "after", "after"]),
    ],
)
def test_trials_of_a_pair_and_when_they_are(pair, onsets, phases):
    """The chapter's: 15 s, with learning from 2 to 8 s; one that begins at 14.7 s is cut off."""
    found = conditioning_trials.trials_of(TIME, GATE, pair, 3)
    assert [trial.onset for trial in found] == pytest.approx(onsets)
    assert [trial.phase for trial in found] == phases
    for trial in found:
        time = TIME[trial.steps] - trial.onset
        assert time[0] == pytest.approx(-0.1, abs=0.0011)
        assert 0.995 <= time[-1] < 1.0001
        assert len(time) <= 1.1 * conditioning_trials.MAX_TRIAL_POINTS


def test_trials_are_all_before_where_nothing_is_learned():
    found = conditioning_trials.trials_of(TIME, np.ones(len(TIME)), 0, 3)
    assert {trial.phase for trial in found} == {"before"}


def test_trials_are_drawn_from_the_onset_of_their_cs(draw, tmp_path):
    time = TIME[:12_000]
    columns = {"time": time, "learning_gate": GATE[:12_000]}
    for pair in range(3):
        response = ((time % 3 > pair + 0.7) & (time % 3 < pair + 1)).astype(float)
        columns |= {f"ur_{pair + 1}": response, f"cr_{pair + 1}": 0.5 * response}
    tables = [pd.DataFrame(columns).assign(seed=seed) for seed in (0, 1)]
    pd.concat(tables).to_parquet(tmp_path / "batch.parquet")
    panels = np.array(draw("conditioning", "trials", paths=[tmp_path / "batch.parquet"]).axes)
    for pair in range(3):
        for axes in panels.reshape(3, 3)[:, pair]:
            own = [line for line in axes.get_lines() if line.get_label() == f"CR {pair + 1}"]
            for line in own:
                x, y = line.get_data()
                np.testing.assert_allclose(y, 0.5 * ((x > 1e-6) & (x < 0.3 - 1e-6)))
    drawn = [len(axes.get_lines()) for axes in panels]
    # One UR, and three CRs for each trial.
    assert drawn == [4, 4, 0, 7, 7, 7, 4, 4, 4]
    assert [text.get_text() for text in panels[2].texts if text.get_text() != "c"] == ["no trial"]
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles == ["pair 1", "pair 2", "pair 3", *[""] * 6]
