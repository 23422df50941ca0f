import logging
from itertools import pairwise, product

import numpy as np
import pytest

from snnlearn.data import datasets, obtaining
from snnlearn.data.origin import write_origin
from snnlearn.experiments.mnist import Parameters
from snnlearn.jobs.progress import share_in
from snnlearn.mnist.training import train
from snnlearn.variance import mnist
from snnlearn.verdict.variance import LEVELS, run_blocks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    images, origin = obtaining.stand_in([])
    path = tmp_path_factory.mktemp("digits") / "dataset.npz"
    datasets.write(path, images)
    write_origin(path.with_suffix(".json"), origin)
    return path


def test_each_combination_of_weights_voltages_and_order_is_trained_and_tested(
    dataset, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "snnlearn")
    trained = []

    def counted(*images, seed, **settings):
        trained.append((seed["dense"], seed["order of images"]))
        return train(*images, seed=seed, **settings)

    monkeypatch.setattr(mnist, "train", counted)
    settings = mnist.Settings(blocks=1, training_images=40, test_images=60)
    parameters = Parameters(minibatch_size=20, n_steps=12)
    runs = run_blocks(mnist, parameters, settings, dataset=dataset)
    assert set(runs["variant"]) == {"trained/uci-digits"}
    assert len(runs) == len(mnist.METRICS) * LEVELS**3
    # The order of training is no part of an untrained network, nor voltages of a training.
    assert sorted(trained) == list(product(range(LEVELS), repeat=2))
    table = runs.pivot(index=list(mnist.SOURCES), columns="metric", values="value")
    before = table["accuracy_before"].to_numpy().reshape([LEVELS] * 3)
    np.testing.assert_array_equal(before[..., 0], before[..., 1])
    assert before[0, 0, 0] != before[1, 0, 0]
    after = table["accuracy_after"].to_numpy().reshape([LEVELS] * 3)
    assert (after[:, :, 0] != after[:, :, 1]).any()
    assert table.to_numpy().min() >= 0
    assert table.to_numpy().max() <= 1
    # Each of 4 trainings and 2 evaluations is a part of the job.
    shares = [share for message in caplog.messages if (share := share_in(message)) is not None]
    assert all(earlier <= later for earlier, later in pairwise(shares))
    assert shares[-1] == 1
    assert 0 < shares[0] < 0.5
