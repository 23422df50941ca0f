"""Which experiments there are, each checked when it is loaded."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

from pydantic.dataclasses import is_pydantic_dataclass

from snnlearn import experiments
from snnlearn.experiments import Experiment
from snnlearn.settings.documentation import documented
from snnlearn.settings.types import STRICT

#: What a module must have, and what to add where it lacks it.
REQUIRED = {
    "Parameters": "a frozen data class of its parameters, as in `@dataclass(frozen=True, "
    "config=STRICT)` of pydantic.dataclasses",
    "simulate": "a function (parameters, seeds) that yields the traces of each seed",
    "measure": "a function (traces, parameters) that returns the metrics of one seed",
}

#: What a module may have beside, and what of :class:`Experiment` it becomes.
OPTIONAL = {
    "series": "series",
    "closeup": "closeup",
    "resources": "resources",
    "undefined": "undefined",
    "SEEDS": "seeds",
    "DEFAULT_SEEDS": "default_seeds",
    "SEEDS_PER_JOB": "seeds_per_job",
    "INPUTS": "inputs",
    "NOT_SIMULATED": "not_simulated",
    "RANDOM_SOURCES": "random_sources",
    "CONTROLS": "controls",
    "VARIANCE": "variance",
    "ON_REQUEST": "on_request",
}

#: Names that no experiment and no study can have: they stand for something else in the
#: configuration, or in the folder of results.
RESERVED = frozenset(
    (
        *("seeds", "fidelity", "studies", "variance", "data", "datasets"),
        *("tracking", "figures"),
        *("errata", "benchmarks", "logs", "trainings", "parameters", "partial"),
        *("metrics.csv", "errata.csv", "errata.md", "variance.csv", "variance.md", "verdict.csv"),
        *("verdict.md", "overview.html", "explore.html", "provenance.json", "tracking.json"),
        *("mlflow.db", "mlflow.artifacts", "report.html", "ro-crate.zip", "configuration.yaml"),
    )
)

#: How many seeds are recorded in detail, at most.
CLOSEUP_SEEDS = 8


class ExperimentError(ValueError):
    """A module that is no experiment yet; the message names it and says what to add."""


def names() -> list[str]:
    """Names of all experiments, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(experiments.__path__))


def registry() -> dict[str, Experiment[Any]]:
    """All experiments by name, in alphabetical order.

    Raises
    ------
    ExperimentError
        If a module lacks something.
    """
    return {name: load(name) for name in names()}


def load(name: str) -> Experiment[Any]:
    """One experiment.

    Raises
    ------
    ValueError
        If there is no experiment of that name; the message lists those that there are.
    ExperimentError
        If its module lacks something; the message says what to add, all of it.
    """
    if name not in names():
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(names())}")
    module = importlib.import_module(f"{experiments.__name__}.{name}")
    problems = list(_problems(name, module))
    if problems:
        raise ExperimentError(
            f"{module.__name__} ({module.__file__}) is not an experiment yet:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    optional = {
        attribute: getattr(module, name)
        for name, attribute in OPTIONAL.items()
        if name in vars(module)
    }
    return Experiment(
        name,
        (module.__doc__ or "").strip().partition("\n")[0],
        *(getattr(module, name) for name in REQUIRED),
        **optional,
    )


def _problems(name: str, module: ModuleType) -> Iterator[str]:
    """What keeps a module from being an experiment."""
    if name in RESERVED or not name.isidentifier():
        yield f"its name {name!r} means something else in a configuration: rename the file"
    if not module.__doc__:
        yield "it has no docstring: add one, whose first line says what is simulated"
    for required, what in REQUIRED.items():
        if not hasattr(module, required):
            yield f"it lacks {required}: add {what}"
    parameters = getattr(module, "Parameters", None)
    if parameters is not None:
        yield from _unchecked(parameters)
    for function in ("simulate", "measure", "closeup", "series", "resources", "undefined"):
        if not callable(getattr(module, function, len)):
            yield f"{function} is no function"
    yield from _inputs_not_taken(module)
    for key in getattr(module, "NOT_SIMULATED", ()):
        if not hasattr(parameters, key):
            yield f"NOT_SIMULATED names {key}, which Parameters does not have"


def _unchecked(parameters: Any) -> Iterator[str]:
    """What of a class of parameters a configuration could not be checked against."""
    if not isinstance(parameters, type) or not is_pydantic_dataclass(parameters):
        kind = "a data class without checks" if is_dataclass(parameters) else "no data class"
        yield (
            f"Parameters is {kind}: make it one that is checked, with `@dataclass(frozen=True, "
            "config=STRICT)` of pydantic.dataclasses and snnlearn.settings.types"
        )
        return
    config: Any = parameters.__pydantic_config__
    if any(config.get(key) != value for key, value in STRICT.items()):
        yield "Parameters lets pass what it does not know: give its decorator config=STRICT"
    else:
        try:
            documented(parameters)
        except ValueError as error:
            yield str(error)
    if not parameters.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        yield "Parameters can be changed: give its decorator frozen=True"
    required = [
        parameter.name
        for parameter in inspect.signature(parameters).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    if required:
        yield f"Parameters has no default for {', '.join(required)}: every key has one"


def _inputs_not_taken(module: ModuleType) -> Iterator[str]:
    """Inputs that a module names and its functions do not take, and the other way round."""
    inputs = set(getattr(module, "INPUTS", ()))
    for name in ("simulate", "closeup"):
        function = getattr(module, name, None)
        if function is None or not callable(function):
            continue
        parameters = list(inspect.signature(function).parameters.values())[2:]
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            continue
        taken = {parameter.name for parameter in parameters}
        if missing := sorted(inputs - taken):
            yield f"{name} does not take {', '.join(missing)}, which INPUTS names"
        if unnamed := sorted(
            parameter.name
            for parameter in parameters
            if parameter.name not in inputs and parameter.default is parameter.empty
        ):
            yield f"{name} takes {', '.join(unnamed)}: name it in INPUTS"


def closeup_seeds(seeds: Sequence[int], example: int) -> list[int]:
    """Choose the seeds that are recorded in detail: the example, then the smallest others.

    Parameters
    ----------
    seeds : sequence of int
        All seeds of an experiment.
    example : int
        The one that figures draw alone.

    Returns
    -------
    list of int
        At most :data:`CLOSEUP_SEEDS`.
    """
    others = [seed for seed in sorted(seeds) if seed != example]
    return [example, *others][:CLOSEUP_SEEDS]
