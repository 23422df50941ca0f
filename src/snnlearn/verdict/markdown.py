"""Numbers and tables in Markdown."""

import math
from collections.abc import Iterable, Sequence


def number(value: float | None) -> str:
    """A number with four digits; nothing for one that is missing."""
    return "" if value is None or math.isnan(value) else f"{value:.4g}"


def with_interval(value: float, low: float, high: float) -> str:
    """A number and its interval, if it has one."""
    interval = f" [{number(low)}, {number(high)}]" if number(low) else ""
    return number(value) + interval


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_line(headings), _line("---" for _ in headings), *(_line(row) for row in rows)]


def _line(row: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
