"""Write learning rules down as rows of a program; ``nengo.builder.learning_rules`` has them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from nengo.builder.learning_rules import SimBCM, SimOja, SimPES, SimRLS, SimVoja
from nengo.builder.operator import Operator
from nengo.builder.signal import Signal

from snnlearn.engines.simulator.program import Program
from snnlearn.engines.simulator.rows import Kind

#: Where a signal begins in the memory.
At = Callable[[Signal], int]


def _pes(program: Program, at: At, rule: SimPES, dt: float) -> None:
    """Δ = -rate dt / n e aᵀ, for errors e and the activities a of n neurons."""
    factor = -rule.learning_rate * dt / rule.pre_filtered.shape[0]
    _outer(program, at, rule, rule.pre_filtered, at(rule.error), factor)


def _bcm(program: Program, at: At, rule: SimBCM, dt: float) -> None:
    """Δ = rate dt p (p - θ) aᵀ, for activities p and a of the neurons after and before."""
    post, size = at(rule.post_filtered), rule.post_filtered.size
    beyond, product = _room(program, size), _room(program, size)
    program.emit(Kind.GAIN, to=beyond, of=at(rule.theta), size=size, factor=-1.0)
    program.emit(Kind.ADD, to=beyond, of=post, size=size)
    program.emit(Kind.FILL, to=product, size=size)
    program.emit(Kind.MULTIPLY, to=product, of=post, by=beyond, size=size)
    _outer(program, at, rule, rule.pre_filtered, product, rule.learning_rate * dt)


def _oja(program: Program, at: At, rule: SimOja, dt: float) -> None:
    """Δ = rate dt (p aᵀ - β p² W), where each row of the weights W has its p²."""
    post, size, rate = at(rule.post_filtered), rule.post_filtered.size, rule.learning_rate * dt
    square = _room(program, size)
    program.emit(Kind.FILL, to=square, size=size)
    program.emit(Kind.MULTIPLY, to=square, of=post, by=post, size=size)
    _outer(program, at, rule, rule.pre_filtered, post, rate)
    _forget(program, at, rule, square, -rule.beta * rate)


def _rls(program: Program, at: At, rule: SimRLS, dt: float) -> None:
    """Δ = -e gᵀ / d and P = P - g gᵀ / d, with g = P a and d = 1 + aᵀ g, for errors e.

    The inverse correlations P of the activities a begin with the rate and the time step in them.
    They are symmetric but for rounding: stored by rows, they count as stored by columns.
    """
    if rule.delta.shape != (rule.error.size, rule.pre_filtered.size):
        raise ValueError(
            f"{rule} has {rule.error.size} errors for weights of shape {rule.delta.shape}; "
            "learn the weights of a connection to an ensemble or a node"
        )
    pre, size, inverse = at(rule.pre_filtered), rule.pre_filtered.size, at(rule.inv_gamma)
    gain, shares, divisor = _room(program, size), _room(program, size), _room(program, 1)
    program.emit(Kind.FILL, to=gain, size=size)
    program.emit(Kind.DOT_COLUMNS, to=gain, of=pre, by=inverse, size=size, terms=size)
    program.emit(Kind.FILL, to=divisor, size=1, factor=1.0)
    program.emit(Kind.DOT_ROWS, to=divisor, of=gain, by=pre, size=1, terms=size)
    program.emit(Kind.DIVIDE, to=divisor, of=divisor, size=1, factor=1.0)
    program.emit(Kind.FILL, to=shares, size=size)
    program.emit(Kind.SCALE, to=shares, of=gain, by=divisor, size=size)
    outer = {"of": shares, "factor": -1.0, "terms": size}
    program.emit(Kind.ADD_OUTER, to=inverse, by=gain, size=size, **outer)
    program.emit(Kind.OUTER, to=at(rule.delta), by=at(rule.error), size=rule.error.size, **outer)


def _voja(program: Program, at: At, rule: SimVoja, dt: float) -> None:
    """Δ = rate dt s (g p xᵀ - p E), for inputs x, gains g, encoders E and a signal s."""
    post, size, rate = at(rule.post_filtered), rule.post_filtered.size, rule.learning_rate * dt
    active, scaled = _room(program, size), _room(program, size)
    gains = program.constant(np.array(rule.scale, np.float64))
    program.emit(Kind.FILL, to=active, size=size)
    program.emit(Kind.SCALE, to=active, of=post, by=at(rule.learning_signal), size=size)
    program.emit(Kind.FILL, to=scaled, size=size)
    program.emit(Kind.MULTIPLY, to=scaled, of=active, by=gains, size=size)
    _outer(program, at, rule, rule.pre_decoded, scaled, rate)
    _forget(program, at, rule, active, -rate)


def _room(program: Program, size: int) -> int:
    """Make room for numbers that only a rule reads, and say where it begins."""
    return program.allocate(np.zeros(size))


def _outer(program: Program, at: At, rule: Operator, pre: Signal, post: int, factor: float) -> None:
    """Set the change to a multiple of the product of numbers after and before the connection."""
    fields = {"to": at(rule.delta), "of": at(pre), "by": post}
    program.emit(
        Kind.OUTER, size=rule.delta.shape[0], terms=rule.delta.shape[1], factor=factor, **fields
    )


def _forget(program: Program, at: At, rule: Operator, by: int, factor: float) -> None:
    """Add a multiple of the weights to the change, where each row has a number of its own."""
    fields = {"to": at(rule.delta), "of": at(rule.weights), "by": by}
    program.emit(
        Kind.ADD_ROWS, size=rule.delta.shape[0], terms=rule.delta.shape[1], factor=factor, **fields
    )


#: Who writes rows for a learning rule.
RULES: dict[type[Operator], Callable[[Program, At, Any, float], None]] = {
    SimBCM: _bcm,
    SimOja: _oja,
    SimPES: _pes,
    SimRLS: _rls,
    SimVoja: _voja,
}
