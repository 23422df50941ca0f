"""Say what an experiment asks, takes, measures and draws."""

import argparse
import inspect
import json
import re
import sys
from typing import Any

from snnlearn.commands.list import summaries
from snnlearn.commands.tables import wrapped
from snnlearn.experiments import Experiment
from snnlearn.figures import described
from snnlearn.registry import ExperimentError, load
from snnlearn.settings.documentation import keys_of

ERRORS = (ExperimentError,)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which experiment."""
    parser.add_argument("name", metavar="NAME", choices=summaries(), help="of the experiment")


def run(arguments: argparse.Namespace) -> None:
    """Print what is known of an experiment without running it."""
    experiment = load(arguments.name)
    figures = described(experiment.name)
    docstring = inspect.getdoc(sys.modules[experiment.Parameters.__module__]) or ""
    print(f"{experiment.name}: {wrapped(without_sections(docstring))}")
    print(f"\nParameters (snnlearn run {experiment.name} --set KEY=VALUE):\n")
    for key in keys_of(experiment.Parameters()):
        if not key.is_block:
            default = json.dumps(key.default, ensure_ascii=False)
            print(f"  {'.'.join(key.path)} ({key.kind}; default {default})")
            print(wrapped(key.meaning, "      "))
    print(f"\nSeeds in the pipeline: {_seeds(experiment)}.")
    if experiment.inputs:
        print(f"Inputs: {', '.join(experiment.inputs)}.")
    print("\nMetrics:\n\n" + wrapped(metrics_of(experiment), "  "))
    print("\nFigures:" if figures.captions else "\nFigures: none.")
    for name, caption in figures.captions.items():
        print(f"\n  {name}\n" + wrapped(caption, "      "))


def without_sections(docstring: str) -> str:
    """A docstring up to its first section."""
    return re.split(r"^.+\n-{3,}$", docstring, maxsplit=1, flags=re.MULTILINE)[0].strip()


def metrics_of(experiment: Experiment[Any]) -> str:
    """What the docstring of ``measure`` says that it returns."""
    docstring = inspect.getdoc(experiment.measure) or ""
    returned = docstring.partition("Returns\n-------\n")[2]
    said = re.split(r"^.+\n-{3,}$", returned, maxsplit=1, flags=re.MULTILINE)[0]
    return said.partition("\n")[2] or without_sections(docstring)


def _seeds(experiment: Experiment[Any]) -> str:
    n = len(experiment.seeds or experiment.default_seeds)
    return f"on request, {n}" if experiment.on_request else str(n)
