"""Texts for a terminal: columns that are aligned, and paragraphs that fit."""

import re
import shutil
import textwrap
from collections.abc import Container, Sequence

#: Lines are no longer than this, however wide the terminal is.
WIDEST = 100


def aligned(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> str:
    """Write rows as a table.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells of each, as many in all rows; a heading is a row, too.
    right : container of int
        The columns that are aligned at the right.

    Returns
    -------
    str
        A line for each row.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def wrapped(text: str, indent: str = "") -> str:
    """Paragraphs in lines that fit the terminal, without the marks of a docstring."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    paragraphs = re.split(r"\n\s*\n", textwrap.dedent(without_marks(text)).strip())
    filled = (
        textwrap.fill(" ".join(paragraph.split()), width, initial_indent=indent,
                      subsequent_indent=indent, break_on_hyphens=False)
        for paragraph in paragraphs
    )  # fmt: skip
    return "\n\n".join(filled)


def without_marks(text: str) -> str:
    """The words of a docstring, in which names stand as they are."""
    return re.sub(r":\w+:`~?([^`]*)`", r"\1", text).replace("``", "")
