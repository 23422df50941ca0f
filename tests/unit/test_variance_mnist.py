"""The sources of randomness of the classifier, in the study that varies each alone."""

from itertools import product

import numpy as np
import pytest

from snnlearn.data import datasets, obtaining
from snnlearn.data.origin import beside, write_origin
from snnlearn.experiments.mnist import Parameters
from snnlearn.mnist import trainings
from snnlearn.mnist.parameter_source import provide
from snnlearn.registry import registry
from snnlearn.simulation import measure, simulate
from snnlearn.studies import LEVELS
from snnlearn.verdict.variance import study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    images, origin = obtaining.stand_in([])
    path = tmp_path_factory.mktemp("digits") / "dataset.npz"
    datasets.write(path, images)
    write_origin(beside(path), origin)
    return path


def test_each_combination_of_weights_voltages_and_order_is_trained_and_tested(dataset, tmp_path):
    experiment = registry()["mnist"]
    training = {"epochs": 1, "images": 40, "minibatch_size": 20}
    parameters = Parameters(
        parameters={"mode": "train", "training": training},
        minibatch_size=20,
        n_steps=12,
        test_images=60,
    )
    (cell,) = study(experiment, parameters, 1, experiment.variance.metrics, 8).cells
    key, seeds = "key", cell.seeds.values()
    (found,) = trainings.collected([(key, parameters.recipe, 1, seeds)]).values()
    # Voltages make no difference to a training.
    assert sorted((s["dense"], s["order of images"]) for s in found.seeds.values()) == list(
        product(range(LEVELS), repeat=2)
    )
    for name, seed in found.seeds.items():
        provide(found.recipe, seed, dataset, tmp_path / f"{name}.npz", threads=1)
    files = [tmp_path / f"{trainings.name_of(seed)}.npz" for seed in seeds]
    runs = simulate(experiment, parameters, cell.seeds, dataset=dataset, trained_parameters=files)
    metrics = measure(experiment, parameters, runs)
    assert set(metrics["variant"]) == {"trained/uci-digits"}
    table = metrics.pivot(index="seed", columns="metric", values="value")
    # The order of training is no part of an untrained network.
    before = table["accuracy_before"].to_numpy().reshape([LEVELS] * 3)
    np.testing.assert_array_equal(before[..., 0], before[..., 1])
    assert before[0, 0, 0] != before[1, 0, 0]
    after = table["accuracy_after"].to_numpy().reshape([LEVELS] * 3)
    assert (after[:, :, 0] != after[:, :, 1]).any()
    assert table["accuracy_after"].between(0, 1).all()
