"""Whether figures match their experiment, and what keys of earlier layouts are called now."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snnlearn.config.errors import Key
from snnlearn.experiments import Experiment
from snnlearn.figures import GIVEN, described
from snnlearn.registry import ExperimentError

#: Keys that there were once, and what to write instead.
MOVED = {
    ("variance", "mnist", "epochs"): "is now variance.mnist.set: {parameters.training.epochs: …}",
    ("variance", "mnist", "training_images"): "is now variance.mnist.set: "
    "{parameters.training.images: …}",
    ("variance", "mnist", "test_images"): "is now variance.mnist.set: {test_images: …}",
}


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


def moved_keys(raw: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The keys of a configuration that have other names now, and what these are."""
    for key, remedy in MOVED.items():
        block: Any = raw
        for part in key:
            block = block.get(part) if isinstance(block, Mapping) else None
        if block is not None:
            yield key, remedy
