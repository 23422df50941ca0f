"""Whether figures match their experiment, and what keys of earlier layouts are called now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from snnlearn.config.errors import Key
from snnlearn.config.model import VarianceSettings
from snnlearn.config.studies import known_keys
from snnlearn.experiments import Experiment
from snnlearn.figures import GIVEN, described
from snnlearn.registry import ExperimentError


def check_figures(experiments: Iterable[Experiment[Any]]) -> None:
    """Check that figures ask for nothing that their experiment does not have.

    Raises
    ------
    ExperimentError
        Naming the module, the figure, and what to add.
    """
    problems = []
    for experiment in experiments:
        given = {*GIVEN, *experiment.inputs} - (
            {"closeup"} if experiment.closeup is None else set()
        )
        for figure, names in described(experiment.name).drawn_from.items():
            if unknown := [name for name in names if name not in given]:
                problems.append(
                    f"snnlearn.figures.{experiment.name}: {figure} asks for {', '.join(unknown)}, "
                    f"which {experiment.name} does not have: there are {', '.join(sorted(given))}"
                    + ("; add closeup to the experiment" if "closeup" in unknown else "")
                )
    if problems:
        raise ExperimentError("\n".join(problems))


def moved_keys(
    raw: Mapping[str, Any], experiments: Mapping[str, Experiment[Any]]
) -> Iterator[tuple[Key, str]]:
    """The keys of a configuration that have other names now, and what these are.

    Blocks of variance once had keys of their own for what they set.
    """
    variance = raw.get("variance")
    for name, block in variance.items() if isinstance(variance, Mapping) else ():
        if name not in experiments or not isinstance(block, Mapping):
            continue
        for key in block.keys() - {field.name for field in fields(VarianceSettings)}:
            endings = (f".{key}", f".{key.replace('_', '.')}")
            now = [k for k in known_keys(experiments[name].Parameters) if f".{k}".endswith(endings)]
            if now:
                yield ("variance", name, key), f"is now variance.{name}.set: {{{now[0]}: …}}"
