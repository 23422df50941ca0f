"""Write a network down as a program for the time loop.

Everything is float64, as in Nengo 4.1, whose source (``nengo.builder`` and the ``step`` and
``make_step`` of neurons and synapses) gives the arithmetic; only the order of summation within a
matrix product differs.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from nengo import LIF
from nengo.builder.learning_rules import SimPES
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

from snnlearn.engines import errors, lif
from snnlearn.engines.simulator import loop
from snnlearn.engines.simulator.graph import Graph
from snnlearn.engines.simulator.rows import ROW, Kind

#: Exponentials of more than this come near the limits of float64.
LARGEST_EXPONENT = 600.0

#: Signals of so many numbers begin at a multiple of it, and columns of so many are added whole.
WIDE = 8


def refuse(part: object, reason: str) -> NoReturn:
    """Refuse a part of a network."""
    errors.refuse(part, reason, reference="nengo")


def check(graph: Graph) -> None:
    """Refuse networks of which an operator is not known, or is used as no other can be.

    Parameters
    ----------
    graph : Graph
        The network.

    Raises
    ------
    UnsupportedNetworkError
        If there is such an operator; the message names it.
    """
    for operator in graph.operators:
        if isinstance(operator, SimPyFunc) and operator.output is None:
            refuse(operator, "calls a function without a result")
        if type(operator) not in _WRITE and operator not in graph.stimuli:
            refuse(operator, "is of an unknown kind")
        if isinstance(operator, SimNeurons):
            times = operator.state.get("refractory_time")
            if any(times in other.reads for other in graph.operators):
                refuse(operator, "has its refractory times read")


class Program:
    """A network as rows and numbers.

    Parameters
    ----------
    graph : Graph
        The network, checked.
    stimuli : numpy.ndarray of float64, shape (steps, numbers)
        What depends on the time only, in the order of the operators that make it.
    dt : float
        Time step in seconds.

    Raises
    ------
    UnsupportedNetworkError
        If the network has a part that cannot be run exactly; the message names it.
    """

    def __init__(self, graph: Graph, stimuli: np.ndarray, dt: float) -> None:
        self._graph, self._stimuli, self._dt = graph, np.ascontiguousarray(stimuli), dt
        self._rows: list[dict[str, Any]] = []
        self._places: list[np.ndarray] = []  # lists of places, one after the other
        self._n_places = 0
        self._values: list[tuple[int, np.ndarray]] = []  # where in the memory, and what
        self._size = 0
        self._begin: dict[Signal, int] = {}  # of signals that own memory
        self._constants: dict[tuple[bytes, tuple[int, ...]], int] = {}
        self._populations: dict[Signal, dict[str, int]] = {}
        self._n_spikes = 0
        self._columns = 0
        self._copies: dict[Signal, int] = {}  # of signals that are not one piece, for an operator
        self._writers: dict[Signal, list[Operator]] = {}
        for operator in graph.operators:
            for signal in (*operator.sets, *operator.incs, *operator.updates):
                self._writers.setdefault(signal.base, []).append(operator)
        self._allocate_signals()
        for operator in graph.operators:
            self._write(operator)
        self._recorded = self._record()

    def run(self) -> dict[str, np.ndarray]:
        """Run the program from the beginning.

        Returns
        -------
        dict of str to numpy.ndarray, shape (steps, *shape of the signal)
            What each probe recorded.
        """
        rows = np.zeros(len(self._rows), ROW)
        for number, row in enumerate(self._rows):
            for name, value in row.items():
                rows[name][number] = value
        memory = np.zeros(self._size)
        for begin, values in self._values:
            memory[begin : begin + values.size] = values
        records = np.empty(sum(part.stop - part.start for part in self._recorded.values()))
        spiked = np.zeros(self._n_spikes, np.uint8)
        loop.run(
            rows,
            memory,
            np.concatenate([np.empty(0, np.uint64), *self._places]),
            self._stimuli,
            records,
            spiked,
            spiked.view(np.uint64),
            np.zeros(self._n_spikes, np.int32),
            np.zeros(len(self._populations), np.uint64),
        )
        shapes = {name: signal.shape for name, signal in self._graph.probed.items()}
        return {
            name: records[part].reshape(len(self._stimuli), *shapes[name])
            for name, part in self._recorded.items()
        }

    # Memory

    def _allocate_signals(self) -> None:
        """Give each signal its place; what is set to zero at the beginning of a step, together."""
        resets = [operator for operator in self._graph.operators if _is_plain_reset(operator)]
        for operator in resets:
            self._begin[operator.dst.base] = self._allocate(np.zeros(operator.dst.size))
        if resets:
            self._emit(Kind.FILL, to=0, size=self._size)
        for base in self._graph.bases:
            if base not in self._begin:
                self._begin[base] = self._allocate(self._initial(base))

    def _allocate(self, values: np.ndarray) -> int:
        """Where some numbers begin."""
        if values.size >= WIDE:
            self._size += -self._size % WIDE
        begin = self._size
        self._values.append((begin, values))
        self._size += values.size
        return begin

    def _constant(self, values: np.ndarray) -> int:
        """Where constants begin; equal ones, such as an ensemble's decoders, are there once."""
        key = values.tobytes(), values.shape
        if key not in self._constants:
            self._constants[key] = self._allocate(values.reshape(-1))
        return self._constants[key]

    def _initial(self, base: Signal) -> np.ndarray:
        """What a signal starts with, shape (size,).

        In place of their refractory times, neurons keep what :mod:`snnlearn.engines.lif` says.
        """
        value: np.ndarray = np.asarray(base.initial_value, np.float64).reshape(-1)
        for operator in self._writers.get(base, ()):
            if (
                isinstance(operator, SimNeurons)
                and operator.state.get("refractory_time") is base
            ):
                value = np.expm1((value - 2 * self._dt) / operator.neurons.tau_rc)
        return value

    def _at(self, signal: Signal) -> int:
        """Where a signal begins; if it is not one piece, where a copy of it does."""
        if any(isinstance(writer, TimeUpdate) for writer in self._writers.get(signal.base, ())):
            refuse("an operator", "reads the time")
        if _is_one_piece(signal):
            return self._begin[signal.base] + signal.elemoffset
        if signal not in self._copies:
            copy = self._allocate(np.zeros(signal.size))
            self._copies[signal] = copy
            self._pick(copy + np.arange(signal.size), self._indices(signal))
        return self._copies[signal]

    def _indices(self, signal: Signal) -> np.ndarray:
        """Where each number of a signal lies, in the shape of the signal."""
        places = np.full(signal.shape, self._begin[signal.base] + signal.elemoffset)
        for axis, stride in enumerate(signal.elemstrides):
            steps = stride * np.arange(signal.shape[axis])
            places += steps.reshape(-1, *[1] * (signal.ndim - axis - 1))
        return places

    # Rows

    def _emit(self, kind: Kind, **fields: Any) -> None:
        self._rows.append({"kind": kind, **fields})

    def _list(self, places: np.ndarray) -> int:
        """Where a list of places begins."""
        begin = self._n_places
        self._places.append(places.reshape(-1).astype(np.uint64))
        self._n_places += places.size
        return begin

    def _pick(self, to: np.ndarray, of: np.ndarray, adds: bool = False) -> None:
        of = np.broadcast_to(of.reshape(to.shape) if of.size == to.size else of, to.shape)
        self._emit(Kind.PICK, to=self._list(to), of=self._list(of), size=to.size, adds=adds)

    def _write(self, operator: Operator) -> None:
        if operator in self._graph.stimuli:
            self._stimulus(operator)
        else:
            _WRITE[type(operator)](self, operator)
        for signal in (*operator.sets, *operator.incs, *operator.updates):
            if signal in self._copies:
                copy = self._copies[signal] + np.arange(signal.size)
                self._pick(self._indices(signal), copy)
        self._copies.clear()

    def _nothing(self, operator: Operator) -> None:
        """Time passes in the loop, and probes are read at the end of the step."""

    def _stimulus(self, operator: Operator) -> None:
        to, size = self._at(operator.output), operator.output.size
        self._emit(Kind.STIMULUS, to=to, of=self._columns, size=size, adds=bool(operator.incs))
        self._columns += size

    def _record(self) -> dict[str, slice]:
        """Record what is probed at the end of a step, and say where of the records it will be."""
        recorded, begin = {}, 0
        for name, signal in self._graph.probed.items():
            self._emit(Kind.RECORD, to=begin, of=self._at(signal), size=signal.size)
            recorded[name] = slice(begin, begin + len(self._stimuli) * signal.size)
            begin = recorded[name].stop
        return recorded

    def _reset(self, operator: Reset) -> None:
        if not _is_plain_reset(operator):
            to, size = self._at(operator.dst), operator.dst.size
            self._emit(Kind.FILL, to=to, size=size, factor=operator.value)

    def _copy(self, operator: Copy) -> None:
        src, dst = operator.src, operator.dst
        whole = operator.src_slice is None and operator.dst_slice is None
        if whole and src.shape == dst.shape and _is_one_piece(src) and _is_one_piece(dst):
            kind = Kind.ADD if operator.inc else Kind.COPY
            self._emit(kind, to=self._at(dst), of=self._at(src), size=dst.size)
        else:
            to, of = self._indices(dst), self._indices(src)
            to = to if operator.dst_slice is None else to[operator.dst_slice]
            of = of if operator.src_slice is None else of[operator.src_slice]
            self._pick(to, of, operator.inc)

    def _elementwise_inc(self, operator: ElementwiseInc) -> None:
        a, x, y = operator.A, operator.X, operator.Y
        pieces = all(map(_is_one_piece, (a, x, y)))
        if pieces and x.shape == y.shape and (a.shape == y.shape or a.size == 1):
            kind = Kind.MULTIPLY if a.shape == y.shape else Kind.SCALE
            self._emit(kind, to=self._at(y), of=self._at(x), by=self._at(a), size=y.size)
        else:
            to = self._indices(y)
            of, by = (self._list(np.broadcast_to(self._indices(s), y.shape)) for s in (x, a))
            self._emit(Kind.MULTIPLY_PICKED, to=self._list(to), of=of, by=by, size=y.size)

    def _dot_inc(self, operator: DotInc) -> None:
        a, x = operator.A, operator.X
        if a.ndim != 2:
            refuse(operator, "does not multiply a matrix with a vector")
        size, terms = a.shape
        constant = a.base not in self._writers
        by = self._constant(np.array(a.initial_value.T, np.float64, order="C")) if constant else (
            self._at(a)
        )
        fields = {"to": self._at(operator.Y), "of": self._at(x), "by": by, "size": size}
        if x in self._populations and len(self._writers[x.base]) == 1:
            kind = Kind.ADD_SPIKES if constant and size >= WIDE else Kind.DOT_SPIKES
            row_step, column_step = (1, size) if constant else (terms, 1)
            fields |= {"row_step": row_step, "column_step": column_step, **self._populations[x]}
        else:
            kind = Kind.DOT_COLUMNS if constant else Kind.DOT_ROWS
            fields["terms"] = terms
        self._emit(kind, **fields)

    def _pes(self, operator: SimPES) -> None:
        activities = operator.pre_filtered
        self._emit(
            Kind.PES,
            to=self._at(operator.delta),
            of=self._at(activities),
            by=self._at(operator.error),
            size=operator.error.size,
            terms=activities.size,
            factor=-operator.learning_rate * self._dt / activities.shape[0],
        )

    def _filter(self, operator: SimProcess) -> None:
        process = operator.process
        if not isinstance(process, LinearFilter):
            refuse(operator, "is not a linear filter")
        state = {name: np.zeros(signal.shape) for name, signal in operator.state.items()}
        shapes = operator.input.shape, operator.output.shape
        step = process.make_step(*shapes, self._dt, None, state)
        fields = {
            "to": self._at(operator.output),
            "of": self._at(operator.input),
            "size": operator.output.size,
            "adds": operator.mode == "inc",
        }
        if isinstance(step, LinearFilter.NoX):
            self._emit(Kind.GAIN, factor=step.d, **fields)
            return
        fields["state"] = self._at(operator.state["X"])
        if isinstance(step, LinearFilter.OneX):
            self._emit(Kind.LOW_PASS, decay=step.a, factor=step.b, **fields)
            return
        terms = len(step.A)
        room = np.zeros(terms)
        matrices = [np.ravel(values) for values in (step.A, step.B, step.C, step.D)]
        by = self._allocate(np.concatenate([*matrices, room]))
        through = isinstance(step, LinearFilter.General)
        kind = Kind.FILTER_THROUGH if through else Kind.FILTER
        self._emit(kind, by=by, terms=terms, **fields)

    def _neurons(self, operator: SimNeurons) -> None:
        neurons, dt = operator.neurons, self._dt
        if type(neurons) is not LIF:
            refuse(operator, f"has neurons of type {neurons}")
        if max(neurons.tau_ref, dt) > LARGEST_EXPONENT * neurons.tau_rc:
            refuse(operator, f"has times of more than {LARGEST_EXPONENT:g} tau_rc")
        size = operator.output.size
        population = {"population": len(self._populations), "spikes": self._n_spikes}
        self._populations[operator.output] = population
        self._n_spikes += 8 * (size // 8 + 1)
        self._emit(
            Kind.LIF,
            to=self._at(operator.output),
            of=self._at(operator.J),
            by=self._constant(np.array(lif.constants(neurons, dt, np.float64))),
            size=size,
            state=self._at(operator.state["voltage"]),
            waiting=self._at(operator.state["refractory_time"]),
            factor=lif.height(neurons, dt, np.float64),
            **population,
        )


def _is_one_piece(signal: Signal) -> bool:
    """Whether the numbers of a signal lie one after the other."""
    contiguous = np.cumprod([1, *signal.shape[:0:-1]])[::-1]
    strides = zip(signal.shape, signal.elemstrides, contiguous, strict=False)
    return all(length <= 1 or stride == expected for length, stride, expected in strides)


def _is_plain_reset(operator: Operator) -> bool:
    """Whether an operator sets all of a signal to zero, before anything else happens to it."""
    return (
        isinstance(operator, Reset)
        and operator.value == 0
        and operator.dst.size == operator.dst.base.size
    )


#: Who writes rows for an operator of Nengo.
_WRITE: dict[type[Operator], Callable[[Program, Any], None]] = {
    Copy: Program._copy,
    DotInc: Program._dot_inc,
    ElementwiseInc: Program._elementwise_inc,
    Reset: Program._reset,
    SimNeurons: Program._neurons,
    SimPES: Program._pes,
    SimProbe: Program._nothing,
    SimProcess: Program._filter,
    TimeUpdate: Program._nothing,
}
