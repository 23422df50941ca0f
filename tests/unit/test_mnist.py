import math

import numpy as np
import pandas as pd
import pytest

from snnlearn.experiments import Metric, mnist
from snnlearn.mnist import cost, network
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
    energies = cost.energies(1e6, len(TIMES))
    assert mnist.measure(traces, mnist.Parameters()) == {
        "accuracy_before": Metric(0.25, "1"),
        "accuracy_after": Metric(0.75, "1"),
        "accuracy_after_2ms": Metric(0.75, "1"),
        "accuracy_after_10ms": UNDEFINED,
        "accuracy_after_20ms": UNDEFINED,
        "gained_after_10ms": UNDEFINED,
        "lost_after_10ms": UNDEFINED,
        "accuracy_by_rates": Metric(0.25, "1"),
        "images": Metric(4, "1"),
        **{name: Metric(value, "J") for name, value in energies.items()},
    }


def test_images_whose_answer_changes_after_10_ms_are_counted():
    """One image is won in the twelfth step, two are lost, and one is always wrong."""
    right = np.array([[0] * 11 + [1], [1] * 10 + [0] * 2, [1] * 10 + [0] * 2, [0] * 12, [1] * 12])
    after = pd.DataFrame(
        {
            "phase": "after",
            "image": np.repeat(range(5), 12),
            "time": np.tile(np.arange(1, 13) / 1000, 5),
            "label": 1,
            "predicted": right.ravel(),
            "predicted_by_rates": 1,
            "accumulates": 0.0,
        }
    )
    both = pd.concat([after, after.assign(phase="before")]).astype({"phase": "category"})
    found = mnist.measure(both, mnist.Parameters())
    assert (found["gained_after_10ms"].value, found["lost_after_10ms"].value) == (1, 2)
    assert found["accuracy_after_10ms"].value == 3 / 5
    assert found["accuracy_after"].value == 2 / 5


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
    found = mnist.accuracy_over_time(traces, ["phase"])
    assert list(found.columns) == ["phase", "time", "accuracy"]
    for phase, expected in ACCURACY.items():
        own = found[found["phase"] == phase]
        assert own["time"].tolist() == TIMES
        assert own["accuracy"].tolist() == expected


def test_accuracy_over_time_of_each_seed(traces):
    """Seed 1 is wrong about everything."""
    wrong = traces.assign(seed=1, predicted=(traces["label"] + 1) % 10)
    both = pd.concat([traces.assign(seed=0), wrong], ignore_index=True)
    found = mnist.accuracy_over_time(both, ["seed", "phase"]).set_index(["seed", "phase"])
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


def test_energies_in_both_accountings():
    """The figures of one trained network: 6.1 million accumulates in 30 steps."""
    found = cost.energies(6.1e6, 30)
    assert found["energy_once"] == pytest.approx(6.4e-6, rel=0.01)
    assert found["energy_every_step"] == pytest.approx(32.4e-6, rel=0.01)
    assert found["energy_without_spikes"] == pytest.approx(21.7e-6, rel=0.01)


@pytest.mark.parametrize("claim", claims("mnist"), ids=lambda claim: claim.name)
def test_claims_are_about_metrics_of_mnist(claim, traces):
    metrics = mnist.measure(traces, mnist.Parameters())
    assert {claim.metric, claim.minus or claim.metric, *(claim.pairs or ())} <= set(metrics)
    assert "images" in metrics
    assert ("trained/uci-digits", "MNIST unavailable") in claim.excused
    assert all(variant.endswith("/mnist") for variant in claim.variants)
