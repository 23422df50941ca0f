import re

import pytest

from snnlearn.experiments.mnist import Parameters
from snnlearn.mnist import trainings
from snnlearn.mnist.settings import ParameterSource, Recipe
from snnlearn.mnist.trainings import Trainings, collected, key_of, name_of, seconds, trained_with
from snnlearn.settings.documentation import plain

DATA = {"name": "mnist", "sha256": {"x_train": "0" * 64}}


def recipe(**block: object) -> Recipe:
    """What of the classifier's block decides its trained parameters."""
    given = {"parameters": {"mode": "train"}, **block}
    parameters = Parameters(**given)
    return parameters.recipe


def training(**settings: object) -> Recipe:
    return recipe(parameters={"mode": "train", "training": settings})


# Names


@pytest.mark.parametrize(
    ("seed", "name"),
    [
        (3, "3"),
        ({"training": 2, "initial weights": 1}, "initial_weights~1,training~2"),
        ({"initial weights": 1, "training": 2, "network": 7}, "initial_weights~1,training~2"),
    ],
)
def test_names_of_trainings(seed, name):
    assert name_of(seed) == name


def test_voltages_make_no_difference_to_training():
    seeds = [{"initial weights": 1, "training": 2, "network": voltages} for voltages in (0, 5)]
    assert [trained_with(seed) for seed in seeds] == [seeds[0]] * 2
    assert len({name_of(seed) for seed in seeds}) == 1
    assert trained_with(4) == 4


@pytest.mark.parametrize("part", ["initial weights", "training"])
def test_all_other_parts_of_a_seed_make_one(part):
    seed = {"initial weights": 1, "training": 2, "network": 3}
    assert name_of(seed | {part: 9}) != name_of(seed)
    assert trained_with(seed | {part: 9})[part] == 9


# What a training takes


def test_a_slope_without_steps_makes_no_other_training():
    assert key_of(training(spikes={"slope": 3.0}), DATA) == key_of(training(), DATA)
    one, other = (training(spikes={"steps": 5, "slope": slope}) for slope in (3.0, 10.0))
    assert key_of(one, DATA) != key_of(other, DATA)


def test_more_steps_take_more_of_everything():
    few, many = (training(epochs=10, spikes={"steps": steps}) for steps in (1, 50))
    assert seconds(many) > 10 * seconds(few)
    assert trainings.minutes(few) < trainings.minutes(many)
    two = Trainings(many, 2, {})
    assert trainings.memory_mb(two) > trainings.memory_mb(Trainings(many, 1, {})) > 4000
    assert trainings.memory_mb(Trainings(recipe(parameters={}), 2, {})) == 4000


# Keys


def test_a_key_is_a_hash_of_some_digits():
    assert re.fullmatch("[0-9a-f]{12}", key_of(recipe(), DATA))
    assert key_of(recipe(), dict(DATA)) == key_of(recipe(), DATA)


@pytest.mark.parametrize(
    "block",
    [
        {"n_steps": 7},
        {"minibatch_size": 50},
        {"test_images": 30},
        {"figure_images": 1},
        {"threads": 2},
        {"on_unavailable": "fail"},
        {"readout_synapse": 0.05},
    ],
)
def test_what_only_evaluates_is_in_no_key(block):
    assert recipe(**block) == recipe()


def test_what_matters_in_other_modes_is_in_no_key_of_a_training():
    elsewhere = {"mode": "train", "download": {"url": "https://example.org/a"}}
    elsewhere |= {"pretrained": {"file": "a.npz"}, "accept_unverified": True}
    assert recipe(parameters=elsewhere) == recipe()


@pytest.mark.parametrize(
    "changed",
    [
        training(learning_rate=0.002),
        training(epochs=3),
        training(images=1000),
        training(minibatch_size=100),
        recipe(engine="nengo-dl"),
        recipe(parameters={"mode": "pretrained"}),
    ],
    ids=["learning_rate", "epochs", "images", "minibatch_size", "engine", "mode"],
)
def test_what_decides_parameters_is_in_their_key(changed):
    assert key_of(changed, DATA) != key_of(recipe(), DATA)


def test_sums_of_nengo_dl_depend_on_threads():
    one, two = (recipe(engine="nengo-dl", threads=threads) for threads in (1, 2))
    assert (one.threads, two.threads, recipe(threads=2).threads) == (1, 2, None)
    assert key_of(one, DATA) != key_of(two, DATA)


@pytest.mark.parametrize("other", [{"amplitude": 0.02}, {"max_rate": 200.0}])
def test_how_neurons_fire_is_in_the_key_of_what_is_trained(other):
    assert key_of(recipe(**other), DATA) != key_of(recipe(), DATA)
    pretrained = {"parameters": ParameterSource(mode="pretrained")}
    assert key_of(recipe(**other, **pretrained), DATA) == key_of(recipe(**pretrained), DATA)


def test_the_data_are_in_the_key():
    other = DATA | {"sha256": {"x_train": "1" * 64}}
    assert key_of(recipe(), other) != key_of(recipe(), DATA)


def test_the_code_that_trains_is_in_the_key(monkeypatch):
    before = key_of(recipe(), DATA)
    monkeypatch.setattr(trainings, "code_of", lambda module: {module: "changed"})
    assert key_of(recipe(), DATA) != before


def test_a_recipe_that_is_not_trained_keeps_all_of_its_source():
    source = ParameterSource(mode="pretrained", pretrained={"file": "a.npz"})
    assert Recipe.of(source, "compiled", 3) == Recipe(source, "compiled", None)
    assert plain(recipe())["source"]["training"]["epochs"] == 10


# What is needed


def test_cells_with_the_same_key_share_their_trainings():
    one, other = recipe(), training(epochs=2)
    voltages = [{"training": 0, "network": number} for number in (0, 1)]
    found = collected(
        [
            ("a", one, 1, [0, 1]),
            ("b", other, 1, voltages),
            ("a", one, 2, [1, 2]),
            ("a", one, 1, []),
        ]
    )
    assert found == {
        "a": Trainings(one, 2, {"0": 0, "1": 1, "2": 2}),
        "b": Trainings(other, 1, {"training~0": {"training": 0, "network": 0}}),
    }


def test_nothing_is_collected_of_nothing():
    assert collected([]) == {}


def test_a_training_takes_as_long_as_it_shows_images():
    short, long = training(epochs=1, images=1000), training(epochs=3, images=1000)
    assert seconds(long) - seconds(short) == pytest.approx(2000 * 6e-4)
    assert seconds(training(epochs=1)) == pytest.approx(15 + 60_000 * 6e-4)
