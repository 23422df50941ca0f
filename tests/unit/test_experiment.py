import pytest

from snnlearn.figures import FigureSettings
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
    assert found == {"channel", "tuning_curve", "mnist"}
