"""Take a quick look at an experiment: simulate, measure, draw.

The runs are those of the workflow with the same seeds and parameters. Nothing is kept but what
--output and --plot name.
"""

import argparse
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.commands import arguments as kinds
from snnlearn.commands.drawing import DrawingError, draw, require_drawable
from snnlearn.commands.given import parameters_of
from snnlearn.commands.inputs import InputError, provided
from snnlearn.commands.list import summaries
from snnlearn.commands.tables import aligned
from snnlearn.config.errors import ConfigError
from snnlearn.data.downloading import DownloadError
from snnlearn.data.errors import DatasetError
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.experiments import Experiment
from snnlearn.mnist.parameter_files import ParameterFileError
from snnlearn.registry import ExperimentError, load
from snnlearn.results import TableError, write_table
from snnlearn.simulation import measure, simulate
from snnlearn.statistics import FEWEST, mean_interval
from snnlearn.verdict.markdown import estimate, number, unit

logger = logging.getLogger(__name__)


class OutputError(ValueError):
    """A place where nothing can be written."""


ERRORS = (
    *(ConfigError, DatasetError, DownloadError, DrawingError, ExperimentError, InputError),
    *(OutputError, ParameterFileError, TableError, UnsupportedNetworkError, OSError),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which experiment, with which seeds and parameters, and what becomes of it."""
    parser.add_argument("name", metavar="NAME", choices=summaries(), help="of the experiment")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=kinds.seed, metavar="N", help="this one seed (default: 0)")
    seeds.add_argument("--seeds", type=kinds.count, metavar="N", help="the seeds 0 to N - 1")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value of a parameter, as YAML; may be given several times",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the figures: a .pdf has a page for each, of .png and .svg each has a file",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE.csv", help="write the metrics of each seed there"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="FILE",
        help="images for the classifier, layout of mnist.npz (default: MNIST, where the "
        "configuration looks for it)",
    )
    parser.add_argument(
        "--params",
        metavar="FILE.npz",
        help="trained parameters for the classifier; with {seed} in the name, one for each seed "
        "(default: those that come with the pipeline)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Simulate, measure, print, and write what is asked for."""
    experiment = load(arguments.name)
    parameters = parameters_of(experiment, arguments.set)
    _require_places(experiment, arguments.plot, arguments.output)
    seeds = range(arguments.seeds) if arguments.seeds else [arguments.seed or 0]
    for told in experiment.undefined(parameters):
        logger.info("%s", told)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        inputs = provided(
            experiment, parameters, seeds, folder, images=arguments.images, params=arguments.params
        )
        runs = simulate(experiment, parameters, {seed: seed for seed in seeds}, **inputs)
        if arguments.plot:
            kept = list(runs)
            table = measure(experiment, parameters, kept)
            drawn = draw(experiment, parameters, kept, inputs, folder, arguments.plot)
        else:
            table, drawn = measure(experiment, parameters, runs), []
    print(summary(table))
    if arguments.output:
        write_table(table, arguments.output)
    for file in [*drawn, *([arguments.output] if arguments.output else [])]:
        logger.info("wrote %s", file)


def summary(table: pd.DataFrame) -> str:
    """The metrics of some runs: a row each, with the value, or the mean of several seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`snnlearn.simulation.measure`.

    Returns
    -------
    str
        With 95 % intervals of the mean where there are enough seeds.
    """
    n = table["seed"].nunique()
    one = f"seed {table['seed'].iloc[0]}"
    variants = ", ".join(name for name in table["variant"].unique() if name != "default")
    of = table["experiment"].iloc[0] + (f" ({variants})" if variants else "")
    several = f"mean of {n} seeds" + (" [95 % interval]" if n >= FEWEST else "")
    rows = [["metric", one if n == 1 else several, "unit"]]
    for name, metric in table.groupby("metric", sort=False):
        values = metric["value"].dropna().to_numpy()
        mean = values.mean() if len(values) else math.nan
        shown = estimate(mean, *mean_interval(values)) if len(values) else number(math.nan)
        undefined = f", of {len(values)}" if 0 < len(values) < n else ""
        rows.append([str(name), (shown or "not defined") + undefined, unit(metric["unit"].iloc[0])])
    return f"{of}\n\n{aligned(rows)}"


def _require_places(experiment: Experiment[Any], plot: Path | None, output: Path | None) -> None:
    """Refuse what could not be written before anything is simulated."""
    if plot is not None:
        require_drawable(experiment, plot)
    if output is not None and output.suffix != ".csv":
        raise OutputError(f"--output {output}: a table of metrics is written as .csv: name it so")
    for place in filter(None, (plot, output)):
        if not place.absolute().parent.is_dir():
            raise OutputError(f"{place}: there is no folder {place.parent}: make it first")
        if place.is_dir():
            raise OutputError(f"{place} is a folder: name a file")
