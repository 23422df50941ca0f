"""The time loop that runs a program: machine code that is the same for all networks.

Every sum is added in the order in which it is written here, from the first term to the last, so
that its bits do not depend on how many numbers a processor adds at once.
"""

from typing import Any

import numpy as np

from snnlearn.engines import lif
from snnlearn.engines.kernels import kernel
from snnlearn.engines.simulator.rows import Kind

#: Unsigned, as all places are: with a signed number, Numba would make a float64 of a place.
ONE, TWO, THREE, EIGHT = map(np.uint64, (1, 2, 3, 8))

#: States of filters nearer to zero than this are zero: numbers of less than 2e-308 slow some
#: processors down a hundredfold, and a state that is rounded there never gets to zero.
TINY = 1e-300


@kernel
def run(
    rows: np.ndarray,
    memory: np.ndarray,
    places: np.ndarray,
    stimuli: np.ndarray,
    records: np.ndarray,
    spiked: np.ndarray,
    eights: np.ndarray,
    found: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Run a program, once for each step.

    Parameters
    ----------
    rows : numpy.ndarray of ROW, shape (rows,)
        The program.
    memory : numpy.ndarray of float64, shape (numbers,)
        All signals; changed in place.
    places : numpy.ndarray of uint64, shape (entries,)
        Lists of places in the memory.
    stimuli : numpy.ndarray of float64, shape (steps, columns)
        What depends on the time only.
    records : numpy.ndarray of float64, shape (recorded,)
        Filled with one block for each thing recorded, which has its numbers step by step.
    spiked : numpy.ndarray of uint8, shape (8 n,)
        Room for the spikes of all neurons; each population begins at a multiple of eight.
    eights : numpy.ndarray of uint64, shape (n,)
        The same memory.
    found : numpy.ndarray of int32, shape (8 n,)
        Room for the numbers of the neurons that spike, for each population from the same place on.
    counts : numpy.ndarray of uint64, shape (populations,)
        Room for how many they are.
    """
    for step in range(np.uint64(stimuli.shape[0])):
        for number in range(rows.size):
            row = rows[number]
            kind = row.kind
            if kind == Kind.FILL:
                _fill(memory, row)
            elif kind == Kind.COPY:
                _copy(memory, row)
            elif kind == Kind.ADD:
                _add(memory, row)
            elif kind == Kind.MULTIPLY:
                _multiply(memory, row)
            elif kind == Kind.SCALE:
                _scale(memory, row)
            elif kind == Kind.PICK:
                _pick(memory, row, places)
            elif kind == Kind.MULTIPLY_PICKED:
                _multiply_picked(memory, row, places)
            elif kind == Kind.DOT_COLUMNS:
                _dot_columns(memory, row)
            elif kind == Kind.DOT_ROWS:
                _dot_rows(memory, row)
            elif kind == Kind.ADD_SPIKES:
                _add_spikes(memory, row, found, counts)
            elif kind == Kind.DOT_SPIKES:
                _dot_spikes(memory, row, found, counts)
            elif kind == Kind.GAIN:
                _gain(memory, row)
            elif kind == Kind.LOW_PASS:
                _low_pass(memory, row)
            elif kind == Kind.FILTER:
                _filter_by_states(memory, row, False)
            elif kind == Kind.FILTER_THROUGH:
                _filter_by_states(memory, row, True)
            elif kind == Kind.OUTER:
                _outer(memory, row)
            elif kind == Kind.ADD_ROWS:
                _add_rows(memory, row)
            elif kind == Kind.LIF:
                _neurons(memory, row, spiked, eights, found, counts)
            elif kind == Kind.STIMULUS:
                _stimulus(memory, row, stimuli, step)
            elif kind == Kind.RECORD:
                _record(memory, row, records, step)


@kernel
def _fill(memory: np.ndarray, row: Any) -> None:
    """Set numbers to one value."""
    y, value = row.to, row.factor
    for i in range(row.size):
        memory[y + i] = value


@kernel
def _copy(memory: np.ndarray, row: Any) -> None:
    """Copy numbers."""
    y, x = row.to, row.of
    for i in range(row.size):
        memory[y + i] = memory[x + i]


@kernel
def _add(memory: np.ndarray, row: Any) -> None:
    """Add numbers to others."""
    y, x = row.to, row.of
    for i in range(row.size):
        memory[y + i] += memory[x + i]


@kernel
def _multiply(memory: np.ndarray, row: Any) -> None:
    """Add products of numbers to others."""
    y, a, x = row.to, row.by, row.of
    for i in range(row.size):
        memory[y + i] += memory[a + i] * memory[x + i]


@kernel
def _scale(memory: np.ndarray, row: Any) -> None:
    """Add a multiple of numbers to others."""
    y, x, factor = row.to, row.of, memory[row.by]
    for i in range(row.size):
        memory[y + i] += factor * memory[x + i]


@kernel
def _pick(memory: np.ndarray, row: Any, places: np.ndarray) -> None:
    """Copy single numbers, or add them to others."""
    y, x = row.to, row.of
    for i in range(row.size):
        _give(memory, places[y + i], memory[places[x + i]], row.adds)


@kernel
def _multiply_picked(memory: np.ndarray, row: Any, places: np.ndarray) -> None:
    """Add products of single numbers to others."""
    y, a, x = row.to, row.by, row.of
    for i in range(row.size):
        memory[places[y + i]] += memory[places[a + i]] * memory[places[x + i]]


@kernel
def _give(memory: np.ndarray, place: Any, value: float, adds: bool) -> None:
    """Set a number, or add to it."""
    memory[place] = memory[place] + value if adds else value


@kernel
def _dot_columns(memory: np.ndarray, row: Any) -> None:
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


@kernel
def _dot_rows(memory: np.ndarray, row: Any) -> None:
    """Add the product of a matrix, stored by rows, and a vector."""
    y, x, terms = row.to, row.of, row.terms
    for r in range(row.size):
        total, a = memory[y + r], row.by + r * terms
        for j in range(terms):
            total += memory[a + j] * memory[x + j]
        memory[y + r] = total


@kernel
def _add_spikes(memory: np.ndarray, row: Any, found: np.ndarray, counts: np.ndarray) -> None:
    """Add the columns of a matrix that belong to the neurons which spike."""
    y, x, size = row.to, row.of, row.size
    for k in range(counts[row.population]):
        j = np.uint64(found[row.spikes + k])
        height, a = memory[x + j], row.by + j * size
        for i in range(size):
            memory[y + i] += memory[a + i] * height


@kernel
def _dot_spikes(memory: np.ndarray, row: Any, found: np.ndarray, counts: np.ndarray) -> None:
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


@kernel
def _gain(memory: np.ndarray, row: Any) -> None:
    """Put out a multiple of the input."""
    y, x, factor = row.to, row.of, row.factor
    for i in range(row.size):
        _give(memory, y + i, factor * memory[x + i], row.adds)


@kernel
def _low_pass(memory: np.ndarray, row: Any) -> None:
    """Filter with one state for each number."""
    y, x, s, decay, factor, adds = row.to, row.of, row.state, row.decay, row.factor, row.adds
    for i in range(row.size):
        state = decay * memory[s + i] + factor * memory[x + i]
        state = 0.0 if abs(state) < TINY else state
        memory[s + i] = state
        _give(memory, y + i, state, adds)


@kernel
def _filter_by_states(memory: np.ndarray, row: Any, through: bool) -> None:
    """Filter with several states for each number."""
    size, terms = row.size, row.terms
    a = row.by
    b = a + terms * terms
    c = b + terms
    d = c + terms
    room = d + ONE
    for i in range(size):
        x, s = memory[row.of + i], row.state + i
        before, after = 0.0, 0.0
        for k in range(terms):
            before += memory[c + k] * memory[s + k * size]
            total = 0.0
            for other in range(terms):
                total += memory[a + k * terms + other] * memory[s + other * size]
            total += memory[b + k] * x
            memory[room + k] = 0.0 if abs(total) < TINY else total
        for k in range(terms):
            memory[s + k * size] = memory[room + k]
            after += memory[c + k] * memory[room + k]
        _give(memory, row.to + i, before + memory[d] * x if through else after, row.adds)


@kernel
def _outer(memory: np.ndarray, row: Any) -> None:
    """Multiply each of some numbers with each of others."""
    x, terms = row.of, row.terms
    for r in range(row.size):
        factor, y = row.factor * memory[row.by + r], row.to + r * terms
        for j in range(terms):
            memory[y + j] = factor * memory[x + j]


@kernel
def _add_rows(memory: np.ndarray, row: Any) -> None:
    """Add the rows of a matrix to those of another, each multiplied by a number."""
    terms = row.terms
    for r in range(row.size):
        factor, y, x = row.factor * memory[row.by + r], row.to + r * terms, row.of + r * terms
        for j in range(terms):
            memory[y + j] += factor * memory[x + j]


@kernel
def _neurons(
    memory: np.ndarray,
    row: Any,
    spiked: np.ndarray,
    eights: np.ndarray,
    found: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Advance LIF neurons, list those that spike, and put out their spikes."""
    y, x, c, size, first, height = row.to, row.of, row.by, row.size, row.spikes, row.factor
    length = size // EIGHT + ONE
    lif.advance(
        memory[row.state : row.state + size],
        memory[row.waiting : row.waiting + size],
        memory[x : x + size],
        lif.Constants(
            memory[c],
            memory[c + ONE],
            memory[c + TWO],
            memory[c + THREE],
            memory[c + THREE + ONE],
            memory[c + THREE + TWO],
        ),
        spiked[first : first + size],
    )
    counts[row.population] = lif.which(
        spiked[first : first + EIGHT * length],
        eights[first // EIGHT : first // EIGHT + length],
        found[first : first + EIGHT * length],
    )
    for i in range(size):
        memory[y + i] = height if spiked[first + i] else 0.0


@kernel
def _stimulus(memory: np.ndarray, row: Any, stimuli: np.ndarray, step: Any) -> None:
    """Put out what a stimulus is in this step."""
    y, x = row.to, row.of
    for i in range(row.size):
        _give(memory, y + i, stimuli[step, x + i], row.adds)


@kernel
def _record(memory: np.ndarray, row: Any, records: np.ndarray, step: Any) -> None:
    """Write numbers down, if it is time to."""
    if np.float64(step + ONE) % row.factor >= 1.0:
        return
    x, place = row.of, row.to + np.uint64(memory[row.state]) * row.size
    for i in range(row.size):
        records[place + i] = memory[x + i]
    memory[row.state] += 1.0
