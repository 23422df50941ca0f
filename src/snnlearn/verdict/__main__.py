"""Show the verdict on a terminal, and compare it with the committed baseline."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from snnlearn.data import checksums
from snnlearn.published import claims
from snnlearn.registry import names
from snnlearn.settings.changes import in_words
from snnlearn.verdict import COLUMNS, NOT_REPRODUCED, NOT_TESTED, REPRODUCED
from snnlearn.verdict.baseline import Loss, losses
from snnlearn.verdict.table import HEADINGS, cells, reasons, summary

#: Columns that earlier versions lacked.
ADDED = {"name", "kind", "confidence"}

STYLES = {REPRODUCED: "green", NOT_REPRODUCED: "red", NOT_TESTED: "yellow"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status.

    0: every claim that the baseline has as reproduced still is, or could not be tested for a
    reason that excuses it, or the configuration is not the default one. 1: one no longer is, or is
    gone. 2: a file cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m snnlearn.verdict", description=__doc__)
    parser.add_argument(
        "verdict", nargs="?", type=Path, default=Path("results/verdict.csv"), help="%(default)s"
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        default=Path("tests/baseline/verdict.csv"),
        help="verdict that must not get worse (%(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        verdict = read(options.verdict, "`make reproduce` writes it")
        baseline = read(options.baseline, "a verdict.csv of an earlier run can be copied there")
    except ValueError as problem:
        print(f"verdict: {problem}", file=sys.stderr)
        return 2
    if differs := _differs(options.verdict.with_name("provenance.json")):
        show(Console(), verdict, [])
        told = "; ".join(f"{name}: {words}" for name, words in differs.items())
        print(f"This is not the default configuration ({told}): not compared with the baseline.")
        return 0
    excuses = {reason for name in names() for claim in claims(name) for _, reason in claim.excused}
    lost = losses(verdict, baseline, excuses)
    show(Console(), verdict, lost)
    return int(any(not loss.excused for loss in lost))


def _differs(provenance: Path) -> dict[str, str]:
    """What of a configuration is not the default one, if that is known."""
    if not provenance.is_file():
        return {}
    return in_words(json.loads(provenance.read_text(encoding="utf-8"))["differs_from_default"])


def read(path: Path, remedy: str) -> pd.DataFrame:
    """Read a verdict.

    Raises
    ------
    ValueError
        If there is no such file, it is no verdict, or it is not as a job has left it; the message
        names the remedy.
    """
    try:
        checksums.check([path])
        verdict = pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path} cannot be read ({error}); {remedy}") from error
    missing = [column for column in COLUMNS if column not in verdict]
    if missing and set(missing) <= ADDED:
        raise ValueError(
            f"{path} is of an earlier version, which had no {', '.join(missing)}: "
            "replace it by the results/verdict.csv that `make reproduce` writes today"
        )
    if missing:
        raise ValueError(f"{path} is no verdict: it lacks {', '.join(missing)}; {remedy}")
    return verdict


def show(console: Console, verdict: pd.DataFrame, lost: Sequence[Loss]) -> None:
    """Print a verdict, the reasons for all that was not reproduced, and what was lost."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, min_width=60)
    claim_heading, _, *headings = HEADINGS
    table.add_column(claim_heading, min_width=24, overflow="fold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    # What was published is left out: a terminal is narrow, and the bounds surround it.
    for claim, _, *row, outcome in cells(verdict):
        table.add_row(*map(Text, (claim, *row)), Text(outcome, STYLES.get(outcome, "")))
    console.print(table)
    for sentence in summary(verdict):
        console.print(Text(sentence, "bold"))
    for claim, reason in reasons(verdict):
        console.print(Text.assemble((claim, "bold"), " – ", reason))
    for loss in lost:
        if loss.excused:
            label, style = "not compared with the baseline", "yellow"
        else:
            label, style = "lost against the baseline", "bold red"
        console.print(Text.assemble((f"{label}: ", style), loss.claim, " – ", loss.reason))


if __name__ == "__main__":
    sys.exit(main())
