"""The time loop that runs a program: machine code that is the same for all networks."""

from typing import Any

import numpy as np

from snnlearn.engines.kernels import inner_kernel, kernel
from snnlearn.engines.simulator import arithmetic, dynamics
from snnlearn.engines.simulator.arithmetic import ONE, give
from snnlearn.engines.simulator.rows import Kind


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
                arithmetic.fill(memory, row)
            elif kind == Kind.COPY:
                arithmetic.copy(memory, row)
            elif kind == Kind.ADD:
                arithmetic.add(memory, row)
            elif kind == Kind.MULTIPLY:
                arithmetic.multiply(memory, row)
            elif kind == Kind.SCALE:
                arithmetic.scale(memory, row)
            elif kind == Kind.PICK:
                arithmetic.pick(memory, row, places)
            elif kind == Kind.MULTIPLY_PICKED:
                arithmetic.multiply_picked(memory, row, places)
            elif kind == Kind.DOT_COLUMNS:
                arithmetic.dot_columns(memory, row)
            elif kind == Kind.DOT_ROWS:
                arithmetic.dot_rows(memory, row)
            elif kind == Kind.ADD_SPIKES:
                arithmetic.add_spikes(memory, row, found, counts)
            elif kind == Kind.DOT_SPIKES:
                arithmetic.dot_spikes(memory, row, found, counts)
            elif kind == Kind.GAIN:
                arithmetic.gain(memory, row)
            elif kind == Kind.LOW_PASS:
                dynamics.low_pass(memory, row)
            elif kind == Kind.FILTER:
                dynamics.filter_by_states(memory, row, False)
            elif kind == Kind.FILTER_THROUGH:
                dynamics.filter_by_states(memory, row, True)
            elif kind == Kind.OUTER:
                arithmetic.outer(memory, row)
            elif kind == Kind.ADD_OUTER:
                arithmetic.add_outer(memory, row)
            elif kind == Kind.ADD_ROWS:
                arithmetic.add_rows(memory, row)
            elif kind == Kind.LIF or kind == Kind.LIST_SPIKES:
                dynamics.spiking(memory, row, spiked, eights, found, counts)
            elif kind == Kind.DIVIDE:
                arithmetic.divide(memory, row)
            elif kind == Kind.RECTIFY:
                dynamics.rectify(memory, row)
            elif kind == Kind.SIGMOID:
                dynamics.sigmoid(memory, row)
            elif kind == Kind.TANH:
                dynamics.tanh(memory, row)
            elif kind == Kind.LIF_RATES:
                dynamics.lif_rates(memory, row)
            elif kind == Kind.WHOLE_SPIKES:
                dynamics.whole_spikes(memory, row)
            elif kind == Kind.IZHIKEVICH:
                dynamics.izhikevich(memory, row)
            elif kind == Kind.ROUND:
                dynamics.round_by_draws(memory, row)
            elif kind == Kind.STIMULUS:
                _stimulus(memory, row, stimuli, step)
            elif kind == Kind.RECORD:
                _record(memory, row, records, step)


@inner_kernel
def _stimulus(memory: np.ndarray, row: Any, stimuli: np.ndarray, step: Any) -> None:
    """Put out what a stimulus is in this step."""
    y, x = row.to, row.of
    for i in range(row.size):
        give(memory, y + i, stimuli[step, x + i], row.adds)


@inner_kernel
def _record(memory: np.ndarray, row: Any, records: np.ndarray, step: Any) -> None:
    """Write numbers down, if it is time to."""
    if np.float64(step + ONE) % row.factor >= 1.0:
        return
    x, place = row.of, row.to + np.uint64(memory[row.state]) * row.size
    for i in range(row.size):
        records[place + i] = memory[x + i]
    memory[row.state] += 1.0
