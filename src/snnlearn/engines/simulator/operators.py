"""Write Nengo's operators down as rows of a program for the time loop.

Everything is float64, as in Nengo 4.1, whose source (``nengo.builder`` and the ``step`` and
``make_step`` of neurons and synapses) gives the arithmetic; only the order of summation within a
matrix product differs.

Another operator takes a method here that writes its rows, with an entry in the table at the end, a
learning rule a function in :mod:`~snnlearn.engines.simulator.rules`, and neurons one in
:mod:`~snnlearn.engines.simulator.neurons`. Where no rows do what it does, it takes a kind in
:mod:`~snnlearn.engines.simulator.rows`, a function in
:mod:`~snnlearn.engines.simulator.arithmetic` or :mod:`~snnlearn.engines.simulator.dynamics`, and a
branch in :mod:`~snnlearn.engines.simulator.loop`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import (
    Copy,
    DotInc,
    ElementwiseInc,
    Operator,
    Reset,
    SimPyFunc,
    TimeUpdate,
)
from nengo.builder.probe import SimProbe
from nengo.builder.processes import SimProcess
from nengo.builder.signal import Signal
from nengo.synapses import LinearFilter

from snnlearn.engines import errors
from snnlearn.engines.simulator.graph import Graph, indices, is_one_piece
from snnlearn.engines.simulator.neurons import NEURONS, obstacle
from snnlearn.engines.simulator.program import WIDE, Program
from snnlearn.engines.simulator.rows import Kind
from snnlearn.engines.simulator.rules import RULES


def refuse(part: object, reason: str) -> NoReturn:
    """Refuse a part of a network."""
    errors.refuse(part, reason, reference="nengo")


def check(graph: Graph, dt: float) -> None:
    """Refuse networks of which an operator is not known, or is used as no other can be.

    Parameters
    ----------
    graph : Graph
        The network.
    dt : float
        Time step in seconds.

    Raises
    ------
    UnsupportedNetworkError
        If there is such an operator; the message names it.
    """
    for operator in graph.operators:
        if isinstance(operator, SimPyFunc) and operator.output is None:
            refuse(operator, "calls a function without a result")
        if isinstance(operator, SimPyFunc) and operator not in graph.stimuli:
            refuse(operator, "calls a function of an input")
        if type(operator) not in {*_WRITE, *RULES} and operator not in graph.stimuli:
            refuse(operator, "is of an unknown kind")
        if isinstance(operator, SimNeurons):
            if reason := obstacle(operator.neurons, dt):
                refuse(operator, reason)
            times = operator.state.get("refractory_time")
            if any(times in other.reads for other in graph.operators):
                refuse(operator, "has its refractory times read")


def write(graph: Graph, dt: float) -> Program:
    """Write a network down.

    Parameters
    ----------
    graph : Graph
        The network, checked.
    dt : float
        Time step in seconds.

    Returns
    -------
    Program
        The program. It reads its stimuli in the order of the operators that make them.

    Raises
    ------
    UnsupportedNetworkError
        If the network has a part that cannot be run exactly; the message names it.
    """
    return _Writer(graph, dt).program


class _Writer:
    """What is known of a network while it is written down."""

    def __init__(self, graph: Graph, dt: float) -> None:
        self.program = Program(sum(operator.output.size for operator in graph.stimuli))
        self._graph, self._dt = graph, dt
        self._begin: dict[Signal, int] = {}  # where signals that own memory begin
        self._copies: dict[Signal, int] = {}  # and copies of those that are not one piece
        self._populations: dict[Signal, dict[str, int]] = {}  # by the spikes
        self._decoded: dict[tuple[int, Signal], int] = {}  # products of decoders and spikes
        self._columns = 0
        self._allocate_signals()
        for operator in graph.operators:
            self._write(operator)
        for name, signal in graph.probed.items():
            self.program.record(name, self._at(signal), signal.shape, graph.periods[name])

    def _allocate_signals(self) -> None:
        """Give each signal its place; what is set to zero at the beginning of a step, together."""
        resets = [operator for operator in self._graph.operators if _is_plain_reset(operator)]
        for operator in resets:
            self._begin[operator.dst.base] = self.program.allocate(np.zeros(operator.dst.size))
        if resets:
            self.program.emit(Kind.FILL, to=0, size=self.program.size)
        for base in self._graph.bases:
            if base not in self._begin:
                self._begin[base] = self.program.allocate(self._initial(base))

    def _initial(self, base: Signal) -> np.ndarray:
        """What a signal starts with, shape (size,).

        In place of their refractory times, neurons keep what :mod:`snnlearn.engines.lif` says.
        """
        value: np.ndarray = np.asarray(base.initial_value, np.float64).reshape(-1)
        for operator in self._graph.writers.get(base, ()):
            if isinstance(operator, SimNeurons) and operator.state.get("refractory_time") is base:
                value = np.expm1((value - 2 * self._dt) / operator.neurons.tau_rc)
        return value

    def _at(self, signal: Signal) -> int:
        """Where a signal begins; if it is not one piece, where a copy of it does."""
        if is_one_piece(signal):
            return self._begin_of(signal.base) + signal.elemoffset
        if signal not in self._copies:
            copy = self.program.allocate(np.zeros(signal.size))
            self._copies[signal] = copy
            self.program.pick(copy + np.arange(signal.size), self._indices(signal))
        return self._copies[signal]

    def _indices(self, signal: Signal) -> np.ndarray:
        """Where each number of a signal lies, in the shape of the signal."""
        return self._begin_of(signal.base) + indices(signal)

    def _begin_of(self, base: Signal) -> int:
        if any(isinstance(writer, TimeUpdate) for writer in self._graph.writers.get(base, ())):
            refuse("an operator", "reads the time")
        return self._begin[base]

    def _write(self, operator: Operator) -> None:
        if operator in self._graph.stimuli:
            self._stimulus(operator)
        elif type(operator) in RULES:
            RULES[type(operator)](self.program, self._at, operator, self._dt)
        else:
            _WRITE[type(operator)](self, operator)
        for signal in (*operator.sets, *operator.incs, *operator.updates):
            if signal in self._copies:
                copy = self._copies[signal] + np.arange(signal.size)
                self.program.pick(self._indices(signal), copy)
        self._copies.clear()

    def _nothing(self, operator: Operator) -> None:
        """Time passes in the loop, and probes are read at the end of the step."""

    def _stimulus(self, operator: Operator) -> None:
        to, size = self._at(operator.output), operator.output.size
        self.program.emit(
            Kind.STIMULUS, to=to, of=self._columns, size=size, adds=bool(operator.incs)
        )
        self._columns += size

    def _reset(self, operator: Reset) -> None:
        if not _is_plain_reset(operator):
            to, size = self._at(operator.dst), operator.dst.size
            self.program.emit(Kind.FILL, to=to, size=size, factor=operator.value)

    def _copy(self, operator: Copy) -> None:
        src, dst = operator.src, operator.dst
        whole = operator.src_slice is None and operator.dst_slice is None
        if whole and src.shape == dst.shape and is_one_piece(src) and is_one_piece(dst):
            kind = Kind.ADD if operator.inc else Kind.COPY
            self.program.emit(kind, to=self._at(dst), of=self._at(src), size=dst.size)
        else:
            to, of = self._indices(dst), self._indices(src)
            to = to if operator.dst_slice is None else to[operator.dst_slice]
            of = of if operator.src_slice is None else of[operator.src_slice]
            self.program.pick(to, np.broadcast_to(of, to.shape), operator.inc)

    def _elementwise_inc(self, operator: ElementwiseInc) -> None:
        a, x, y = operator.A, operator.X, operator.Y
        pieces = all(map(is_one_piece, (a, x, y)))
        if pieces and x.shape == y.shape and (a.shape == y.shape or a.size == 1):
            kind = Kind.MULTIPLY if a.shape == y.shape else Kind.SCALE
            self.program.emit(kind, to=self._at(y), of=self._at(x), by=self._at(a), size=y.size)
        else:
            to = self._indices(y)
            of, by = (
                self.program.places(np.broadcast_to(self._indices(s), y.shape)) for s in (x, a)
            )
            self.program.emit(
                Kind.MULTIPLY_PICKED, to=self.program.places(to), of=of, by=by, size=y.size
            )

    def _dot_inc(self, operator: DotInc) -> None:
        a, x, y = operator.A, operator.X, operator.Y
        if a.ndim != 2:
            refuse(operator, "does not multiply a matrix with a vector")
        size, terms = a.shape
        constant = a.base not in self._graph.writers
        if constant:
            by = self.program.constant(np.array(a.initial_value.T, np.float64, order="C"))
        else:
            by = self._at(a)
        fields = {"to": self._at(y), "of": self._at(x), "by": by, "size": size}
        if x in self._populations and len(self._graph.writers[x.base]) == 1:
            if constant and self._is_all_of(operator, y):
                if (by, x) in self._decoded:
                    self.program.emit(Kind.COPY, to=self._at(y), of=self._decoded[by, x], size=size)
                    return
                self._decoded[by, x] = self._at(y)
            kind = Kind.ADD_SPIKES if constant and size >= WIDE else Kind.DOT_SPIKES
            row_step, column_step = (1, size) if constant else (terms, 1)
            fields |= {"row_step": row_step, "column_step": column_step, **self._populations[x]}
        else:
            kind = Kind.DOT_COLUMNS if constant else Kind.DOT_ROWS
            fields["terms"] = terms
        self.program.emit(kind, **fields)

    def _is_all_of(self, operator: Operator, signal: Signal) -> bool:
        """Whether nothing but a reset to zero and this operator writes a signal."""
        others = [writer for writer in self._graph.writers[signal.base] if writer is not operator]
        return len(others) == 1 and _is_plain_reset(others[0])

    def _filter(self, operator: SimProcess) -> None:
        process = operator.process
        if not isinstance(process, LinearFilter):
            refuse(operator, "is not a linear filter")
        step = _discrete(process, self._dt)
        fields = {
            "to": self._at(operator.output),
            "of": self._at(operator.input),
            "size": operator.output.size,
            "adds": operator.mode == "inc",
        }
        if isinstance(step, LinearFilter.NoX):
            self.program.emit(Kind.GAIN, factor=step.d, **fields)
            return
        fields["state"] = self._at(operator.state["X"])
        if isinstance(step, LinearFilter.OneX):
            self.program.emit(Kind.LOW_PASS, decay=step.a, factor=step.b, **fields)
            return
        terms = len(step.A)
        matrices = [np.ravel(values) for values in (step.A, step.B, step.C, step.D)]
        by = self.program.allocate(np.concatenate([*matrices, np.zeros(terms)]))
        through = isinstance(step, LinearFilter.General)
        kind = Kind.FILTER_THROUGH if through else Kind.FILTER
        self.program.emit(kind, by=by, terms=terms, **fields)

    def _neurons(self, operator: SimNeurons) -> None:
        spikes = NEURONS[type(operator.neurons)](self.program, self._at, operator, self._dt)
        if spikes is not None:
            self._populations[operator.output] = spikes


@lru_cache(maxsize=1000)
def _discrete(process: LinearFilter, dt: float) -> LinearFilter.Step:
    """What a filter does to a number in a step, from Nengo; networks have few different ones."""
    state = process.make_state((1,), (1,), dt)
    return process.make_step((1,), (1,), dt, None, state)


def _is_plain_reset(operator: Operator) -> bool:
    """Whether an operator sets all of a signal to zero, before anything else happens to it."""
    return (
        isinstance(operator, Reset)
        and operator.value == 0
        and operator.dst.size == operator.dst.base.size
    )


#: Who writes rows for an operator of Nengo.
_WRITE: dict[type[Operator], Callable[[_Writer, Any], None]] = {
    Copy: _Writer._copy,
    DotInc: _Writer._dot_inc,
    ElementwiseInc: _Writer._elementwise_inc,
    Reset: _Writer._reset,
    SimNeurons: _Writer._neurons,
    SimProbe: _Writer._nothing,
    SimProcess: _Writer._filter,
    TimeUpdate: _Writer._nothing,
}
