import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from snnlearn.settings import types
from snnlearn.settings.types import STRICT, Positive, Real


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        ("Positive", "1e-4", 1e-4),  # what YAML makes of 1e-4
        ("NonNegative", 0, 0.0),
        ("Real", -3, -3.0),
        ("Count", 1, 1),
        ("Flag", False, False),
        ("Seed", 0, 0),
        ("Seed", 2**31 - 1, 2**31 - 1),
        ("TimeStep", 0.002, 0.002),
        ("Sha256", "0123456789abcdef" * 4, "0123456789abcdef" * 4),
        ("Seeds", 3, (0, 1, 2)),
        ("Seeds", [7, 3], (7, 3)),
        ("Seeds", (5,), (5,)),
    ],
)
def test_sensible_values_are_taken(kind, value, meant):
    found = TypeAdapter(getattr(types, kind)).validate_python(value)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((kind, True) for kind in ("Positive", "NonNegative", "Real", "Count", "TimeStep")),
        *((kind, "fast") for kind in ("Positive", "NonNegative", "Real", "Count", "TimeStep")),
        ("Positive", 0),
        ("NonNegative", -1e-9),
        ("Count", 0),
        ("Count", 1.0),
        ("Count", "3"),
        ("Flag", 1),
        ("Flag", "yes"),
        ("Text", ""),
        ("Text", 5),
        ("Sha256", "0" * 63),
        ("Sha256", "0" * 64 + "\n"),
        ("Sha256", "A" * 64),
        ("Seed", -1),
        ("Seed", 2**31),
        ("Seed", True),
        ("TimeStep", 0),
        ("TimeStep", 0.0021),
        ("Seeds", 0),
        ("Seeds", True),
        ("Seeds", []),
        ("Seeds", "3"),
        ("Seeds", 2.0),
        ("Seeds", [1.5]),
        ("Seeds", [True]),
        ("Seeds", [-1]),
        ("Seeds", None),
        ("Seeds", {"a": 1}),
    ],
)
def test_senseless_values_are_refused(kind, value):
    with pytest.raises(ValidationError):
        TypeAdapter(getattr(types, kind)).validate_python(value)


def test_seed_given_twice_is_refused():
    with pytest.raises(ValidationError, match="listed twice"):
        TypeAdapter(types.Seeds).validate_python([1, 2, 1])


def test_nested_seeds_are_refused():
    with pytest.raises(ValidationError):
        TypeAdapter(types.Seeds).validate_python([[1, 2]])


@dataclass(frozen=True, config=STRICT)
class Sample:
    rate: Positive = 1.0
    offset: Real = 0.0


@pytest.mark.parametrize(
    "wrong", [{"rate": float("inf")}, {"offset": float("nan")}, {"offset": "-inf"}, {"rte": 1.0}]
)
def test_nothing_infinite_and_no_unknown_names(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Sample(**wrong)
