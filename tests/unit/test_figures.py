import importlib
import inspect
import re
import warnings
from io import BytesIO
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.legend import Legend
from simulated import batch

from snnlearn.data import datasets, obtaining
from snnlearn.experiments.mnist import READOUTS
from snnlearn.figures import FigureSettings, channel, conditioning, described, style
from snnlearn.mnist.answers import confusion_matrix, misread_shares, rate_shares
from snnlearn.registry import closeup_seeds, names, registry
from snnlearn.results import read_traces
from snnlearn.statistics import mean_band

#: Every figure that the experiments promise.
FIGURES = [(name, figure) for name in names() for figure in described(name).captions]

#: Figures that show pictures, numbers in boxes, or histograms, and no lines.
NO_LINES = [("mnist", "confusion"), ("mnist", "misread"), ("mnist", "firing_rates")]

#: Panels in which one seed is drawn, and its lines: legend entry and column of the traces.
ONE_SEED = {
    ("channel", "signals"): {"Input": "stimulus", "Pre": "pre", "Post": "post"},
    ("channel", "error"): {"Error": "error", "PES without\nnoise": "error_noise_free"},
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

SMALL = {
    "channel": {"duration": 2.0, "generalization_duration": 0.5, "n_neurons": 10},
    "conditioning": {"duration": 3.0, "n_neurons_per_dimension": 5},
    "tuning_curve": {"n_currents": 50},
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
        if name == "mnist":
            return pd.concat([mnist_traces(seed) for seed in seeds], ignore_index=True)
        experiment = registry()[name]
        return batch(experiment, experiment.Parameters(**SMALL[name]), seeds)[0]

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
                recorded = experiment.closeup(experiment.Parameters(**SMALL[name]), chosen)
            made[name, chosen] = tmp_path_factory.mktemp(name) / "closeup.parquet"
            recorded.to_parquet(made[name, chosen], index=False)
        return made[name, chosen]

    return closeups


@pytest.fixture
def draw(runs, closeups, images):
    """Draw a figure as the workflow does."""

    def draw(name, figure, settings=SETTINGS, seeds=(0, 1, 2), paths=None, **changed):
        style.apply(settings)
        function = getattr(importlib.import_module(f"snnlearn.figures.{name}"), figure)
        inputs = {"runs": paths or runs(name, seeds)}
        wanted = inspect.signature(function).parameters
        if "dataset" in wanted:
            inputs["dataset"] = images
        if "parameters" in wanted:
            inputs["parameters"] = registry()[name].Parameters(**(SMALL[name] | changed))
        if "closeup" in wanted:
            inputs["closeup"] = closeups(name, seeds, settings.example_of(seeds))
        with warnings.catch_warnings(action="error"):  # such as a mean over nothing
            return function(settings=settings, **inputs)

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
    assert described(name).captions[figure].endswith(".")


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_same_data_gives_the_same_png_and_svg(draw, save, name, figure):
    png, svg = save(draw(name, figure))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    draw(
        "conditioning", "learning_gate", FigureSettings(palette="deep")
    )  # must not show in the next
    assert save(draw(name, figure)) == (png, svg)


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
        if re.search("time|rate|current", label, re.IGNORECASE):
            assert re.search(r" \(.+\)$", label), f"{label} has no unit"


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
    (one, _) = draw(name, figure, FigureSettings(example_seed=wanted)).axes
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
    figure = draw("mnist", "digits", FigureSettings(example_seed=wanted))
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
    (_, few) = draw("channel", "error").axes
    assert not any("interval" in c.get_label() for c in few.collections), "of three seeds"
    (_, many) = draw("channel", "error", seeds=FIVE).axes
    errors = read_traces(runs("channel", FIVE)).pivot(index="seed", columns="time", values="error")
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
    (_, many) = draw("channel", "error", seeds=FIVE).axes
    traces = read_traces(runs("channel", FIVE))
    drawn = next(line for line in many.get_lines() if "theory" in line.get_label())
    first = traces.groupby("seed")["error_noise_free"].first().mean()
    learning = traces[traces["learning_gate"] == 0]
    rates = learning.groupby("seed")["decay_rate_theory"].mean()
    expected = [first * np.exp(-rates * time).mean() for time in drawn.get_xdata()]
    np.testing.assert_allclose(drawn.get_ydata(), expected)
    assert any(c.get_label() == "its 95 % interval" for c in many.collections)


@pytest.mark.parametrize(
    "figure",
    [f for f in described("conditioning").captions if f not in ("learning_gate", "trials")],
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


def test_numbers_of_all_seeds_stand_in_the_confusion_matrix(draw, runs):
    matrix, shares, _ = draw("mnist", "confusion").axes
    answers = last_answers(runs("mnist"))
    found = {tuple(text.get_position()): text.get_text() for text in matrix.texts}
    counts = answers.groupby(["predicted", "label"]).size()
    assert {place: int(number) for place, number in found.items() if number != "0"} == dict(counts)
    assert {(k, k) for k in range(10)} <= set(found)
    assert sum(int(number) for number in found.values()) == 36
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
    named = {axes.get_xlabel(): axes.images[0].get_array() for axes in shown}
    for _, answer in wrong.iterrows():
        picture = named[f"taken for {answer['predicted']}\nno. {answer['image']}"]
        np.testing.assert_array_equal(picture, datasets.read(images).x_test[answer["image"]])


def test_no_image_is_shown_where_all_are_read_right(draw, save, tmp_path):
    path = tmp_path / "batch.parquet"
    traces = mnist_traces(0)
    traces.assign(predicted=traces["label"]).to_parquet(path)
    for name in ("misread", "confusion", "accuracy"):
        figure = draw("mnist", name, paths=[path])
        save(figure)
        assert not [axes for axes in figure.axes if name == "misread" and axes.images]


def test_error_is_what_accuracy_leaves(draw):
    left, right = (lines(axes) for axes in draw("mnist", "accuracy").axes)
    assert set(left) == set(right) == {"before training", "after training", "chance"}
    for name, accuracy in left.items():
        np.testing.assert_allclose(right[name], 100 * (1 - np.array(accuracy)))


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
        }


# Spikes and decoders of the channel


def test_neurons_are_sorted_by_the_value_at_which_they_begin_to_fire():
    neurons = pd.DataFrame(
        {"neuron": range(4), "encoder": [1, -1, 1, -1], "intercept": [0.5, 0.2, -0.3, -0.9]}
    )
    found = channel.sorted_by_threshold(neurons)
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
    found = channel.stretches(TIME, learning)
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
    starts = (0, 0.3, 2.2)
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
    assert titles[2] == "(c) after learning"


# Slips of the chapter


def test_the_chapter_calls_dimensions_stimuli(draw):
    for figure in ("cs_ur", "cs_cr"):
        (one, _) = draw("conditioning", figure, stimulus_names="stimuli").axes
        assert {"CS #1", "CS #2", "CS #3"} < set(lines(one))
        (one, _) = draw("conditioning", figure).axes
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
    found = conditioning.trials_of(TIME, GATE, pair, 3)
    assert [trial.onset for trial in found] == pytest.approx(onsets)
    assert [trial.phase for trial in found] == phases
    for trial in found:
        time = TIME[trial.steps] - trial.onset
        assert time[0] == pytest.approx(-0.1, abs=0.0011)
        assert 0.995 <= time[-1] < 1.0001
        assert len(time) <= 1.1 * conditioning.MAX_TRIAL_POINTS


def test_trials_are_all_before_where_nothing_is_learned():
    found = conditioning.trials_of(TIME, np.ones(len(TIME)), 0, 3)
    assert {trial.phase for trial in found} == {"before"}


def test_the_strongest_other_response_is_that_after_learning():
    trials = conditioning.trials_of(TIME, GATE, 0, 3)
    after = TIME > 9
    responses = [np.zeros((2, len(TIME))) for _ in range(3)]
    responses[0][:] = 9.0
    responses[1][:, ~after] = 5.0
    responses[2][:, after] = -0.2
    assert conditioning.strongest_other(responses, trials, 0) == [2]
    assert conditioning.strongest_other(responses, trials[:3], 0) == [1]
    assert conditioning.strongest_other(responses[:1], trials, 0) == []
    assert conditioning.strongest_other(responses, [], 0) == []


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
    # One UR, and one's own CR and another for each trial.
    assert drawn == [3, 3, 0, 5, 5, 5, 3, 3, 3]
