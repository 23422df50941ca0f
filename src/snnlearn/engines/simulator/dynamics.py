"""Rows that advance what has a state, filters and neurons, and rates, for :mod:`loop <.loop>`.

Each function takes the memory, which it changes in place, and a row; :mod:`rows <.rows>` describes
both, and the room for spikes. The arithmetic is that of ``nengo.neurons`` and
``nengo.synapses``, in its order.
"""

from typing import Any

import numpy as np

from snnlearn.engines import elementary, lif
from snnlearn.engines.kernels import inner_kernel
from snnlearn.engines.simulator.arithmetic import give
from snnlearn.engines.simulator.rows import Counts, Eights, Found, Kind, Memory, Spiked

#: Unsigned, as all places are.
ONE, TWO, THREE, EIGHT = map(np.uint64, (1, 2, 3, 8))

#: States of filters nearer to zero than this are zero: numbers of less than 2e-308 slow some
#: processors down a hundredfold, and a state that is rounded there never gets to zero.
TINY = 1e-300


@inner_kernel
def low_pass(memory: Memory, row: Any) -> None:
    """Filter with one state for each number."""
    y, x, s, decay, factor, adds = row.to, row.of, row.state, row.decay, row.factor, row.adds
    for i in range(row.size):
        state = decay * memory[s + i] + factor * memory[x + i]
        state = 0.0 if abs(state) < TINY else state
        memory[s + i] = state
        give(memory, y + i, state, adds)


@inner_kernel
def filter_by_states(memory: Memory, row: Any, through: bool) -> None:
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
        give(memory, row.to + i, before + memory[d] * x if through else after, row.adds)


@inner_kernel
def spiking(
    memory: Memory,
    row: Any,
    spiked: Spiked,
    eights: Eights,
    found: Found,
    counts: Counts,
) -> None:
    """List the neurons that spike: LIF neurons, which advance, or those whose output is not 0."""
    y, x, size, first, height = row.to, row.of, row.size, row.spikes, row.factor
    length = size // EIGHT + ONE
    if row.kind == Kind.LIF:
        c = row.by
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
        for i in range(size):
            memory[y + i] = height if spiked[first + i] else 0.0
    else:
        for i in range(size):
            spiked[first + i] = memory[x + i] != 0.0
    counts[row.population] = lif.which(
        spiked[first : first + EIGHT * length],
        eights[first // EIGHT : first // EIGHT + length],
        found[first : first + EIGHT * length],
    )


@inner_kernel
def whole_spikes(memory: Memory, row: Any) -> None:
    """Put out the whole part of voltages as spikes, and keep the rest."""
    y, s, height = row.to, row.state, row.factor
    for i in range(row.size):
        spikes = np.floor(memory[s + i])
        memory[y + i] = height * spikes
        memory[s + i] -= spikes


@inner_kernel
def round_by_draws(memory: Memory, row: Any) -> None:
    """Put out as many spikes as are expected, rounded up or down by numbers drawn for it."""
    x, y, a, height, dt = row.of, row.to, row.by, row.factor, row.decay
    for i in range(row.size):
        rate = memory[x + i]
        expected = dt * abs(rate)
        spikes = np.floor(expected)
        spikes += 1.0 if memory[a + i] < expected - spikes else 0.0
        memory[y + i] = height * spikes if rate > 0.0 else -(height * spikes)


@inner_kernel
def izhikevich(memory: Memory, row: Any) -> None:
    """Advance Izhikevich neurons, and put out their spikes."""
    x, y, c, height, dt = row.of, row.to, row.by, row.factor, row.decay
    tau, coupling, v_reset = memory[c], memory[c + ONE], memory[c + TWO]
    u_reset = memory[c + THREE]
    for i in range(row.size):
        v, u, j = memory[row.state + i], memory[row.waiting + i], memory[x + i]
        j = -30.0 if j < -30.0 else j
        v += (0.04 * (v * v) + 5 * v + 140 - u + j) * 1000 * dt
        spikes = v >= 30
        v = v_reset if spikes else v
        u += tau * (coupling * v - u) * 1000 * dt
        memory[row.state + i] = v
        memory[row.waiting + i] = u + u_reset if spikes else u
        memory[y + i] = height if spikes else 0.0


@inner_kernel
def rectify(memory: Memory, row: Any) -> None:
    """Put out a multiple of what is positive of the input."""
    y, x, factor, adds = row.to, row.of, row.factor, row.adds
    for i in range(row.size):
        value = memory[x + i]
        give(memory, y + i, factor * (0.0 if value < 0.0 else value), adds)


@inner_kernel
def sigmoid(memory: Memory, row: Any) -> None:
    """Put out a multiple of the logistic function of the input."""
    y, x, factor = row.to, row.of, row.factor
    for i in range(row.size):
        memory[y + i] = factor / (2.0 + elementary.expm1(-memory[x + i]))


@inner_kernel
def tanh(memory: Memory, row: Any) -> None:
    """Put out a multiple of the hyperbolic tangent of the input."""
    y, x, factor = row.to, row.of, row.factor
    for i in range(row.size):
        less_1 = elementary.expm1(2.0 * memory[x + i])
        memory[y + i] = factor * (less_1 / (less_1 + 2.0))


@inner_kernel
def lif_rates(memory: Memory, row: Any) -> None:
    """Put out the firing rates of LIF neurons."""
    y, x, c, amplitude = row.to, row.of, row.by, row.factor
    tau_ref, tau_rc = memory[c], memory[c + ONE]
    for i in range(row.size):
        excess = memory[x + i] - 1.0
        above = excess if excess > 0.0 else 1.0
        rate = amplitude / (tau_ref + tau_rc * elementary.log1p(1.0 / above))
        memory[y + i] = 0.0 if excess <= 0.0 else rate
