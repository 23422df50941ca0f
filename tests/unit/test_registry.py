import sys
from itertools import count

import pytest

from snnlearn import experiments, registry
from snnlearn.config.contract import check_contract
from snnlearn.experiments import Experiment, Resources
from snnlearn.figures import Described
from snnlearn.published import Claim, Slip
from snnlearn.registry import ExperimentError

DOCSTRING = '"""Noise.\n\nNothing else.\n"""\n'

IMPORTS = """
import pandas as pd
from pydantic.dataclasses import dataclass
from snnlearn.experiments import Metric
from snnlearn.settings.types import STRICT, Count
"""

PARAMETERS = '''
@dataclass(frozen=True, config=STRICT)
class Parameters:
    """Parameters."""

    steps: Count = 3
    """Steps."""
'''

FUNCTIONS = """
def simulate(parameters, seeds):
    for seed in seeds:
        yield pd.DataFrame({"time": [0.1] * parameters.steps, "x": float(seed)})

def measure(traces, parameters):
    return {"mean": Metric(traces["x"].mean(), "1")}
"""

#: A module of an experiment in which nothing is missing, and nothing more is.
MINIMAL = DOCSTRING + IMPORTS + PARAMETERS + FUNCTIONS

#: A name for each module: Python keeps those that it has read.
NUMBERS = count()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Put a module beside those of the experiments; its name is given back."""
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(tmp_path)])

    def put(text: str, name: str | None = None) -> str:
        name = f"noise_{next(NUMBERS)}" if name is None else name
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield put
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"{experiments.__name__}.{file.stem}", None)
        vars(experiments).pop(file.stem, None)


@pytest.fixture
def refused(module):
    """What is said about a module, a line each, without its name."""

    def refused(text: str, name: str | None = None) -> list[str]:
        name = module(text, name)
        with pytest.raises(ExperimentError) as error:
            registry.load(name)
        head, *problems = str(error.value).splitlines()
        file = f"{experiments.__path__[-1]}/{name}.py"
        assert head == f"snnlearn.experiments.{name} ({file}) is not an experiment yet:"
        return [problem.removeprefix("  - ") for problem in problems]

    return refused


def test_a_minimal_module_is_an_experiment_with_defaults(module):
    name = module(MINIMAL)
    found = registry.load(name)
    there = sys.modules[f"snnlearn.experiments.{name}"]
    assert found == Experiment(
        name, "Noise.", there.Parameters, there.simulate, there.measure, seeds_per_job=50
    )
    assert found.seeds is None
    assert found.closeup is None
    assert found.variance is None
    assert (found.inputs, dict(found.random_sources)) == ((), {})
    assert found.resources(found.Parameters()) == Resources()
    assert found.series(None).empty
    (traces,) = found.simulate(found.Parameters(), [4])
    assert found.measure(traces, found.Parameters())["mean"].value == 4


def test_it_is_listed_among_the_others(module):
    before = registry.names()
    assert {"channel", "conditioning", "mnist", "tuning_curve"} <= set(before)
    name = module(MINIMAL)
    assert registry.names() == sorted([*before, name])
    assert list(registry.registry()) == registry.names()


def test_what_a_module_has_beside_becomes_the_experiments(module):
    more = """
SEEDS = (3, 4)
SEEDS_PER_JOB = 7
INPUTS = ("images",)
RANDOM_SOURCES = {"noise": ("noise",)}

def simulate(parameters, seeds, *, images):
    return iter(())

def closeup(parameters, seeds, images):
    return pd.DataFrame()
"""
    found = registry.load(module(MINIMAL + more))
    assert (found.seeds, found.seeds_per_job, found.inputs) == ((3, 4), 7, ("images",))
    assert found.random_sources == {"noise": ("noise",)}
    assert found.closeup(None, [], images=None).empty


def test_what_is_missing_is_said_all_at_once(refused):
    assert refused("x = 1\n") == [
        "it has no docstring: add one, whose first line says what is simulated",
        "it lacks Parameters: add a frozen data class of its parameters, as in "
        "`@dataclass(frozen=True, config=STRICT)` of pydantic.dataclasses",
        "it lacks simulate: add a function (parameters, seeds) that yields the traces of each seed",
        "it lacks measure: add a function (traces, parameters) that returns the metrics of one "
        "seed",
    ]


CHECKED = (
    "make it one that is checked, with `@dataclass(frozen=True, config=STRICT)` of "
    "pydantic.dataclasses and snnlearn.settings.types"
)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            '"""Steps."""',
            "",
            "Parameters does not document ['steps']: describe each in a string below it",
        ),
        (
            "from pydantic.dataclasses import dataclass",
            "import dataclasses\n"
            "def dataclass(frozen, config): return dataclasses.dataclass(frozen=frozen)",
            f"Parameters is a data class without checks: {CHECKED}",
        ),
        (
            "@dataclass(frozen=True, config=STRICT)",
            "",
            f"Parameters is no data class: {CHECKED}",
        ),
        (
            "frozen=True, ",
            "",
            "Parameters can be changed: give its decorator frozen=True",
        ),
        (
            ", config=STRICT",
            "",
            "Parameters lets pass what it does not know: give its decorator config=STRICT",
        ),
        (
            "config=STRICT",
            "config={**STRICT, 'extra': 'allow'}",
            "Parameters lets pass what it does not know: give its decorator config=STRICT",
        ),
        (
            "Count = 3",
            'Count\n    """So many."""\n\n    size: Count',
            "Parameters has no default for steps, size: every key has one",
        ),
    ],
)
def test_parameters_that_a_configuration_could_not_be_checked_against(
    refused, before, after, problem
):
    assert before in MINIMAL
    assert refused(MINIMAL.replace(before, after)) == [problem]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "INPUTS = ('images', 'labels')",
            "simulate does not take images, labels, which INPUTS names",
        ),
        (
            "def simulate(parameters, seeds, images): ...",
            "simulate takes images: name it in INPUTS",
        ),
        (
            "def closeup(parameters, seeds, *, images): ...",
            "closeup takes images: name it in INPUTS",
        ),
        ("simulate = 3", "simulate is no function"),
        ("closeup = 'x'", "closeup is no function"),
        ("resources = 1", "resources is no function"),
        ("undefined = 1", "undefined is no function"),
        (
            "NOT_SIMULATED = ('steps', 'shown')",
            "NOT_SIMULATED names shown, which Parameters does not have",
        ),
    ],
)
def test_functions_that_a_run_could_not_call(refused, more, problem):
    assert refused(f"{MINIMAL}\n{more}\n") == [problem]


@pytest.mark.parametrize(
    "more",
    [
        "INPUTS = ('images',)\ndef simulate(parameters, seeds, **inputs): ...",
        "def simulate(parameters, seeds, report=print): ...",
    ],
)
def test_functions_that_take_more_than_they_must(module, more):
    assert registry.load(module(f"{MINIMAL}\n{more}\n")).summary == "Noise."


def test_parameters_and_inputs_are_refused_in_one_message(refused):
    text = MINIMAL.replace(DOCSTRING, "").replace("frozen=True, ", "") + "\nINPUTS = ('images',)"
    assert refused(text) == [
        "it has no docstring: add one, whose first line says what is simulated",
        "Parameters can be changed: give its decorator frozen=True",
        "simulate does not take images, which INPUTS names",
    ]


@pytest.mark.parametrize("name", ["seeds", "studies", "logs", "partial", "two-words"])
def test_names_that_mean_something_else_are_refused(refused, name):
    assert refused(MINIMAL, name) == [
        f"its name {name!r} means something else in a configuration: rename the file"
    ]


def test_an_unknown_experiment_is_told_which_there_are():
    with pytest.raises(ValueError, match="no experiment 'chanel'; there are channel, conditioning"):
        registry.load("chanel")


# Figures


def figures_that_ask(monkeypatch, **drawn_from: tuple[str, ...]) -> None:
    monkeypatch.setattr(
        "snnlearn.config.contract.described", lambda name: Described("", {}, drawn_from)
    )


def test_figures_ask_for_what_there_is(module, monkeypatch):
    found = registry.load(module(MINIMAL + "\ndef closeup(parameters, seeds): ...\n"))
    figures_that_ask(monkeypatch, lines=("runs", "settings", "parameters", "closeup"))
    check_contract([found])
    figures_that_ask(monkeypatch, lines=("runs", "settings"), images=("dataset",))
    check_contract([registry.load("mnist")])


def test_figures_that_ask_for_something_unknown_are_refused_all_at_once(module, monkeypatch):
    name = module(MINIMAL)
    figures_that_ask(monkeypatch, lines=("run", "settings", "x"), close=("closeup",))
    with pytest.raises(ExperimentError) as error:
        check_contract([registry.load(name)])
    there = f"which {name} does not have: there are parameters, runs, settings"
    assert str(error.value).splitlines() == [
        f"snnlearn.figures.{name}: lines asks for run, x, {there}",
        f"snnlearn.figures.{name}: close asks for closeup, {there}; add closeup to the experiment",
    ]


# Claims and slips


def test_claims_and_slips_that_do_not_fit_are_refused_all_at_once(module, monkeypatch):
    name = module(MINIMAL)
    claim = Claim("twice", "it is", "A. Uthor", "m", low=0)
    monkeypatch.setattr("snnlearn.config.contract.claims", lambda _: (claim, claim))
    monkeypatch.setattr(
        "snnlearn.config.contract.switches", lambda _: (Slip("typo", 1, "x", ("m",)),)
    )
    with pytest.raises(ExperimentError) as error:
        check_contract([registry.load(name)])
    where = f"snnlearn.published.{name}"
    assert str(error.value).splitlines() == [
        f"{where}: 2 claims are named twice: verdicts are compared by it",
        f"{where}: the slip typo is no parameter of {name}: add it to its Parameters, with the "
        "corrected value as default",
    ]
