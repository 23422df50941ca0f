"""Numbers, units and tables in Markdown."""

import math
from collections.abc import Iterable, Sequence


def number(value: float | None) -> str:
    """A number with four digits; nothing for one that is missing."""
    return "" if value is None or math.isnan(value) else f"{value:.4g}"


def with_interval(value: float, low: float, high: float) -> str:
    """A number and its interval, if it has one."""
    interval = f" [{number(low)}, {number(high)}]" if number(low) else ""
    return number(value) + interval


def at_level(value: float, low: float, high: float, confidence: float) -> str:
    """A number and its interval, if it has one, with the interval's level."""
    level = f" at {100 * confidence:.4g} %" if number(low) else ""
    return with_interval(value, low, high) + level


def estimate(value: float, low: float, high: float) -> str:
    """A number and its interval; ``not defined`` where there is none."""
    return with_interval(value, low, high) or "not defined"


def unit(symbol: object) -> str:
    """A unit as it is shown: nothing for ``1``, the unit of a bare number, or a missing one."""
    return symbol if isinstance(symbol, str) and symbol != "1" else ""


def with_unit(text: str, symbol: object, form: str = "{} {}") -> str:
    """Some text and a unit, put together by ``form``; the text alone where no unit is shown."""
    shown = unit(symbol)
    return form.format(text, shown) if shown else text


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_line(headings), _line("---" for _ in headings), *(_line(row) for row in rows)]


def _line(row: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
