import ast
from pathlib import Path

import pytest

from snnlearn.figures import FigureSettings
from snnlearn.jobs.dependencies import needed_for
from snnlearn.registry import CLOSEUP_SEEDS, closeup_seeds, registry


@pytest.mark.parametrize(
    ("seeds", "example", "expected"),
    [
        ([0, 1, 2], 0, [0, 1, 2]),
        ([2, 0, 1], 1, [1, 0, 2]),
        ([7], 7, [7]),
        (range(20), 15, [15, 0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_example_seed_is_recorded_first_and_some_others_with_it(seeds, example, expected):
    assert closeup_seeds(seeds, example) == expected
    assert len(expected) <= CLOSEUP_SEEDS


@pytest.mark.parametrize(("wanted", "drawn"), [(None, 3), (5, 5), (99, 3)])
def test_the_example_is_the_configured_seed_or_the_first(wanted, drawn):
    assert FigureSettings(example_seed=wanted).example_of([5, 3, 8]) == drawn


def test_experiments_with_a_closeup():
    found = {name for name, experiment in registry().items() if experiment.closeup}
    assert found == {"channel", "mnist", "pes_dynamics", "tuning_curve"}


def read_from(name: str, nodes: list[ast.stmt]) -> set[str]:
    """The attributes that some statements read from a name."""
    return {
        node.attr
        for statement in nodes
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == name
    }


@pytest.mark.parametrize("name", [name for name, e in registry().items() if e.not_simulated])
def test_simulate_reads_no_parameter_that_it_is_said_not_to(name):
    """Neither itself nor through what it calls; what is in no hash must be in no trace."""
    experiment = registry()[name]
    source = Path(experiment.simulate.__code__.co_filename).read_text()
    statements = needed_for("simulate", source)
    (model,) = [node for node in statements if getattr(node, "name", "") == "Parameters"]
    properties = {node.name: node for node in model.body if isinstance(node, ast.FunctionDef)}
    read = read_from("parameters", [node for node in statements if node is not model])
    for used in read & set(properties):
        read |= read_from("self", [properties[used]])
    fields = set(experiment.Parameters.__dataclass_fields__)
    assert read & fields
    assert not read & set(experiment.not_simulated)
    assert set(experiment.not_simulated) < fields
