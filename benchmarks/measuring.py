"""What a measurement is, and what all of them begin with."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from snnlearn.data import datasets, obtaining
from snnlearn.jobs import cores

#: Test images and steps of the chapter's evaluation, and images of one of its minibatches.
N_STEPS = 30
MINIBATCH_SIZE = 200

#: The tasks that others do too, each on some number of threads.
EVALUATION, TRAINING = f"evaluate an image for {N_STEPS} steps", "train on 10,000 images"

#: The ways that a task can be done.
PAGE, PIPELINE, FLOOR = "chapter's way", "this pipeline", "convolutions alone"
FLOOR_TENSORFLOW, FLOOR_PYTORCH = (f"{FLOOR} ({by})" for by in ("TensorFlow", "PyTorch"))
SNNTORCH, SPIKINGJELLY = "snnTorch", "SpikingJelly"
PLAIN_PYTORCH = "plain PyTorch"
PEERS, FLOORS = (SNNTORCH, SPIKINGJELLY), (FLOOR_TENSORFLOW, FLOOR_PYTORCH)


@dataclass(frozen=True)
class Measurement:
    """Repeated measurements of one task done in one way.

    Attributes
    ----------
    task : str
        What is done.
    way : str
        How.
    unit : str
        Unit of the values.
    values : list of float
        One a repetition.
    answers : str
        The classes of the first test images at the last step, a digit each; empty where the way
        gives none.
    """

    task: str
    way: str
    unit: str
    values: list[float]
    answers: str = ""


def on_threads(task: str, threads: int) -> str:
    """What a task on some number of threads is called."""
    return f"{task}, {threads} thread{'s' if threads > 1 else ''}"


def seconds(work: Callable[[], Any], repetitions: int, warm_up: bool = True) -> list[float]:
    """Wall-clock seconds of some work, by default once it has been done without being timed."""
    if warm_up:
        work()
    values = []
    for _ in range(repetitions):
        started = perf_counter()
        work()
        values.append(perf_counter() - started)
    return values


def images() -> tuple[datasets.Images, str]:
    """MNIST where it is at hand, else the digits that stand in; and which it is."""
    at_hand = obtaining.DataSettings(urls=())  # a benchmark downloads nothing
    found, origin = obtaining.obtain(
        at_hand, Path("resources/downloads"), on_unavailable="stand-in"
    )
    return found, origin.label


def arguments(
    description: str | None, subcommands: Mapping[str, str] | None = None, *, parts: bool = False
) -> argparse.Namespace:
    """Read what a module is called with.

    Parameters
    ----------
    description : str, optional
        The module's docstring.
    subcommands : mapping of str to str, optional
        What it measures, one at a time, by the names to ask for it.
    parts : bool
        Whether it can do a part of its work.

    Returns
    -------
    argparse.Namespace
        ``quick`` and ``threads``; with subcommands, ``subcommand``; with parts, ``part``, of
        which there are ``parts``.
    """
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--quick", action="store_true", help="fewer repetitions, less work in each")
    common.add_argument("--threads", type=int, default=cores.available(), help="(default: all)")
    if parts:
        common.add_argument("--part", default="0/1", help="k/n: the k-th of n parts, from 0")
    if subcommands is None:
        given = argparse.ArgumentParser(description=description, parents=[common]).parse_args()
    else:
        parser = argparse.ArgumentParser(description=description)
        choices = parser.add_subparsers(dest="subcommand", required=True)
        for name, meaning in subcommands.items():
            choices.add_parser(name, help=meaning, description=meaning, parents=[common])
        given = parser.parse_args()
    if parts:
        given.part, given.parts = map(int, given.part.split("/"))
    return given


def report(measurements: list[Measurement], **others: Any) -> None:
    """Print measurements, and whatever else was found, as the last line of the output."""
    found = {"measurements": [asdict(measurement) for measurement in measurements]} | others
    print(json.dumps(found), file=sys.stdout, flush=True)
