"""Hold two sets of results against each other, paired by seed.

Differences are OTHER less RESULTS, of the runs with the same seed. An interval is of one metric
alone: of twenty metrics in which nothing differs, one is expected to exclude 0.
"""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from snnlearn.commands.pairing import OF, paired
from snnlearn.commands.tables import aligned
from snnlearn.data import checksums
from snnlearn.data.checksums import DamagedError
from snnlearn.data.files import read_text
from snnlearn.results import TableError, read_metrics, write_table
from snnlearn.settings.changes import flat, short
from snnlearn.verdict.markdown import number, unit, with_interval

logger = logging.getLogger(__name__)

#: What differs between any two runs of the workflow.
OF_EVERY_RUN = ("started", "ended")


class ComparisonError(ValueError):
    """Results that cannot be compared, and why."""


ERRORS = (ComparisonError, DamagedError, TableError, OSError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which results."""
    for name in ("results", "other"):
        parser.add_argument(
            name,
            metavar=name.upper(),
            type=Path,
            help="a folder of results, or one table of metrics (.csv)",
        )
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="write all numbers there")


def run(arguments: argparse.Namespace) -> None:
    """Compare, print, and write what is asked for.

    Raises
    ------
    ComparisonError
        If they have nothing in common, or the numbers cannot be written where they should.
    """
    if arguments.csv and arguments.csv.suffix != ".csv":
        raise ComparisonError(f"--csv {arguments.csv}: name a file that ends with .csv")
    places = (arguments.results, arguments.other)
    found = paired(*map(metrics_in, places))
    if found.metrics.empty:
        raise ComparisonError(
            f"{arguments.results} and {arguments.other} have no metric of the same run in common"
        )
    for key, metrics in found.metrics.groupby(OF, sort=False):
        rows = [["metric", "pairs", "results", "other", "difference [95 % interval]", "unit"]]
        for row in metrics.to_dict("records"):
            means = [number(row["results"]), number(row["other"])]
            difference = with_interval(row["difference"], row["low"], row["high"])
            rows.append([row["metric"], str(row["n"]), *means, difference, unit(row["unit"])])
        print(f"{_named(key)}\n\n{aligned(rows, right={1, 2, 3})}\n")
    for of_both in found.seeds.to_dict("records"):
        named = _named([of_both[name] for name in OF])
        print(
            f"{named}: {of_both['paired']} seeds paired; left out: {of_both['results_only']} of "
            f"RESULTS alone, {of_both['other_only']} of OTHER alone"
        )
    for name, only in (("RESULTS", found.results_only), ("OTHER", found.other_only)):
        for of, n in Counter(_named(key) for key in only).items():
            print(f"in {name} alone: {n} metrics of {of}")
    for line in configurations(*places):
        print(line)
    if arguments.csv:
        write_table(found.metrics, arguments.csv)
        logger.info("wrote %s", arguments.csv)


def metrics_in(place: Path) -> pd.DataFrame:
    """The metrics of all experiments and studies in some results.

    Parameters
    ----------
    place : pathlib.Path
        A folder of results, or one table.

    Returns
    -------
    pandas.DataFrame
        The columns of ``metrics.csv``, with ``study`` (that of an experiment itself has its name)
        and ``cell``.

    Raises
    ------
    ComparisonError
        If there are none.
    TableError
        If one is not as a job has left it.
    DamagedError
        If one has been changed since.
    """
    tables = [*place.glob("metrics.csv"), *place.glob("*/metrics.csv")]
    files = [place] if place.is_file() else sorted(tables)
    if not files:
        raise ComparisonError(
            f"{place} has no metrics.csv: name the folder of results of a finished run, or a table "
            "that `snnlearn run --output` has written"
        )
    checksums.check(files)
    read = []
    for file in files:
        table = read_metrics([file])
        if "study" not in table:
            table = table.assign(study=table["experiment"], cell="")
        read.append(table)
    return pd.concat(read, ignore_index=True)


def configurations(results: Path, other: Path) -> Iterator[str]:
    """How what made two sets of results differs, as far as they say it.

    Parameters
    ----------
    results, other : pathlib.Path
        The folders.

    Yields
    ------
    str
        A line of text.

    Raises
    ------
    ComparisonError
        If a ``provenance.json`` is none; the message names it.
    DamagedError
        If one has been changed since.
    """
    known = {}
    for name, place in (("RESULTS", results), ("OTHER", other)):
        file = place / "provenance.json"
        if not file.is_file():
            yield f"What made {name} is not known: {place} has no provenance.json."
            continue
        checksums.check([file])
        try:
            known[name] = flat(json.loads(read_text(file)))
        except (ValueError, AttributeError) as error:
            raise ComparisonError(f"{file} is no provenance of results: {error}") from error
    if len(known) < 2:
        return
    differing = {
        key: [_shown(of.get(key)) for of in known.values()]
        for key in {**known["RESULTS"], **known["OTHER"]}
        if key not in OF_EVERY_RUN and known["RESULTS"].get(key) != known["OTHER"].get(key)
    }
    yield "The provenance differs in:" if differing else "The provenance is the same."
    for key, (one, another) in differing.items():
        yield f"  {key}: {one} -> {another}"


def _shown(value: Any) -> str:
    return "none" if value is None else short(value)


def _named(key: Any) -> str:
    """What metrics are of, in words: ``channel``, or ``rates/n_neurons~30 (channel)``."""
    study, cell, experiment, variant, *_ = key
    named = f"{study}/{cell}" if cell else study
    of = [part for part in (experiment, variant) if part not in (study, "default")]
    return named + (f" ({', '.join(of)})" if of else "")
