"""Lay out a verdict as a table."""

import pandas as pd

from snnlearn.verdict.judging import NOT_REPRODUCED, NOT_TESTED, REPRODUCED
from snnlearn.verdict.markdown import number, table, with_interval

HEADINGS = ("claim", "published", "expected", "measured [95 % interval]", "n", "verdict")


def cells(verdict: pd.DataFrame) -> list[tuple[str, ...]]:
    """One tuple a claim, in the order of :data:`HEADINGS`."""
    return [
        (
            str(row["claim"]),
            number(row["published"]),
            row["expected"] if isinstance(row["expected"], str) else "",
            with_interval(row["measured"], row["ci_low"], row["ci_high"]),
            str(row["n"]),
            str(row["verdict"]),
        )
        for _, row in verdict.iterrows()
    ]


def summary(verdict: pd.DataFrame) -> str:
    """How many claims got which verdict."""
    counts = verdict["verdict"].value_counts()
    parts = [f"{counts.get(name, 0)} {name}" for name in (REPRODUCED, NOT_REPRODUCED, NOT_TESTED)]
    return f"{len(verdict)} claims: {', '.join(parts)}."


def reasons(verdict: pd.DataFrame) -> list[tuple[str, str]]:
    """The claims that were not reproduced or not tested, and why."""
    rest = verdict[verdict["verdict"] != REPRODUCED]
    return list(zip(rest["claim"], rest["verdict"] + ": " + rest["reason"], strict=True))


def markdown(verdict: pd.DataFrame) -> str:
    """Write a verdict as a page in Markdown: a table, and the reasons below it.

    Parameters
    ----------
    verdict : pandas.DataFrame
        Table of :func:`snnlearn.verdict.judge`.

    Returns
    -------
    str
        The page.
    """
    lines = ["# Verdict", "", summary(verdict), "", *table(HEADINGS, cells(verdict))]
    if why := reasons(verdict):
        lines += ["", "Not reproduced or not tested:", ""]
        lines += [f"- **{claim}** – {reason}" for claim, reason in why]
    return "\n".join(lines) + "\n"
