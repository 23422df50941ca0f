"""Rows of tables in the documents, made from results that are kept in ``tests/baseline``.

Printed for a page that is rewritten: ``python tests/documents.py verdict channel.error-falls …``,
or, of ``config/beyond.yaml``, ``python tests/documents.py beyond pavlov …``, where a study stands
for all its claims.
"""

import re
import sys
from pathlib import Path

import pandas as pd

from snnlearn.verdict.markdown import at_level

BASELINE = Path(__file__).parent / "baseline"

#: Claims about the three pairs of conditioning are told together, as those of pair k.
PAIRS = "123"


def verdict(of: str = "verdict") -> pd.DataFrame:
    """The verdict on each claim, by its name: of the default configuration, or of ``beyond``."""
    return pd.read_csv(BASELINE / f"{of}.csv").set_index("name")


def claims(name: str, among: pd.DataFrame) -> list[str]:
    """The claims of a name: itself, or those with the number of a pair for k."""
    numbered = (re.sub(r"\bk\b", pair, name) for pair in PAIRS)
    return [one for one in dict.fromkeys((name, *numbered)) if one in among.index]


def measured(name: str, among: pd.DataFrame) -> str:
    """What was measured, with its intervals."""
    columns = ["measured", "ci_low", "ci_high", "confidence"]
    return "; ".join(at_level(*row) for row in among.loc[claims(name, among), columns].to_numpy())


def row(name: str, among: pd.DataFrame) -> list[str]:
    """The cells of a row: claim, what is allowed, what was measured, n, and the verdict."""
    of = among.loc[claims(name, among)]
    n, counts = of["n"].iloc[0], of["counts"].iloc[0]
    return [
        f"`{name}`",
        "; ".join(dict.fromkeys(of["expected"])),
        measured(name, among),
        f"{n:,} {counts if n != 1 else counts.removesuffix('s')}",
        "; ".join(dict.fromkeys(of["verdict"])),
    ]


if __name__ == "__main__":
    kept = verdict(sys.argv[1])
    for asked in sys.argv[2:]:
        for name in [name for name in kept.index if name.startswith(f"{asked}.")] or [asked]:
            print("| " + " | ".join(row(name, kept)) + " |")
