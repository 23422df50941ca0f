"""The classifier with dead neurons, noisy or coarse weights, and noisy images."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from snnlearn import published
from snnlearn.experiments import robustness
from snnlearn.experiments.robustness import Parameters, measure
from snnlearn.mnist import perturbing
from snnlearn.mnist.evaluation import Evaluator
from snnlearn.mnist.network import initial_parameters
from snnlearn.verdict import judge

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def weights():
    return initial_parameters(0)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (4, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_weights_have_as_many_values_as_their_bits_allow(weights, bits):
    for before, after in zip(weights, perturbing.quantized(weights, bits), strict=True):
        assert after.dtype == before.dtype
        if before.ndim == 1:
            np.testing.assert_array_equal(after, before)
            continue
        of_channel = after.reshape(-1, after.shape[-1])[:, 0]
        largest = np.abs(before.reshape(-1, before.shape[-1])[:, 0]).max()
        steps = 2 ** (bits - 1) - 1
        levels = of_channel / largest * steps
        np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
        assert np.abs(levels).max() == pytest.approx(steps)
        assert np.abs(of_channel - before.reshape(-1, before.shape[-1])[:, 0]).max() <= (
            0.5001 * largest / steps
        )


def test_a_kernel_of_zeros_stays_one():
    np.testing.assert_array_equal(perturbing.quantized([np.zeros((3, 2))], 4)[0], 0)


def test_noise_on_weights_is_of_the_size_that_is_said(weights):
    for before, after in zip(
        weights, perturbing.noisy(weights, 0.5, np.random.default_rng(2)), strict=True
    ):
        if before.size > 1000 and before.ndim > 1:
            size = np.std(after - before) / np.sqrt(np.mean(np.square(before)))
            assert size == pytest.approx(0.5, rel=0.1)
        if before.ndim == 1:
            np.testing.assert_array_equal(after, before)


def test_noisy_images_stay_images(images):
    noisy = perturbing.noisy_images(images, 0.3, np.random.default_rng(3))
    assert noisy.dtype == np.float32
    assert (noisy.min(), noisy.max()) == (0, 255)
    inside = (images > 100) & (images < 155)
    assert np.std((noisy - images)[inside]) == pytest.approx(0.3 * 255, rel=0.1)


def test_dead_neurons_never_fire_and_the_others_of_the_first_layer_as_before(weights, images):
    bright = [array if array.ndim == 1 else np.abs(array) for array in weights]  # all fire
    network, hit = Evaluator(0, 1), Evaluator(0, 1)
    hit.lose(0.25, np.random.default_rng(4))
    for one in (network, hit):
        one.load(bright)
    before, after = network.spikes(images, 30), hit.spikes(images, 30)
    silent = [np.mean(layer[fired > 0] == 0) for layer, fired in zip(after, before, strict=True)]
    assert silent[0] == pytest.approx(0.25, abs=0.02)
    alive = after[0] > 0
    np.testing.assert_array_equal(after[0][alive], before[0][alive])


def test_without_neurons_the_readout_is_what_its_bias_says(weights, images):
    hit = Evaluator(0, 1)
    hit.lose(1.0, np.random.default_rng(5))
    hit.load(weights)
    assert sum(layer.sum() for layer in hit.spikes(images, 10)) == 0


def conditions(losses: dict[str, float], seeds: int = 5) -> pd.DataFrame:
    """Metrics of some networks that lose so much under each condition."""
    rows = [
        ("robustness", "pretrained/mnist", seed, f"loss_{name}", loss + 1e-5 * seed, "1")
        for seed in range(seeds)
        for name, loss in losses.items()
    ]
    columns = ["experiment", "variant", "seed", "metric", "value", "unit"]
    return pd.DataFrame(rows, columns=columns)


def test_losses_are_those_against_the_intact_network():
    rows = [("intact", 0, 990), ("dead_neurons", 0.05, 980), ("weight_bits", 4, 991)]
    traces = pd.DataFrame(rows, columns=["perturbed", "level", "right"]).assign(images=1000)
    found = {name: metric.value for name, metric in measure(traces, Parameters()).items()}
    assert found == {
        "accuracy": 0.99,
        "accuracy_dead_neurons_5": 0.98,
        "loss_dead_neurons_5": pytest.approx(0.01),
        "accuracy_weight_bits_4": 0.991,
        "loss_weight_bits_4": pytest.approx(-0.001),
    }


def test_networks_that_break_reproduce_no_claim():
    claimed = [claim.metric.removeprefix("loss_") for claim in published.claims("robustness")]
    listed = {"robustness": "robustness"}
    broken = judge(published.listed(listed), conditions(dict.fromkeys(claimed, 0.2)))
    assert set(broken["verdict"]) == {"not reproduced"}
    whole = judge(published.listed(listed), conditions(dict.fromkeys(claimed, 0.0)))
    assert set(whole["verdict"]) == {"reproduced"}
    others = conditions(dict.fromkeys(claimed, 0.0)).assign(variant="trained/others")
    assert set(judge(published.listed(listed), others)["verdict"]) == {"not tested"}


def test_levels_without_a_condition_are_left_out():
    only = replace(Parameters(), dead_neurons=(), weight_noise=(), image_noise=())
    assert only.conditions == [("intact", 0.0), *(("weight_bits", b) for b in (8, 4, 3, 2))]
    assert robustness.resources(only).seconds < robustness.resources(Parameters()).seconds


@pytest.mark.parametrize(
    "wrong", [{"dead_neurons": (1.5,)}, {"weight_bits": (1,)}, {"n_steps": 1000}]
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Parameters(**wrong)
