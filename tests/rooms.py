"""The rooms of the package, as CONTRIBUTING lists them, and what really imports what."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/snnlearn"
MODULES = sorted(SOURCE.rglob("*.py"))

#: Where the list begins: a block follows, of which each line is a row of rooms.
HEADING = "Imports go one way, down this list of rooms:\n\n```text\n"

#: How files of rules import, which are no Python.
IMPORT = re.compile(
    r"^ *(?:from snnlearn\b[^(\n]*(?:\([^)]*\))?|import snnlearn\..*)$", re.MULTILINE
)

Edge = tuple[str, str]


def listed() -> list[list[str]]:
    """Rows of rooms from top to bottom: a room may import those of the rows below."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = text.partition(HEADING)[2].partition("\n```")[0]
    assert block, f"CONTRIBUTING.md has no list of rooms below {HEADING!r}"
    return [line.split(", ") for line in block.splitlines()]


def room_of(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(source: str) -> Iterator[str]:
    """Rooms of the package that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("snnlearn."))


@cache
def imports() -> frozenset[Edge]:
    """Which room imports which. Commands (``__main__``) may import any, and are left out."""
    found = {
        (room_of(module), room)
        for module in MODULES
        if module.name != "__main__.py"
        for room in imported(module.read_text(encoding="utf-8"))
    }
    for script in (ROOT / "workflow").rglob("*.py"):
        found |= {("workflow", room) for room in imported(script.read_text(encoding="utf-8"))}
    for rules in [ROOT / "workflow/Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]:
        lines = IMPORT.findall(rules.read_text(encoding="utf-8"))
        found |= {("workflow", room) for line in lines for room in imported(line.strip())}
    return frozenset((one, other) for one, other in found if one != other)


def reduced(edges: Iterable[Edge]) -> set[Edge]:
    """Edges without those that a longer way says too: the transitive reduction."""
    after: dict[str, set[str]] = {}
    for one, other in edges:
        after.setdefault(one, set()).add(other)

    def reached(node: str) -> set[str]:
        found: set[str] = set()
        for other in after.get(node, ()):
            found |= {other} | reached(other)
        return found

    return {
        (one, other)
        for one, others in after.items()
        for other in others
        if not any(other in reached(between) for between in others - {other})
    }
