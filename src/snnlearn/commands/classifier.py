"""Train, evaluate and use the spiking classifier from the command line, without the workflow."""

import argparse
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import pandas as pd
import rich.progress
from pydantic import Field, ValidationError
from rich.console import Console

from snnlearn.commands.arguments import count, of_kind, positive, seed
from snnlearn.data import datasets
from snnlearn.data.datasets import ArrayName
from snnlearn.data.errors import DatasetError
from snnlearn.data.files import write_text
from snnlearn.data.given import as_given
from snnlearn.data.hashing import sha256_of_array
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.experiments.mnist import Parameters
from snnlearn.jobs import cores
from snnlearn.mnist import parameter_files
from snnlearn.mnist.evaluation import evaluator
from snnlearn.mnist.neurons import Neurons
from snnlearn.mnist.parameter_files import ParameterFileError
from snnlearn.mnist.parameter_source import train_to_file
from snnlearn.mnist.settings import ENGINES, ParameterSource, Recipe, Training
from snnlearn.settings.types import Count

logger = logging.getLogger(__name__)

DEFAULTS = Parameters()

#: Of what they say a message is enough.
ERRORS = (DatasetError, ParameterFileError, UnsupportedNetworkError, OSError)

#: The longest presentation, in steps: of 10,000 images, that is 4 GB of read-outs.
MOST_STEPS = 10_000


def evaluate(
    params: Path,
    data: Path,
    *,
    limit: int | None = None,
    steps: int = DEFAULTS.n_steps,
    engine: Any = DEFAULTS.engine,
    seed: int = 0,
    minibatch_size: int = DEFAULTS.minibatch_size,
    threads: int | None = None,
) -> dict[str, Any]:
    """Show test images to the classifier with the parameters of a file.

    Parameters
    ----------
    params : pathlib.Path
        Trained parameters in NengoDL's layout; the provenance beside them may say with which height
        of spikes.
    data : pathlib.Path
        Images in the layout of Keras's ``mnist.npz``, of which the test images are enough.
    limit : int, optional
        Use only the first so many test images.
    steps : int
        Presentation time in steps of 1 ms.
    engine : str
        ``compiled`` or ``nengo-dl``.
    seed : int
        Seed of the network, which fixes the initial membrane voltages.
    minibatch_size : int
        Images that NengoDL simulates at once.
    threads : int, optional
        How many work side by side (default: as many as there are cores).

    Returns
    -------
    dict
        ``accuracy`` at the last step, ``accuracy_per_step``, ``images`` (their number), ``seconds``
        (of simulating, without start-up) and ``engine``.
    """
    trained = parameter_files.read(params)
    images = datasets.read_arrays(data, ("x_test", "y_test"))
    datasets.tell_orientation(images, str(data))
    _tell_other_images(params, images)
    x, y = images["x_test"][:limit], images["y_test"][:limit]
    neurons = parameter_files.neurons_of(params)
    readouts, seconds = _show(x, trained, neurons, steps, engine, seed, minibatch_size, threads)
    right = readouts.argmax(axis=2) == y[:, np.newaxis]
    per_step = [float(accuracy) for accuracy in right.mean(axis=0)]
    return {
        "accuracy": per_step[-1],
        "accuracy_per_step": per_step,
        "images": len(y),
        "seconds": seconds,
        "engine": engine,
    }


def predict(
    params: Path,
    data: Path,
    *,
    limit: int | None = None,
    steps: int = DEFAULTS.n_steps,
    engine: Any = DEFAULTS.engine,
    seed: int = 0,
    minibatch_size: int = DEFAULTS.minibatch_size,
    threads: int | None = None,
) -> pd.DataFrame:
    """Say which digits images show, with the parameters of a file.

    Parameters
    ----------
    params : pathlib.Path
        Trained parameters in NengoDL's layout.
    data : pathlib.Path
        An archive with ``x_test``, or with one array alone; classes are not needed.
    limit : int, optional
        As for :func:`evaluate`, like the rest.
    steps : int
        As above.
    engine : str
        As above.
    seed : int
        As above.
    minibatch_size : int
        As above.
    threads : int, optional
        As above.

    Returns
    -------
    pandas.DataFrame
        One row an image: ``image`` (from 0), ``class`` (with the largest filtered read-out at the
        last step) and ``score`` (that read-out; without a unit, and no probability).
    """
    trained = parameter_files.read(params)
    x = datasets.read_arrays(data, ("x_test",))["x_test"][:limit]
    neurons = parameter_files.neurons_of(params)
    last = _show(x, trained, neurons, steps, engine, seed, minibatch_size, threads)[0][:, -1]
    table = {"image": range(len(x)), "class": last.argmax(axis=1), "score": last.max(axis=1)}
    return pd.DataFrame(table)


def _show(
    x: np.ndarray,
    trained: list[np.ndarray],
    neurons: Neurons,
    steps: int,
    engine: Any,
    seed: int,
    minibatch_size: int,
    threads: int | None,
) -> tuple[np.ndarray, float]:
    """Read-out of each image at each step, and how many seconds that took without start-up."""
    with (
        evaluator(
            seed=seed,
            minibatch_size=minibatch_size,
            engine=engine,
            threads=threads,
            neurons=neurons,
        ) as network,
        rich.progress.Progress(console=Console(stderr=True), transient=True) as shown,
    ):
        network.load(trained)
        task = shown.add_task("images", total=len(x), visible=sys.stderr.isatty())
        started = perf_counter()
        readouts = network.readouts(x, steps, lambda done: shown.update(task, completed=done))
        return readouts, perf_counter() - started


def _tell_other_images(params: Path, images: Mapping[ArrayName, np.ndarray]) -> None:
    """Say so if parameters are known to be trained beside other test images."""
    known = parameter_files.known_provenance(params)
    hashes = {name: sha256_of_array(array) for name, array in images.items()}
    others = known.trained_on_others(hashes) if known else ""
    if others:
        logger.warning("%s was trained on %s; these are not all of its test images", params, others)


def train(
    params: Path,
    data: Path,
    *,
    training: Training,
    seed: int = 0,
    engine: Any = DEFAULTS.engine,
    threads: int | None = None,
) -> None:
    """Train the classifier and write its parameters, with their provenance beside them.

    Parameters
    ----------
    params : pathlib.Path
        The file to write.
    data : pathlib.Path
        Images in the layout of Keras's ``mnist.npz``.
    training : Training
        Epochs, learning rate, minibatch and number of images.
    seed : int
        Seed of the network and of the order of the images.
    engine : str
        ``compiled`` or ``nengo-dl``.
    threads : int, optional
        How many work side by side (default: as many as there are cores); with ``nengo-dl``, the
        last bits of the parameters depend on it.
    """
    threads = threads or cores.available()
    images, origin = as_given(data)
    recipe = Recipe.of(ParameterSource(mode="train", training=training), engine, threads)
    params.parent.mkdir(parents=True, exist_ok=True)
    train_to_file(recipe, seed, images, origin, params, threads=threads)


_steps = of_kind(Annotated[Count, Field(le=MOST_STEPS)], f"a whole number from 1 to {MOST_STEPS}")


def _add_common(parser: argparse.ArgumentParser, *images: str) -> None:
    """What all take; images are given under some names."""
    parser.add_argument(
        "--params",
        type=Path,
        required=True,
        metavar="FILE.npz",
        help="parameters, NengoDL's layout",
    )
    parser.add_argument(
        *images,
        dest="data",
        type=Path,
        required=True,
        metavar="FILE.npz",
        help="images, layout of mnist.npz",
    )
    parser.add_argument("--seed", type=seed, default=0, help="of the network (default: 0)")
    parser.add_argument("--threads", type=count, help="that work side by side (default: all cores)")
    parser.add_argument(
        "--minibatch-size",
        type=count,
        default=DEFAULTS.minibatch_size,
        help="of training, and of the engine nengo-dl (default: 200)",
    )
    parser.add_argument("--engine", choices=ENGINES, default=DEFAULTS.engine)


def _add_showing(parser: argparse.ArgumentParser) -> None:
    """What all take that show images."""
    _add_common(parser, "--data", "--images")
    parser.add_argument("--limit", type=count, metavar="N", help="first N test images only")
    parser.add_argument(
        "--steps", type=_steps, default=DEFAULTS.n_steps, help="of 1 ms (default: 30)"
    )


def add_predicting(parser: argparse.ArgumentParser) -> None:
    """What predicting takes."""
    _add_showing(parser)
    written = parser.add_mutually_exclusive_group()
    written.add_argument("--csv", metavar="FILE", help="write a table there; - prints it (default)")
    written.add_argument("--json", metavar="FILE", help="the same as a list of JSON objects")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m snnlearn.mnist", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    evaluating = commands.add_parser("evaluate", help="measure the accuracy")
    _add_showing(evaluating)
    evaluating.add_argument("--json", metavar="FILE", help="write the result there; - prints it")
    predicting = commands.add_parser(
        "predict", help="class and score of each image, without known classes"
    )
    add_predicting(predicting)
    training = commands.add_parser("train", help="train and write parameters")
    _add_common(training, "--data")
    training.add_argument("--epochs", type=count, default=Training().epochs)
    training.add_argument("--learning-rate", type=positive, default=Training().learning_rate)
    training.add_argument("--images", type=count, help="first so many training images only")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    if arguments.command == "train":
        train(
            arguments.params,
            arguments.data,
            training=Training(
                arguments.epochs,
                arguments.learning_rate,
                arguments.images,
                arguments.minibatch_size,
            ),
            seed=arguments.seed,
            engine=arguments.engine,
            threads=arguments.threads,
        )
        return
    if arguments.command == "predict":
        run_predicting(arguments)
        return
    result = evaluate(**_options(arguments))
    if arguments.json:
        _put(arguments.json, json.dumps(result) + "\n")
    else:
        print(
            f"accuracy {result['accuracy']:.4f} on {result['images']} images after "
            f"{arguments.steps} ms, {result['seconds']:.1f} s with engine {result['engine']}"
        )


def run_predicting(arguments: argparse.Namespace) -> None:
    """Predict, and print or write the answers."""
    table = predict(**_options(arguments))
    if arguments.json:
        _put(arguments.json, table.to_json(orient="records") + "\n")
    else:
        _put(arguments.csv or "-", table.to_csv(index=False))


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    return {k: v for k, v in vars(arguments).items() if k not in ("command", "json", "csv")}


def _put(where: str, text: str) -> None:
    """Print a text, or write it into a file."""
    if where == "-":
        sys.stdout.write(text)
    else:
        write_text(Path(where), text)


def main() -> None:
    """Run the command line; errors in the input end it with a message and status 2."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = _parser()
    arguments = parser.parse_args()
    try:
        _run(arguments)
    except ValidationError as error:
        parser.exit(2, "".join(f"{details['msg']}\n" for details in error.errors()))
    except ERRORS as error:
        parser.exit(2, f"{error}\n")
