"""Pictures of what needs what, for `docs/architecture.md`: ``make diagram`` draws them anew.

One shows the rooms of the package, one the rules of the workflow, both in layers from top to
bottom. Edges that a longer way says too are left out. Each node and edge of a picture has its name
as ``id``, by which ``tests/unit/test_diagram.py`` holds it against the code.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import rooms
from rooms import ROOT, Edge

FIGURES = ROOT / "docs/figures"

#: Sizes in pixels: letters, a letter's width, a box's height, what is free between two things in a
#: row (less beside an edge that passes), between two rows, and around everything.
FONT, LETTER, BOX, BETWEEN, PASSING, ROW, MARGIN = 17, 10.4, 30, 10, 9, 66, 6

#: Between the ends of an edge in an ``id``.
TO = "--"

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" font-family="system-ui, sans-serif" font-size="{font}">
<title>{title}</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
orient="auto"><path d="M0 0L8 4L0 8z" fill="#0072b2"/></marker></defs>
<rect width="{width}" height="{height}" fill="white"/>
"""
LINE = (
    '<path id="{id}" d="{d}" fill="none" stroke="#0072b2" stroke-width="1.3" '
    'marker-end="url(#arrow)"/>\n'
)
NODE = (
    '<g id="{id}"><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="4" '
    'fill="#f4f1e8" stroke="#444"/><text x="{middle:.1f}" y="{base:.1f}" text-anchor="middle" '
    'fill="black">{name}</text></g>\n'
)

#: A node, or the place where an edge passes a row between its ends.
Place = str | tuple[str, str, int]
Rows = list[dict[Place, float]]
Layout = tuple[Rows, dict[Edge, list[Place]]]

#: How many orders are tried, and how often each is gone through.
TRIES, SWEEPS = 200, 40


def of_rooms() -> tuple[list[list[str]], set[Edge]]:
    """Rows of rooms, and which needs which."""
    return rooms.listed(), rooms.reduced(rooms.imports())


def of_rules(folder: Path = ROOT) -> tuple[list[list[str]], set[Edge]]:
    """Rows of rules, and which makes what another needs; those of figures as one."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "--configfile"]
    made = subprocess.run(
        [*command, "config/config.yaml"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    labels = dict(re.findall(r'(\d+)\[label = "(\w+)"', made))
    names = {key: re.sub("^figures_.*", "figures", label) for key, label in labels.items()}
    edges = {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", made)}
    return layered({edge for edge in edges if "default" not in edge})


def layered(edges: set[Edge]) -> tuple[list[list[str]], set[Edge]]:
    """Rows in which each node is below all that it needs, and the edges that are left."""
    nodes = sorted({node for edge in edges for node in edge})

    def depth(node: str) -> int:
        return max((1 + depth(one) for one, other in edges if other == node), default=0)

    row = {node: depth(node) for node in nodes}
    return [[n for n in nodes if row[n] == number] for number in range(max(row.values()) + 1)], (
        rooms.reduced(edges)
    )


def placed(rows: Sequence[Sequence[str]], edges: Iterable[Edge]) -> Layout:
    """Where the middle of each thing in each row is, and by which things an edge goes.

    Things are put over and below what they are tied to, in turns from top and bottom (K. Sugiyama,
    S. Tagawa and M. Toda 1981, IEEE Transactions on Systems, Man, and Cybernetics 11:109). What
    comes out depends on the order at first: of :data:`TRIES`, the one is taken that goes sideways
    least.
    """
    row = {node: number for number, nodes in enumerate(rows) for node in nodes}
    ways: dict[Edge, list[Place]] = {
        (one, other): [one, *((one, other, at) for at in range(row[one] + 1, row[other])), other]
        for one, other in sorted(edges)
    }
    things: list[list[Place]] = [list(nodes) for nodes in rows]
    ties: dict[Place, dict[int, list[Place]]] = {}
    for (one, _), way in ways.items():
        for at, thing in enumerate(way[1:-1], row[one] + 1):
            things[at].append(thing)
        for at, (above, below) in enumerate(pairwise(way), row[one]):
            ties.setdefault(above, {}).setdefault(at + 1, []).append(below)
            ties.setdefault(below, {}).setdefault(at, []).append(above)
    rng = np.random.default_rng(0)
    tried = []
    for _ in range(TRIES):
        first = [[found[k] for k in rng.permutation(len(found))] for found in things]
        where = swept(first, ties)
        at_x = {thing: x for found in where for thing, x in found.items()}
        sideways = sum(abs(at_x[a] - at_x[b]) for way in ways.values() for a, b in pairwise(way))
        tried.append((sideways, where))
    return min(tried, key=lambda one: one[0])[1], ways


def swept(first: list[list[Place]], ties: dict[Place, dict[int, list[Place]]]) -> Rows:
    """Order the things of each row by those of the row beside it, then draw both together."""
    where = [apart([(0.0, thing) for thing in found]) for found in first]
    for turn in range(SWEEPS):
        down, ordering = turn % 2 == 0, turn < SWEEPS / 2
        for at in range(len(first)) if down else reversed(range(len(first))):
            wished = []
            for thing, x in where[at].items():
                tied = ties.get(thing, {})
                beside = (at - 1 if down else at + 1,) if ordering else (at - 1, at + 1)
                places = [where[to][other] for to in beside for other in tied.get(to, ())]
                wished.append((sum(places) / len(places) if places else x, thing))
            where[at] = apart(sorted(wished, key=lambda one: one[0]) if ordering else wished)
    return where


def half(thing: Place) -> float:
    """Half of the room that a thing takes in its row."""
    return (len(thing) * LETTER + 18 + BETWEEN) / 2 if isinstance(thing, str) else PASSING / 2


def apart(wished: Sequence[tuple[float, Place]]) -> dict[Place, float]:
    """Places in this order, as near to the wished ones as can be without touching."""
    offsets, end = [], 0.0
    blocks: list[tuple[float, int]] = []  # of things that touch: sum of their starts, and number
    for x, thing in wished:
        offsets.append(end + half(thing))
        end += 2 * half(thing)
        start, n = x - offsets[-1], 1
        while blocks and blocks[-1][0] / blocks[-1][1] > start / n:
            before, more = blocks.pop()
            start, n = start + before, n + more
        blocks.append((start, n))
    starts = [start / n for start, n in blocks for _ in range(n)]
    return {
        thing: start + offset
        for (_, thing), start, offset in zip(wished, starts, offsets, strict=True)
    }


def drawn(title: str, rows: Sequence[Sequence[str]], edges: Iterable[Edge]) -> str:
    """The picture, as SVG."""
    where, ways = placed(rows, edges)
    left = min(x - half(thing) for found in where for thing, x in found.items()) - MARGIN
    right = max(x + half(thing) for found in where for thing, x in found.items()) + MARGIN
    width, height = round(right - left), (len(rows) - 1) * ROW + BOX + 2 * MARGIN
    row = {thing: at for at, found in enumerate(where) for thing in found}
    parts = [HEAD.format(width=width, height=height, font=FONT, title=escape(title))]
    for (one, other), way in ways.items():
        points = [(where[row[thing]][thing] - left, MARGIN + row[thing] * ROW) for thing in way]
        d = ""
        for (x, y), (to, below) in pairwise(points):
            start, end = (y + BOX, below - (1 if (to, below) == points[-1] else 0))
            d += f"M{x:.1f} {start:.1f}" if not d else f"L{x:.1f} {start:.1f}"
            middle = (start + end) / 2
            d += f"C{x:.1f} {middle:.1f} {to:.1f} {middle:.1f} {to:.1f} {end:.1f}"
        parts.append(LINE.format(id=f"{one}{TO}{other}", d=d))
    for found in where:
        for thing, x in found.items():
            if isinstance(thing, str):
                wide, y = 2 * half(thing) - BETWEEN, MARGIN + row[thing] * ROW
                at = {"x": x - left - wide / 2, "y": y, "middle": x - left, "base": y + 21}
                parts.append(NODE.format(id=thing, name=thing, width=wide, height=BOX, **at))
    return "".join(parts) + "</svg>\n"


def shown(file: Path) -> tuple[set[str], set[Edge]]:
    """Nodes and edges of a picture."""
    ids = re.findall(r'<(g|path) id="([^"]+)" ?', file.read_text(encoding="utf-8"))
    nodes = {name for kind, name in ids if kind == "g"}
    edges = {tuple(name.split(TO)) for kind, name in ids if kind == "path"}
    return nodes, edges  # type: ignore[return-value]


#: Each picture: its title, and what is in it.
PICTURES = {
    "architecture": ("Rooms of the package, and which imports which", of_rooms),
    "rules": ("Rules of the workflow, and which makes what another needs", of_rules),
}

if __name__ == "__main__":
    for name, (title, of) in PICTURES.items():
        (FIGURES / f"{name}.svg").write_text(drawn(title, *of()), encoding="utf-8")
