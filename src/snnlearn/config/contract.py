"""Whether figures, claims and slips match their experiment; what earlier keys are called now."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from snnlearn.config.files import Key
from snnlearn.config.model import VarianceSettings
from snnlearn.config.studies import known_keys
from snnlearn.experiments import Experiment
from snnlearn.figures import GIVEN, GIVEN_OF_STUDY, described
from snnlearn.published import claims, switches
from snnlearn.registry import ExperimentError


def check_contract(experiments: Sequence[Experiment[Any]], studies: Iterable[str] = ()) -> None:
    """Check that figures, claims and slips ask for nothing that there is not for them.

    Parameters
    ----------
    experiments : sequence of Experiment
        The experiments whose figures, claims and slips are checked.
    studies : iterable of str
        The listed studies whose figures are checked.

    Raises
    ------
    ExperimentError
        Naming the module, the figure, and what to add.
    """
    given = {experiment.name: {*GIVEN, *experiment.inputs} for experiment in experiments}
    for experiment in experiments:
        if experiment.closeup is None:
            given[experiment.name] -= {"closeup"}
        if "dataset" not in experiment.inputs:
            given[experiment.name] -= {"classes"}
    given |= {study: set(GIVEN_OF_STUDY) for study in studies}
    problems = [*_published(experiments)]
    for name, there_is in given.items():
        try:
            drawn_from = described(name).drawn_from
        except ValueError as problem:
            problems.append(str(problem))
            continue
        for figure, asked_for in drawn_from.items():
            if unknown := [one for one in asked_for if one not in there_is]:
                problems.append(
                    f"snnlearn.figures.{name}: {figure} asks for {', '.join(unknown)}, "
                    f"which {name} does not have: there are {', '.join(sorted(there_is))}"
                    + ("; add closeup to the experiment" if "closeup" in unknown else "")
                )
    if problems:
        raise ExperimentError("\n".join(problems))


def _published(experiments: Iterable[Experiment[Any]]) -> Iterator[str]:
    """What claims and slips of some experiments do not fit."""
    for experiment in experiments:
        module = f"snnlearn.published.{experiment.name}"
        counts = Counter(claim.name for claim in claims(experiment.name))
        for name in (name for name, count in counts.items() if count > 1):
            yield f"{module}: {counts[name]} claims are named {name}: verdicts are compared by it"
        for slip in switches(experiment.name):
            if not hasattr(experiment.Parameters(), slip.switch):
                yield (
                    f"{module}: the slip {slip.switch} is no parameter of {experiment.name}: add "
                    "it to its Parameters, with the corrected value as default"
                )


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
