"""Rows that copy, add and multiply numbers, for :mod:`loop <.loop>`.

Every sum is added in the order in which it is written here, from the first term to the last, so
that its bits do not depend on how many numbers a processor adds at once.

Each function takes the memory, which it changes in place, and a row; :mod:`rows <.rows>` describes
both, and the room for spikes.
"""

from typing import Any

import numpy as np

from snnlearn.engines.kernels import inner_kernel
from snnlearn.engines.simulator.rows import Counts, Found, Memory, Places

#: Unsigned, as all places are: with a signed number, Numba would make a float64 of a place.
ONE, TWO, THREE = map(np.uint64, (1, 2, 3))


@inner_kernel
def fill(memory: Memory, row: Any) -> None:
    """Set numbers to one value."""
    y, value = row.to, row.factor
    for i in range(row.size):
        memory[y + i] = value


@inner_kernel
def copy(memory: Memory, row: Any) -> None:
    """Copy numbers."""
    y, x = row.to, row.of
    for i in range(row.size):
        memory[y + i] = memory[x + i]


@inner_kernel
def add(memory: Memory, row: Any) -> None:
    """Add numbers to others."""
    y, x = row.to, row.of
    for i in range(row.size):
        memory[y + i] += memory[x + i]


@inner_kernel
def multiply(memory: Memory, row: Any) -> None:
    """Add products of numbers to others."""
    y, a, x = row.to, row.by, row.of
    for i in range(row.size):
        memory[y + i] += memory[a + i] * memory[x + i]


@inner_kernel
def scale(memory: Memory, row: Any) -> None:
    """Add a multiple of numbers to others."""
    y, x, factor = row.to, row.of, memory[row.by]
    for i in range(row.size):
        memory[y + i] += factor * memory[x + i]


@inner_kernel
def pick(memory: Memory, row: Any, places: Places) -> None:
    """Copy single numbers, or add them to others."""
    y, x = row.to, row.of
    for i in range(row.size):
        give(memory, places[y + i], memory[places[x + i]], row.adds)


@inner_kernel
def multiply_picked(memory: Memory, row: Any, places: Places) -> None:
    """Add products of single numbers to others."""
    y, a, x = row.to, row.by, row.of
    for i in range(row.size):
        memory[places[y + i]] += memory[places[a + i]] * memory[places[x + i]]


@inner_kernel
def give(memory: Memory, place: Any, value: float, adds: bool) -> None:
    """Set a number, or add to it."""
    memory[place] = memory[place] + value if adds else value


@inner_kernel
def dot_columns(memory: Memory, row: Any) -> None:
    """Add the product of a matrix, stored by columns, and a vector; three columns at once."""
    y, a, x, size, terms = row.to, row.by, row.of, row.size, row.terms
    by_threes = terms - terms % THREE
    for j in range(np.uint64(0), by_threes, THREE):
        x0, x1, x2 = memory[x + j], memory[x + j + ONE], memory[x + j + TWO]
        a0 = a + j * size
        a1 = a0 + size
        a2 = a1 + size
        for i in range(size):
            memory[y + i] = (
                memory[y + i] + memory[a0 + i] * x0 + memory[a1 + i] * x1 + memory[a2 + i] * x2
            )
    for j in range(by_threes, terms):
        x0, a0 = memory[x + j], a + j * size
        for i in range(size):
            memory[y + i] += memory[a0 + i] * x0


@inner_kernel
def dot_rows(memory: Memory, row: Any) -> None:
    """Add the product of a matrix, stored by rows, and a vector."""
    y, x, terms = row.to, row.of, row.terms
    for r in range(row.size):
        total, a = memory[y + r], row.by + r * terms
        for j in range(terms):
            total += memory[a + j] * memory[x + j]
        memory[y + r] = total


@inner_kernel
def add_spikes(memory: Memory, row: Any, found: Found, counts: Counts) -> None:
    """Add the columns of a matrix that belong to the neurons which spike."""
    y, x, size = row.to, row.of, row.size
    for k in range(counts[row.population]):
        j = np.uint64(found[row.spikes + k])
        height, a = memory[x + j], row.by + j * size
        for i in range(size):
            memory[y + i] += memory[a + i] * height


@inner_kernel
def dot_spikes(memory: Memory, row: Any, found: Found, counts: Counts) -> None:
    """Do the same for few rows or rows far apart; three at once."""
    y, x, size, spikes = row.to, row.of, row.size, row.spikes
    across, count = row.column_step, counts[row.population]
    by_threes = size - size % THREE
    for r in range(np.uint64(0), by_threes, THREE):
        a0 = row.by + r * row.row_step
        a1 = a0 + row.row_step
        a2 = a1 + row.row_step
        y0, y1, y2 = memory[y + r], memory[y + r + ONE], memory[y + r + TWO]
        for k in range(count):
            j = np.uint64(found[spikes + k])
            height, column = memory[x + j], j * across
            y0 += memory[a0 + column] * height
            y1 += memory[a1 + column] * height
            y2 += memory[a2 + column] * height
        memory[y + r], memory[y + r + ONE], memory[y + r + TWO] = y0, y1, y2
    for r in range(by_threes, size):
        total, a0 = memory[y + r], row.by + r * row.row_step
        for k in range(count):
            j = np.uint64(found[spikes + k])
            total += memory[a0 + j * across] * memory[x + j]
        memory[y + r] = total


@inner_kernel
def gain(memory: Memory, row: Any) -> None:
    """Put out a multiple of the input."""
    y, x, factor = row.to, row.of, row.factor
    for i in range(row.size):
        give(memory, y + i, factor * memory[x + i], row.adds)


@inner_kernel
def outer(memory: Memory, row: Any) -> None:
    """Multiply each of some numbers with each of others."""
    x, terms = row.of, row.terms
    for r in range(row.size):
        factor, y = row.factor * memory[row.by + r], row.to + r * terms
        for j in range(terms):
            memory[y + j] = factor * memory[x + j]


@inner_kernel
def add_outer(memory: Memory, row: Any) -> None:
    """Add the products of each of some numbers with each of others."""
    x, terms = row.of, row.terms
    for r in range(row.size):
        factor, y = row.factor * memory[row.by + r], row.to + r * terms
        for j in range(terms):
            memory[y + j] += factor * memory[x + j]


@inner_kernel
def add_rows(memory: Memory, row: Any) -> None:
    """Add the rows of a matrix to those of another, each multiplied by a number."""
    terms = row.terms
    for r in range(row.size):
        factor, y, x = row.factor * memory[row.by + r], row.to + r * terms, row.of + r * terms
        for j in range(terms):
            memory[y + j] += factor * memory[x + j]


@inner_kernel
def divide(memory: Memory, row: Any) -> None:
    """Divide a number by others."""
    y, x, factor = row.to, row.of, row.factor
    for i in range(row.size):
        memory[y + i] = factor / memory[x + i]
