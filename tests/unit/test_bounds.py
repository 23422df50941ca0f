"""Each number that a configuration may hold is one that its experiment survives."""

import logging
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from simulated import batch

from snnlearn.data import datasets, obtaining
from snnlearn.registry import registry

TRAINED = Path(__file__).parents[2] / "resources/pretrained/spiking-convnet-0.npz"

#: Small, and with all stages.
SMALL = {
    "channel": {"n_neurons": 10, "duration": 2.0, "generalization_duration": 0.5},
    "conditioning": {
        "n_neurons_per_dimension": 8,
        "duration": 2.5,
        "learning_start": 0.3,
        "learning_stop": 1.1,
        "dimensions": 1,
    },
    "tuning_curve": {"n_currents": 20},
    "pavlov": {
        "designs": {"acquisition": ("3 A+",)},
        "tests": ("A",),
        "test_repeats": 1,
        "n_neurons_per_dimension": 5,
    },
    "pes_dynamics": {
        "learning_rates": (3e-4, 1.6e-3),
        "n_neurons": (10,),
        "synapses": (0.005,),
        "inputs": (-0.8,),
        "duration": 2.0,
    },
    "functions": {
        "functions": ("square",),
        "n_neurons": 10,
        "duration": 2.0,
        "test_duration": 0.5,
    },
    **{name: {"test_images": 12, "n_steps": 4} for name in ("latency", "mnist", "robustness")},
}

#: Megabytes and core seconds that a test may take; what takes more, a plan says.
MEMORY, SECONDS = 2000, 20


#: Every experiment; one that is not named above is small by itself.
TRIED = {name: SMALL.get(name, {}) for name in registry()}


def test_nothing_is_small_that_is_not_tried():
    assert SMALL.keys() <= TRIED.keys()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """What an experiment takes: the bundled digits, and a network that comes with the pipeline."""
    images = tmp_path_factory.mktemp("images") / "digits.npz"
    datasets.write(images, obtaining.stand_in([])[0])
    known = {"dataset": images, "trained_parameters": [TRAINED]}
    return lambda experiment: {name: known[name] for name in experiment.inputs}


def edges():
    """The bounds of each number of an experiment, from its schema."""
    for name in TRIED:
        schema = TypeAdapter(registry()[name].Parameters).json_schema()
        for key, described in schema["properties"].items():
            for kind in described.get("anyOf", [described]):
                if kind.get("type") in ("number", "integer"):
                    for bound in ("minimum", "maximum"):
                        yield pytest.param(name, key, kind[bound], id=f"{name}.{key}-{bound}")


@pytest.mark.parametrize(("name", "key", "bound"), [*edges()])
def test_a_bound_is_survived_and_what_is_not_defined_is_named(name, key, bound, inputs, caplog):
    experiment = registry()[name]
    try:
        parameters = experiment.Parameters(**TRIED[name] | {key: bound})
    except ValidationError as error:
        told = error.errors()[0]["msg"]
        assert key in told  # it does not go with another one, which the message names
        return
    takes = experiment.resources(parameters)
    if takes.memory_mb > MEMORY or takes.seconds > SECONDS:
        assert bound >= 5000
        return
    with caplog.at_level(logging.INFO):
        _, metrics = batch(experiment, parameters, [0], **inputs(experiment))
    assert not np.isinf(metrics["value"]).any()
    told = " ".join(record.getMessage() for record in caplog.records)
    for metric in metrics["metric"][metrics["value"].isna()]:
        assert f" {metric} (1)" in told


def test_every_number_of_the_experiments_has_both_bounds():
    """Those of the classifier, which takes images, among them."""
    for name, experiment in registry().items():
        schema = TypeAdapter(experiment.Parameters).json_schema()
        blocks = [schema, *schema.get("$defs", {}).values()]
        for block in blocks:
            for key, described in block.get("properties", {}).items():
                for kind in described.get("anyOf", [described]):
                    if kind.get("type") in ("number", "integer"):
                        assert {"minimum", "maximum"} <= kind.keys(), f"{name}: {key}"
