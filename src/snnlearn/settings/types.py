"""Kinds of values that a configuration holds, and what is allowed for each."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, Strict

#: For every data class that is filled from a configuration: no unknown keys, nothing infinite,
#: and each field is described by the string below it.
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


def _not_a_truth_value(value: Any) -> Any:
    """Python counts true as 1; a configuration does not."""
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is not a number")
    return value


def _single(value: Any) -> Any:
    """Lists and blocks have no place in the name of a folder."""
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        raise ValueError(f"{value!r} is no single value: make it a point")
    return value


def _seeds(value: Any) -> Any:
    """A number n stands for the seeds 0 to n - 1."""
    if isinstance(value, bool) or not isinstance(value, int | Sequence) or isinstance(value, str):
        raise ValueError(f"{value!r} is neither a number of seeds nor a list of seeds")
    if isinstance(value, int):
        if value < 1:
            raise ValueError(f"{value} seeds are too few: at least 1 is needed")
        if value > MOST_RUNS:
            raise ValueError(f"{value} seeds are too many: at most {MOST_RUNS} can be planned")
        return tuple(range(value))
    if not value:
        raise ValueError("the list of seeds is empty: at least 1 is needed")
    if any(value.count(seed) > 1 for seed in value):
        raise ValueError("a seed is listed twice")
    return value


#: Comes after the bounds of a number: before them, it would hide them from the JSON Schema.
NOT_A_FLAG = BeforeValidator(_not_a_truth_value)


#: No number is smaller, in size, or larger. All are such that their squares and products with
#: others stay numbers; tests simulate at these bounds.
SMALLEST, LARGEST = 1e-9, 1e9

#: The most runs of one study.
MOST_RUNS = 1_000_000

Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST), NOT_A_FLAG]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST), NOT_A_FLAG]
Real = Annotated[float, Field(ge=-LARGEST, le=LARGEST), NOT_A_FLAG]
Count = Annotated[int, Strict(), Field(ge=1, le=int(LARGEST))]
Natural = Annotated[int, Strict(), Field(ge=0, le=int(LARGEST))]

#: How many threads one job has. No machine has more.
Threads = Annotated[Count, Field(le=1024)]

#: Blocks of a design, of which each has two runs for every source of randomness at least.
Blocks = Annotated[Natural, Field(le=MOST_RUNS // 100)]

Flag = Annotated[bool, Strict()]
Text = Annotated[str, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Seed = Annotated[int, Strict(), Field(ge=0, lt=2**31)]
#: The seeds themselves; a configuration may also give their number.
Seeds = Annotated[
    tuple[Seed, ...],
    BeforeValidator(_seeds, json_schema_input_type=Count | tuple[Seed, ...]),
]

#: Time constant in seconds of a low-pass filter: Nengo has no filters that are much faster than its
#: time step, and what is slower than a run is a constant.
Synapse = Annotated[float, Field(ge=1e-5, le=1e3), NOT_A_FLAG]

#: Time step in seconds. A longer one than LIF neurons of 100 Hz and more can follow is refused.
TimeStep = Annotated[float, Field(ge=1e-5, le=0.002), NOT_A_FLAG]

#: A value that can be swept: it fits into the name of a folder.
Single = Annotated[
    Any, BeforeValidator(_single, json_schema_input_type=bool | int | float | str | None)
]

#: Name of a data set: part of the names of files.
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]

PointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
StudyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
