"""What each of Nengo's operators does in a step, in TensorFlow and for several seeds at once.

All tensors have the seeds on their first axis. Everything is float64, as in Nengo 4.1, whose
source (``nengo.builder`` and the ``step`` and ``make_step`` of neurons and synapses) gives the
arithmetic; only the order of summation within a matrix product differs.
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

from snnlearn.engines import errors, lif, nengodl

Tensor = Any

#: Exponentials of more than this come near the limits of float64.
LARGEST_EXPONENT = 600.0


class Signals:
    """The values of all signals within a step.

    Parameters
    ----------
    seeds : int
        Size of the first axis.
    value_before : callable
        Gives the value that a signal has before anything in this step has written it; shape
        (seeds, size). It is asked for signals that own memory only, and once for each.
    """

    def __init__(self, seeds: int, value_before: Callable[[Signal], Tensor]) -> None:
        self.seeds = seeds
        self._value_before = value_before
        #: Flat values by the signal that owns the memory, shape (seeds, size).
        self.values: dict[Signal, Tensor] = {}
        #: What has been written in this step.
        self.written: set[Signal] = set()

    def read(self, signal: Signal) -> Tensor:
        """The value of a signal, shape (seeds, *signal.shape)."""
        tf = nengodl.tensorflow()
        values = self._whole(signal.base)
        part = _part(signal)
        if part is not None:
            values = values[:, part.start : part.stop]
        return tf.reshape(values, (self.seeds, *signal.shape))

    def write(self, signal: Signal, value: Tensor) -> None:
        """Set a signal; the value may have any shape with the right number of elements."""
        tf = nengodl.tensorflow()
        base, part = signal.base, _part(signal)
        value = tf.reshape(value, (self.seeds, signal.size))
        if part is not None:
            old = self._whole(base)
            value = tf.concat([old[:, : part.start], value, old[:, part.stop :]], axis=1)
        self.values[base] = value
        self.written.add(base)

    def add(self, signal: Signal, value: Tensor) -> None:
        """Increment a signal."""
        tf = nengodl.tensorflow()
        old = self.read(signal)
        self.write(signal, old + tf.reshape(value, old.shape))

    def _whole(self, base: Signal) -> Tensor:
        if base not in self.values:
            self.values[base] = self._value_before(base)
        return self.values[base]


def _part(signal: Signal) -> slice | None:
    """Where in its base a signal lies; None if it is all of it."""
    contiguous = np.cumprod([1, *signal.shape[:0:-1]])[::-1]
    strides = zip(signal.shape, signal.elemstrides, contiguous, strict=False)
    if any(length > 1 and stride != expected for length, stride, expected in strides):
        refuse(signal, "is not one piece of another signal")
    if signal.size == signal.base.size:
        return None
    return slice(signal.elemoffset, signal.elemoffset + signal.size)


def refuse(part: object, reason: str) -> NoReturn:
    """Refuse a part of a network."""
    errors.refuse(part, reason, reference="nengo")


def initial(signal: Signal, operators: list[Operator], dt: float) -> np.ndarray:
    """The value a signal starts with, shape (size,), for a time step in seconds.

    In place of their refractory times, neurons keep what :mod:`snnlearn.engines.lif` says.
    """
    value: np.ndarray = np.asarray(signal.initial_value, np.float64).reshape(-1)
    for operator in operators:
        if isinstance(operator, SimNeurons) and operator.state.get("refractory_time") is signal:
            value = np.expm1((value - 2 * dt) / operator.neurons.tau_rc)
    return value


def check(operators: list[Operator]) -> None:
    """Refuse what operators, each of them known, do together.

    Raises
    ------
    UnsupportedNetworkError
        If there is something that cannot be run exactly; the message names it.
    """
    for operator in operators:
        if isinstance(operator, SimPyFunc) and operator.output is None:
            refuse(operator, "calls a function without a result")
        if isinstance(operator, SimNeurons):
            times = operator.state.get("refractory_time")
            if any(times in other.reads for other in operators):
                refuse(operator, "has its refractory times read")


def apply(operator: Operator, signals: Signals, dt: float) -> None:
    """Do what an operator does in one step.

    Parameters
    ----------
    operator : nengo.builder.operator.Operator
        The operator.
    signals : Signals
        What it reads and writes.
    dt : float
        Time step in seconds.

    Raises
    ------
    UnsupportedNetworkError
        If the operator is not known, or does something that cannot be done exactly.
    """
    if type(operator) not in _APPLY:
        refuse(operator, "is of an unknown kind")
    _APPLY[type(operator)](operator, signals, dt)


def _nothing(operator: Operator, signals: Signals, dt: float) -> None:
    """Time passes in the loop, and probes are read at the end of the step."""


def _reset(operator: Reset, signals: Signals, dt: float) -> None:
    tf = nengodl.tensorflow()
    shape = (signals.seeds, operator.dst.size)
    signals.write(operator.dst, tf.fill(shape, np.float64(operator.value)))


def _copy(operator: Copy, signals: Signals, dt: float) -> None:
    tf = nengodl.tensorflow()
    if operator.src_slice is not None or operator.dst_slice is not None:
        refuse(operator, "picks single elements")
    value = signals.read(operator.src)
    value = tf.broadcast_to(value, (signals.seeds, *operator.dst.shape))
    (signals.add if operator.inc else signals.write)(operator.dst, value)


def _elementwise_inc(operator: ElementwiseInc, signals: Signals, dt: float) -> None:
    tf = nengodl.tensorflow()

    def aligned(signal: Signal) -> Tensor:
        # Fewer dimensions are filled up from the left, as NumPy does, but behind the seeds.
        missing = (1,) * (operator.Y.ndim - signal.ndim)
        return tf.reshape(signals.read(signal), (signals.seeds, *missing, *signal.shape))

    signals.add(operator.Y, aligned(operator.A) * aligned(operator.X))


def _dot_inc(operator: DotInc, signals: Signals, dt: float) -> None:
    tf = nengodl.tensorflow()
    if operator.A.ndim != 2:
        refuse(operator, "does not multiply a matrix with a vector")
    matrix = signals.read(operator.A)
    vector = tf.reshape(signals.read(operator.X), (signals.seeds, operator.A.shape[1]))
    signals.add(operator.Y, tf.linalg.matvec(matrix, vector))


def _pes(operator: SimPES, signals: Signals, dt: float) -> None:
    activities, error = signals.read(operator.pre_filtered), signals.read(operator.error)
    rate = -operator.learning_rate * dt / operator.pre_filtered.shape[0]
    signals.write(operator.delta, (rate * error)[:, :, None] * activities[:, None, :])


def _filter(operator: SimProcess, signals: Signals, dt: float) -> None:
    process = operator.process
    if not isinstance(process, LinearFilter):
        refuse(operator, "is not a linear filter")
    state = {name: np.zeros(signal.shape) for name, signal in operator.state.items()}
    step = process.make_step(operator.input.shape, operator.output.shape, dt, None, state)
    value = signals.read(operator.input)
    if isinstance(step, LinearFilter.OneX):
        value = step.a * signals.read(operator.state["X"])[:, 0] + step.b * value
        signals.write(operator.state["X"], value)
    elif isinstance(step, LinearFilter.NoX):
        value = step.d * value
    else:
        refuse(operator, "is a filter of an order above one")
    (signals.add if operator.mode == "inc" else signals.write)(operator.output, value)


def _neurons(operator: SimNeurons, signals: Signals, dt: float) -> None:
    """Advance LIF neurons; in place of their refractory times they keep what :mod:`lif` says."""
    neurons = operator.neurons
    if type(neurons) is not LIF:
        refuse(operator, f"has neurons of type {neurons}")
    if max(neurons.tau_ref, dt) > LARGEST_EXPONENT * neurons.tau_rc:
        refuse(operator, f"has times of more than {LARGEST_EXPONENT:g} tau_rc")
    voltage, waiting = (operator.state[name] for name in ("voltage", "refractory_time"))
    spikes, later_voltage, later_waiting = lif.advance(
        signals.read(voltage),
        signals.read(waiting),
        signals.read(operator.J),
        neurons,
        dt,
        np.float64,
    )
    signals.write(voltage, later_voltage)
    signals.write(waiting, later_waiting)
    signals.write(operator.output, spikes)


_APPLY: dict[type[Operator], Callable[[Any, Signals, float], None]] = {
    Copy: _copy,
    DotInc: _dot_inc,
    ElementwiseInc: _elementwise_inc,
    Reset: _reset,
    SimNeurons: _neurons,
    SimPES: _pes,
    SimProbe: _nothing,
    SimProcess: _filter,
    TimeUpdate: _nothing,
}
