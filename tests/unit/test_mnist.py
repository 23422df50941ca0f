import math

import numpy as np
import pandas as pd
import pytest

from snnlearn.experiments import Metric, mnist
from snnlearn.mnist import answers, cost, network
from snnlearn.published import claims

LABELS = [3, 1, 4, 1]

#: What the classifier says of four images, at each of three steps.
PREDICTED = {
    "before": [[0, 0, 0], [1, 1, 1], [2, 4, 2], [7, 7, 7]],
    "after": [[9, 3, 3], [1, 1, 1], [0, 4, 4], [0, 0, 7]],
}

#: Shares of right answers that follow.
ACCURACY = {"before": [0.25, 0.5, 0.25], "after": [0.25, 0.75, 0.75]}

TIMES = [0.001, 0.002, 0.003]


@pytest.fixture
def traces():
    rows = [
        {"phase": phase, "image": image, "time": time, "label": LABELS[image], "predicted": digit}
        for phase, images in PREDICTED.items()
        for image, digits in enumerate(images)
        for time, digit in zip(TIMES, digits, strict=True)
    ]
    table = pd.DataFrame(rows).assign(predicted_by_rates=LABELS[0], accumulates=1e6)
    return table.astype({"phase": "category", "label": "int8", "predicted": "int8"})


UNDEFINED = Metric(pytest.approx(math.nan, nan_ok=True), "1")


def test_what_is_measured(traces):
    operations = cost.operations(1e6, len(TIMES))
    assert mnist.measure(traces, mnist.Parameters()) == {
        "accuracy_before": Metric(0.25, "1"),
        "accuracy_after": Metric(0.75, "1"),
        "accuracy_after_2ms": Metric(0.75, "1"),
        "accuracy_after_10ms": UNDEFINED,
        "accuracy_after_20ms": UNDEFINED,
        "gained_after_2ms": Metric(0, "1"),
        "lost_after_2ms": Metric(0, "1"),
        "gained_after_10ms": UNDEFINED,
        "lost_after_10ms": UNDEFINED,
        "gained_after_20ms": UNDEFINED,
        "lost_after_20ms": UNDEFINED,
        "gained_by_spikes": Metric(2, "1"),
        "lost_by_spikes": Metric(0, "1"),
        "accuracy_by_rates": Metric(0.25, "1"),
        "images": Metric(4, "1"),
        "counted_images": Metric(4, "1"),
        **{name: Metric(value, "1") for name, value in operations.items()},
        **{name: Metric(value, "J") for name, value in cost.energies(operations).items()},
    }


@pytest.mark.parametrize("ms", [2, 10, 20])
def test_images_whose_answer_changes_on_the_way_are_counted(ms):
    """One image is won at last, two are lost, one is always wrong, and one right."""
    n_steps = ms + 2
    early, late = [1] * ms + [0] * 2, [0] * (ms + 1) + [1]
    right = np.array([late, early, early, [0] * n_steps, [1] * n_steps])
    after = pd.DataFrame(
        {
            "phase": "after",
            "image": np.repeat(range(5), n_steps),
            "time": np.tile(np.arange(1, n_steps + 1) / 1000, 5),
            "label": 1,
            "predicted": right.ravel(),
            "predicted_by_rates": np.repeat([1, 1, 0, 1, 1], n_steps),
            "accumulates": 0.0,
        }
    )
    both = pd.concat([after, after.assign(phase="before")]).astype({"phase": "category"})
    found = {name: m.value for name, m in mnist.measure(both, mnist.Parameters()).items()}
    assert (found[f"gained_after_{ms}ms"], found[f"lost_after_{ms}ms"]) == (1, 2)
    assert found[f"accuracy_after_{ms}ms"] == 3 / 5
    assert found["accuracy_after"] == 2 / 5
    # by rates, all but the third are right; with spikes, the first and the last
    assert (found["gained_by_spikes"], found["lost_by_spikes"]) == (0, 2)
    assert found["accuracy_by_rates"] == 4 / 5


@pytest.mark.parametrize("images", [7, 130])
def test_spikes_are_counted_for_the_first_images_alone(traces, images):
    one = traces[traces["image"] == 0]
    many = pd.concat([one.assign(image=number) for number in range(images)])
    found = mnist.measure(many, mnist.Parameters())
    assert found["images"].value == images
    assert found["counted_images"].value == min(images, 100)


@pytest.mark.parametrize("n_steps", [10, 19, 20, 30])
def test_accuracy_on_the_way_is_that_after_so_many_milliseconds(n_steps):
    """One image after another is recognized, one in every step."""
    n_images = 40
    step = np.tile(np.arange(1, n_steps + 1), n_images)
    image = np.repeat(np.arange(n_images), n_steps)
    after = pd.DataFrame(
        {
            "phase": "after",
            "image": image,
            "time": step / 1000,
            "label": 1,
            "predicted": image < step,
            "predicted_by_rates": 1,
            "accumulates": 0.0,
        }
    )
    both = pd.concat([after, after.assign(phase="before")]).astype({"phase": "category"})
    found = {name: m.value for name, m in mnist.measure(both, mnist.Parameters()).items()}
    assert found["accuracy_after_10ms"] == 10 / n_images
    assert found["accuracy_after"] == n_steps / n_images
    if n_steps < 20:
        assert math.isnan(found["accuracy_after_20ms"])
    else:
        assert found["accuracy_after_20ms"] == 20 / n_images


def test_the_order_of_rows_does_not_matter(traces):
    shuffled = traces.sample(frac=1, random_state=0)
    found, expected = (mnist.measure(t, mnist.Parameters()) for t in (shuffled, traces))
    assert {name: m.value for name, m in found.items()} == pytest.approx(
        {name: m.value for name, m in expected.items()}, nan_ok=True
    )


def test_accuracy_over_time_of_each_phase(traces):
    found = answers.accuracy_over_time(traces, ["phase"])
    assert list(found.columns) == ["phase", "time", "accuracy"]
    for phase, expected in ACCURACY.items():
        own = found[found["phase"] == phase]
        assert own["time"].tolist() == TIMES
        assert own["accuracy"].tolist() == expected


def test_accuracy_over_time_of_each_seed(traces):
    """Seed 1 is wrong about everything."""
    wrong = traces.assign(seed=1, predicted=(traces["label"] + 1) % 10)
    both = pd.concat([traces.assign(seed=0), wrong], ignore_index=True)
    found = answers.accuracy_over_time(both, ["seed", "phase"]).set_index(["seed", "phase"])
    assert found.loc[(0, "after"), "accuracy"].tolist() == ACCURACY["after"]
    assert found.loc[(1, "after"), "accuracy"].tolist() == [0, 0, 0]


def test_series_follow_both_accuracies_over_time(traces):
    found = mnist.series(traces)
    assert found.index.tolist() == TIMES
    assert {name: found[f"accuracy_{name}"].tolist() for name in ACCURACY} == ACCURACY
    assert len(found.columns) == 2


def test_readouts_of_the_first_images_are_recorded():
    rng = np.random.default_rng(0)
    readouts = rng.normal(size=(4, 3, 10)).astype(np.float32)
    rated = np.array([3, 0, 9, 1])
    table = mnist._table(readouts, rated, np.array(LABELS), n_recorded=2)
    assert table["predicted_by_rates"].tolist() == np.repeat(rated, 3).tolist()
    assert table["image"].tolist() == np.repeat(range(4), 3).tolist()
    assert table["time"].tolist() == TIMES * 4
    assert table["label"].tolist() == np.repeat(LABELS, 3).tolist()
    assert table["predicted"].tolist() == readouts.argmax(axis=2).ravel().tolist()
    recorded = table[mnist.READOUTS].to_numpy()
    np.testing.assert_array_equal(recorded[:6], readouts[:2].reshape(6, 10))
    assert np.isnan(recorded[6:]).all()


def test_shapes_add_up_to_the_networks_work():
    """Neurons of each convolution, and multiplications in each step."""
    shapes = network.parameter_shapes()
    neurons = [26 * 26 * 32, 12 * 12 * 64, 5 * 5 * 128]
    assert neurons == [21_632, 9_216, 3_200]
    assert shapes["neuron biases"] == (sum(neurons),)
    per_neuron = [math.prod(shapes[f"convolution {k} kernel"][:3]) for k in (1, 2, 3)]
    work = [n * m for n, m in zip(neurons, per_neuron, strict=True)]
    assert work == [194_688, 2_654_208, 1_843_200]
    assert math.prod(shapes["dense kernel"]) == 32_000


def test_every_synapse_is_reached_by_one_neuron():
    """Where all neurons fire once, there are as many additions as multiplications without spikes.

    But for the last row and column of the even-sided layers, which stride 2 leaves out.
    """
    reached = cost.fan_out()
    assert [len(of_layer) for of_layer in reached] == [26 * 26 * 32, 12 * 12 * 64, 5 * 5 * 128]
    once = [np.ones(len(of_layer)) for of_layer in reached]
    assert cost.multiply_accumulates() == [194_688, 2_654_208, 1_843_200, 32_000]
    assert cost.accumulates(once) == sum(cost.multiply_accumulates()[1:])
    corner, inside = reached[0].reshape(26, 26, 32)[0, 0], reached[0].reshape(26, 26, 32)[2, 2]
    assert set(corner) == {64}
    assert set(inside) == {4 * 64}  # stride 2: at even places, two kernels in each direction
    assert set(reached[0].reshape(26, 26, 32)[25].ravel()) == {0}


#: An image of 5 × 5 pixels, two channels of 3 × 3 neurons, and one neuron more.
TINY = [
    network.Convolution("first", (5, 5, 1), (3, 3, 2), 1),
    network.Convolution("second", (3, 3, 2), (1, 1, 1), 1),
]

#: Its operations, counted by hand, where the 18 neurons fire twice each and the last one three
#: times, in four steps: 18 neurons have 9 pixels each; the last one has 18 inputs, and 10 outputs.
BY_HAND = {
    "accumulates": 18 * 2 * 1 + 3 * 10,
    "multiply_accumulates_once": 18 * 9,
    "multiply_accumulates_every_step": 4 * 162,
    "multiply_accumulates_without_spikes": 162 + 18 + 10,
    "neuron_updates": 4 * 19,
    "neuron_updates_without_spikes": 19,
}


def test_operations_of_a_tiny_network_are_those_counted_by_hand():
    added = cost.accumulates([np.full(18, 2), np.full(1, 3)], TINY)
    assert cost.operations(added, 4, TINY) == BY_HAND


def test_energies_of_a_tiny_network_are_those_added_by_hand():
    """In picojoules: 0.9 an addition, 3.7 a multiplication, and one of each an update."""
    picojoules = {name: value * 1e12 for name, value in cost.energies(BY_HAND).items()}
    assert picojoules == pytest.approx(
        {
            "energy_once": 162 * 4.6 + 66 * 0.9,
            "energy_once_with_updates": 162 * 4.6 + 66 * 0.9 + 76 * 4.6,
            "energy_every_step": 648 * 4.6 + 66 * 0.9,
            "energy_every_step_with_updates": 648 * 4.6 + 66 * 0.9 + 76 * 4.6,
            "energy_without_spikes": 190 * 4.6,
            "energy_without_spikes_with_updates": 190 * 4.6 + 19 * 4.6,
        }
    )


def test_energies_in_all_accountings():
    """The figures of one trained network: 6.1 million accumulates in 30 steps, in microjoules."""
    operations = cost.operations(6.1e6, 30)
    assert operations["neuron_updates"] == 30 * 34_048 == 1_021_440
    found = {name: value * 1e6 for name, value in cost.energies(operations).items()}
    assert found == pytest.approx(
        {
            "energy_once": 6.4,
            "energy_once_with_updates": 11.1,
            "energy_every_step": 32.4,
            "energy_every_step_with_updates": 37.1,
            "energy_without_spikes": 21.7,
            "energy_without_spikes_with_updates": 21.9,
        },
        rel=0.01,
    )


def test_energies_are_no_claims_of_the_literature():
    """Its claim is about two kinds of hardware; what is counted here is one technology."""
    about_energy = [c for c in claims("mnist") if "energy" in f"{c.metric} {c.text}"]
    assert {c.kind for c in about_energy} == {"regression", "context"}
    assert {c.metric for c in about_energy if not c.untested} == {
        f"energy_{how}{updates}"
        for how in ("once", "every_step")
        for updates in ("", "_with_updates")
    }


@pytest.mark.parametrize("claim", claims("mnist"), ids=lambda claim: claim.name)
def test_claims_are_about_metrics_of_mnist(claim, traces):
    metrics = mnist.measure(traces, mnist.Parameters())
    assert {claim.metric, claim.minus or claim.metric, *(claim.pairs or ())} <= set(metrics)
    assert "images" in metrics
    assert ("trained/uci-digits", "MNIST unavailable") in claim.excused
    assert all(variant.endswith("/mnist") for variant in claim.variants)
