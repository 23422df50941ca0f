"""Lay out a verdict as a table."""

import re
from collections.abc import Mapping

import pandas as pd

from snnlearn.published import KINDS
from snnlearn.verdict.judging import NOT_REPRODUCED, NOT_TESTED, REPRODUCED
from snnlearn.verdict.markdown import at_level, number, table

OUTCOMES = (REPRODUCED, NOT_REPRODUCED, NOT_TESTED)

HEADINGS = ("claim", "published", "expected", "measured [interval]", "n", "verdict")


def cells(verdict: pd.DataFrame) -> list[tuple[str, ...]]:
    """One tuple a claim, in the order of :data:`HEADINGS`."""
    return [
        (
            str(row["claim"]),
            number(row["published"]),
            row["expected"] if isinstance(row["expected"], str) else "",
            at_level(row["measured"], row["ci_low"], row["ci_high"], row["confidence"]),
            _counted(int(row["n"]), row["counts"]),
            str(row["verdict"]),
        )
        for _, row in verdict.iterrows()
    ]


def _counted(n: int, what: str) -> str:
    """How many of what there are, in words."""
    return f"{n:,} {singular(what) if n == 1 else what}"


def singular(words: str) -> str:
    """One of what a word in the plural names."""
    return re.sub("ies$", "y", words).removesuffix("s")


def summary(verdict: pd.DataFrame) -> list[str]:
    """How many claims of each kind got which verdict, a sentence a kind."""
    sentences = []
    for kind, words in KINDS.items():
        of_kind = verdict.loc[verdict["kind"] == kind, "verdict"]
        if kind == "context" or of_kind.empty:
            continue
        counts = of_kind.value_counts()
        parts = [f"{counts[name]} {name}" for name in OUTCOMES if name in counts]
        one, of_what = words.split(maxsplit=1)
        name = singular(one) if len(of_kind) == 1 else one
        sentences.append(f"{len(of_kind)} {name} {of_what}: {', '.join(parts)}.")
    return sentences


def reasons(verdict: pd.DataFrame) -> list[tuple[str, str]]:
    """The claims that were not reproduced or not tested, and why."""
    rest = verdict[verdict["verdict"] != REPRODUCED]
    return list(zip(rest["claim"], rest["verdict"] + ": " + rest["reason"], strict=True))


def markdown(verdict: pd.DataFrame, differs: Mapping[str, str]) -> str:
    """Write a verdict as a page in Markdown: a table, and the reasons below it.

    Parameters
    ----------
    verdict : pandas.DataFrame
        Table of :func:`snnlearn.verdict.judge`.
    differs : mapping of str to str
        By experiment, in words, what is not the default configuration.

    Returns
    -------
    str
        The page.
    """
    tallies = [f"- {sentence}" for sentence in summary(verdict)]
    rows = [
        (f"{claim} (`{name}`)", *row)
        for name, (claim, *row) in zip(verdict["name"], cells(verdict), strict=True)
    ]
    lines = ["# Verdict", "", *tallies, "", *table(HEADINGS, rows)]
    if differs:
        told = [f"- {name}: {words}" for name, words in differs.items()]
        lines[2:2] = [
            "This is not the default configuration, which is the chapter's:",
            "",
            *told,
            "",
        ]
    if why := reasons(verdict):
        lines += ["", "Not reproduced or not tested:", ""]
        lines += [f"- **{claim}** – {reason}" for claim, reason in why]
    return "\n".join(lines) + "\n"
