"""What a program for the time loop is written in: rows, each of which does one thing in a step.

All signals of a network lie one after the other in one array of float64, the memory. A row says
what to do (its ``kind``) and where in the memory the numbers are.
"""

from enum import IntEnum

import numpy as np


class Kind(IntEnum):
    """What a row does.

    Modules beside this one have a function for each: ``arithmetic`` for what copies, adds and
    multiplies, ``dynamics`` for filters, neurons and rates, and ``loop`` for the rest.

    Below, y are the ``size`` numbers from ``to`` on, x those from ``of`` on, and a those from
    ``by`` on. Where a row is said to give y, it adds to y instead if it ``adds``.
    """

    #: y = factor.
    FILL = 0
    #: y = x.
    COPY = 1
    #: y += x.
    ADD = 2
    #: y += a x, number by number.
    MULTIPLY = 3
    #: y += a₀ x.
    SCALE = 4
    #: Gives y = x, where ``to`` and ``of`` are where lists of places begin.
    PICK = 5
    #: y += a x, where ``to``, ``of`` and ``by`` are where lists of places begin.
    MULTIPLY_PICKED = 6
    #: y += A x for ``terms`` numbers x; A is stored by columns.
    DOT_COLUMNS = 7
    #: The same for A stored by rows.
    DOT_ROWS = 8
    #: y += A x, where x is 0 but for the spikes of ``population``; A by columns.
    ADD_SPIKES = 9
    #: The same; from row to row of A it is ``row_step``, from column to column ``column_step``.
    DOT_SPIKES = 10
    #: Gives y = d x with d = factor.
    GAIN = 11
    #: s = decay s + factor x, and gives y = s; s begins at ``state``.
    LOW_PASS = 12
    #: s = A s + B x, and gives y = C s, for ``terms`` numbers s for each x; A, B, C, D and room
    #: for ``terms`` numbers lie at ``by``.
    FILTER = 13
    #: Gives y = C s + D x, and s = A s + B x.
    FILTER_THROUGH = 14
    #: y = factor a xᵀ for ``terms`` numbers x.
    OUTER = 15
    #: y = factor where LIF neurons with current x spike. Voltages begin at ``state``, what stands
    #: for refractory times at ``waiting``, and the neurons' constants at ``by``.
    LIF = 16
    #: Gives y = the stimuli of this step from column ``of`` on.
    STIMULUS = 17
    #: Of the records, ``size`` numbers from ``to`` on are x for each step whose number, from 1 on,
    #: leaves less than 1 when it is divided by factor; how many were written stands at ``state``.
    RECORD = 18
    #: y += factor aᵣ x in each row r, for ``size`` rows of ``terms`` numbers.
    ADD_ROWS = 19
    #: y = factor / x.
    DIVIDE = 20
    #: The neurons of ``population`` whose x is not 0 are those that spike.
    LIST_SPIKES = 21
    #: Gives y = factor max(x, 0).
    RECTIFY = 22
    #: y = factor / (1 + exp(-x)).
    SIGMOID = 23
    #: y = factor tanh(x).
    TANH = 24
    #: y = factor / (τ_ref + τ_rc log(1 + 1 / (x - 1))) where x > 1, and 0 elsewhere; τ_ref and τ_rc
    #: lie at ``by``.
    LIF_RATES = 25
    #: y = factor ⌊s⌋, and s = s - ⌊s⌋; voltages s begin at ``state``.
    WHOLE_SPIKES = 26
    #: y = factor where Izhikevich neurons with current x spike, in a step of ``decay`` seconds.
    #: Voltages begin at ``state``, their recovery at ``waiting``; the rate and coupling of the
    #: recovery, and the voltage and the rise of recovery after a spike, lie at ``by``.
    IZHIKEVICH = 27
    #: y = factor sign(x) (⌊e⌋ + 1 where a < e - ⌊e⌋, and ⌊e⌋ elsewhere), with e = decay abs(x).
    ROUND = 28
    #: y += factor a xᵀ for ``terms`` numbers x.
    ADD_OUTER = 29


#: A row. Places and sizes are unsigned: Numba lets negative indices count from the end, and can
#: take several numbers at once only where an index cannot be one.
ROW = np.dtype(
    [
        ("kind", np.int64),
        *((name, np.uint64) for name in ("to", "of", "by", "size", "terms")),
        *((name, np.uint64) for name in ("row_step", "column_step")),
        *((name, np.uint64) for name in ("state", "waiting")),
        *((name, np.uint64) for name in ("population", "spikes")),
        ("adds", np.bool_),
        *((name, np.float64) for name in ("factor", "decay")),
    ],
    align=True,
)

#: All signals: float64, shape (numbers,).
Memory = np.ndarray

#: Lists of places in the memory: uint64, shape (entries,).
Places = np.ndarray

#: Where neurons spike: uint8, shape (8 n,); each population begins at a multiple of eight.
Spiked = np.ndarray

#: The same memory: uint64, shape (n,).
Eights = np.ndarray

#: Numbers of the neurons that spike, for each population from the same place on: int32, shape
#: (8 n,).
Found = np.ndarray

#: How many they are: uint64, shape (populations,).
Counts = np.ndarray
