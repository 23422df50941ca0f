"""Accuracy, latency and energy of the classifier."""

import json

import numpy as np
import pandas as pd
import pytest
from tiny_project import ROOT

from snnlearn import published
from snnlearn.experiments import latency
from snnlearn.experiments.latency import Parameters, measure
from snnlearn.mnist import cost
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.network import convolutions, initial_parameters
from snnlearn.verdict import judge

# NeuroBench


@pytest.mark.parametrize("number", [0, 1])
def test_neurobench_counts_the_same(number):
    """Of spikes and weights that are drawn here as in ``benchmarks/neurobench_values.py``."""
    kept = json.loads((ROOT / "tests/baseline/neurobench.json").read_text())
    said, n = kept["values"][number], kept["drawn"]["images"]
    rng, spikes, kernels = np.random.default_rng(kept["drawn"]["seed"]), [], []
    for layer in convolutions():
        spikes.append(rng.random((n, *layer.shape_out)) < kept["drawn"]["firing"])
        shape = 3, 3, layer.shape_in[2], layer.shape_out[2]
        kernels.append(rng.normal(size=shape) * (rng.random(shape) >= said["zeros"]))
    shape = layer.neurons, 10
    kernels.append(rng.normal(size=shape) * (rng.random(shape) >= said["zeros"]))
    kernels = [kernel.astype(np.float32) for kernel in kernels]

    mean = [fired.reshape(n, -1).mean(axis=0) for fired in spikes]
    found = cost.sparsities(mean, 1, kernels)
    assert found["activation_sparsity"] == pytest.approx(said["ActivationSparsity"])
    assert found["connection_sparsity"] == pytest.approx(said["ConnectionSparsity"], abs=1e-4)
    assert found["footprint"] == said["Footprint"]
    operations = said["SynapticOperations"]
    assert sum(cost.multiply_accumulates()) == operations["Dense"]
    if said["zeros"] == 0:  # here, weights that are zero count as others do
        assert cost.accumulates(mean) == pytest.approx(operations["Effective_ACs"])
        assert cost.multiply_accumulates()[0] == operations["Effective_MACs"]
    else:
        assert cost.accumulates(mean) > operations["Effective_ACs"]


# Steps and exits


@pytest.fixture(scope="module")
def network():
    """One in which neurons of all layers fire."""
    found = Evaluator(0, 1)
    found.load([array if array.ndim == 1 else np.abs(array) for array in initial_parameters(0)])
    return found


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def test_operations_of_steps_and_images_add_up_to_those_of_the_neurons(network, images):
    """Over more steps than are counted at once."""
    n_steps = 70
    readouts, accumulates = network.readouts_and_accumulates(images, n_steps)
    np.testing.assert_array_equal(readouts, network.readouts(images, n_steps))
    assert accumulates.shape == (5, n_steps, 3)
    counted = network.spikes(images, n_steps)
    assert accumulates.sum() / 5 == pytest.approx(cost.accumulates(counted), rel=1e-6)
    of_layers = [n @ to for n, to in zip(counted, cost.fan_out(), strict=True)]
    assert all(of > 0 for of in of_layers)
    np.testing.assert_allclose(accumulates.sum(axis=(0, 1)) / 5, of_layers, rtol=1e-6)
    alone, of_one = network.readouts_and_accumulates(images[2:3], n_steps)
    np.testing.assert_array_equal(of_one[0], accumulates[2])
    np.testing.assert_array_equal(alone[0], readouts[2])


#: Four images over five steps: answers, how far they are ahead, and operations until then.
ANSWERS = np.array([[0, 1, 1, 1, 1], [0, 2, 2, 3, 3], [0, 0, 4, 4, 4], [5, 5, 5, 5, 5]])
MARGINS = np.array(
    [[0, 0.3, 1, 2, 3], [0, 0.6, 0.7, 0.1, 1.5], [0, 0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1, 1]]
)
LABELS = np.array([1, 3, 4, 6])


@pytest.fixture(scope="module")
def ways():
    added = np.cumsum(np.full((4, 5), 1000), axis=1)
    parameters = Parameters(n_steps=5, margins=(0.5, 1.0))
    rated = np.array([0, 3, 4, 6])
    return latency._ways(parameters, ANSWERS, MARGINS, added, rated, LABELS).assign(
        activation_sparsity=0.9, connection_sparsity=0.0, footprint=1e6
    )


def test_answers_after_a_step_are_the_same_time_for_all(ways):
    steps = ways[ways["exit"] == "step"]
    assert steps["right"].tolist() == [0, 1, 2, 3, 3]
    assert steps["settled"].tolist() == [1, 2, 3, 4, 4]
    # By rates, the first image is wrong, and the others right.
    assert steps["gained"].tolist() == [0, 1, 1, 1, 1]
    assert steps["lost"].tolist() == [3, 3, 2, 1, 1]
    np.testing.assert_allclose(steps["time"], np.arange(1, 6) / 1000)
    np.testing.assert_allclose(steps["accumulates"], 1000 * np.arange(1, 6))


def test_early_exits_answer_when_they_are_ahead_and_at_the_end_if_they_never_are(ways):
    """A margin of 0.5 is reached after steps 3, 2, never, and 1."""
    exits = ways[ways["exit"] == "margin"].set_index("level")
    half = exits.loc[0.5]
    assert half["time"] == pytest.approx((3 + 2 + 5 + 1) / 4 / 1000)
    assert half["accumulates"] == pytest.approx((3 + 2 + 5 + 1) / 4 * 1000)
    assert half["right"] == 2  # the second answers 2 and would have changed its mind
    assert exits.loc[1.0, "right"] == 3


def test_energies_follow_from_the_operations(ways):
    found = measure(ways, Parameters(n_steps=5, margins=(0.5, 1.0)))
    operations = cost.operations(2000, 2)
    assert found["energy_2ms"].value == pytest.approx(cost.energies(operations)["energy_once"])
    assert found["energy_2ms"].unit == "J"
    assert found["accuracy_by_rates"].value == 0.75
    assert (found["gained_2ms"].value, found["lost_2ms"].value) == (1, 3)
    assert found["accuracy_5ms"].value == 0.75
    assert found["settled_2ms"].value == 0.5
    assert found["loss_margin_0p5"].value == pytest.approx(0.25)
    assert found["time_margin_1"].value == pytest.approx((3 + 5 + 5 + 1) / 4 / 1000)
    assert "accuracy_10ms" not in found
    # Five steps of so few spikes cost less than numbers in all layers.
    assert found["break_even"].value == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("holds", "until"), [([True, True, False, True], 2), ([False, True], 0), ([True] * 3, 3)]
)
def test_break_even_is_the_first_time_at_which_it_fails(holds, until):
    assert latency._up_to(holds) == pytest.approx(until / 1000)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"settled_10ms": 0.99, "accuracy_100ms": 0.99, "accuracy_by_rates": 0.99,
          "loss_margin_0p5": 0.0, "time_margin_0p5": 0.005, "break_even": 0.06,
          "break_even_every_step": 0.02}, "reproduced"),
        ({"settled_10ms": 0.9, "accuracy_100ms": 0.95, "accuracy_by_rates": 0.99,
          "loss_margin_0p5": 0.01, "time_margin_0p5": 0.05, "break_even": 0.01,
          "break_even_every_step": 0.05}, "not reproduced"),
    ],
)  # fmt: skip
def test_claims_hold_of_such_networks_and_not_of_others(values, verdict):
    rows = [
        ("latency", "pretrained/mnist", seed, name, value + 1e-6 * seed * len(name), "1")
        for seed in range(5)
        for name, value in values.items()
    ]
    columns = ["experiment", "variant", "seed", "metric", "value", "unit"]
    judged = judge(published.listed({"latency": "latency"}), pd.DataFrame(rows, columns=columns))
    assert set(judged["verdict"]) == {verdict}
