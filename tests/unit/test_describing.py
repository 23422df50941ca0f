"""What a configuration is called, and how it is described."""

from types import SimpleNamespace

import pytest

from snnlearn.mnist.settings import ParameterSource, Training
from snnlearn.registry import registry
from snnlearn.settings.changes import LONGEST_NAME, changes, flat, name_of, short
from snnlearn.settings.documentation import plain
from snnlearn.tracking.summaries import note_on

EXPERIMENTS = registry()
channel, conditioning, mnist = (EXPERIMENTS[n] for n in ("channel", "conditioning", "mnist"))


def parameters(experiment, **given):
    return plain(experiment.Parameters(**given))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_chapter_is_called_so(name):
    experiment = EXPERIMENTS[name]
    changed = changes(experiment.Parameters, parameters(experiment))
    assert changed == []
    assert name_of(changed) == "chapter"
    assert "This is the chapter's configuration." in note_on(experiment, changed, {})


def test_a_name_holds_what_differs():
    given = parameters(channel, learning_rate=2e-4, n_neurons=100)
    changed = changes(channel.Parameters, given)
    assert name_of(changed) == "n_neurons=100, learning_rate=2e-4"
    note = note_on(channel, changed, {})
    assert "- `learning_rate` is 2e-4, not 1e-4. Learning rate of PES. " in note
    assert "- `n_neurons` is 100, not 60. " in note
    assert "- `n_neurons`" not in note_on(channel, changed[1:], {})


def test_nested_keys_are_dotted():
    source = ParameterSource(mode="train", training=Training(epochs=3))
    changed = changes(mnist.Parameters, parameters(mnist, parameters=source))
    assert name_of(changed) == "parameters.mode=train, parameters.training.epochs=3"
    assert changed[1].meaning == "How often all training images are shown."


def test_a_mapping_is_one_value():
    pavlov = EXPERIMENTS["pavlov"]
    given = parameters(pavlov, designs={"acquisition": ["20 A+"]}, tests=["A"])
    name = name_of(changes(pavlov.Parameters, given))
    assert name == 'designs={"acquisition": ["20 A+…, tests=["A"]'


def test_long_values_are_cut():
    given = parameters(conditioning, dimensions=2, conditioned_stimuli=[[0.125, 0.5], [0.25, 1.0]])
    name = name_of(changes(conditioning.Parameters, given))
    assert name == "dimensions=2, conditioned_stimuli=[[0.125, 0.5], [0.25, 1…"


def test_long_names_are_cut():
    changed = [SimpleNamespace(key="key" * 20, value=n) for n in range(10)]
    assert len(name_of(changed)) == LONGEST_NAME


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2e-4, "2e-4"),
        (0.01, "0.01"),
        (0.0003, "3e-4"),
        (1.5, "1.5"),
        (10.0, "10"),
        (1e6, "1e6"),
        (0.12345678901, "0.12345678901"),
        (60, "60"),
        (True, "true"),
        (None, "null"),
        ("nengo", "nengo"),
        ([1.0, 0.5], "[1.0, 0.5]"),
    ],
)
def test_values_are_short(value, text):
    assert short(value) == text


def test_flat_joins_keys_with_dots():
    nested = {"a": 1, "b": {"c": None, "d": {"e": [1, 2]}}, "f": {}}
    assert flat(nested) == {"a": 1, "b.c": None, "b.d.e": [1, 2]}
