"""Run networks of one structure as one XLA-compiled time loop, several seeds at once.

A step of Nengo is some 50 to 80 operators, each a Python call on small arrays, and most of its
time is Python's. Networks that differ in their seed only have the same operators and differ in
their numbers: so one function, compiled once, runs them all.

Each seed gives the same bits whatever other seeds run beside it: seeds are numbers along an
axis over which nothing is summed, and that axis always has :data:`LANES` elements, so that it
is always the same function.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from nengo.builder import Model
from nengo.builder.operator import Operator, SimPyFunc, TimeUpdate
from nengo.builder.signal import Signal
from nengo.processes import PresentInput

from snnlearn.engines import nengodl
from snnlearn.engines.simulator import operators
from snnlearn.engines.simulator.building import Probed, build
from snnlearn.engines.simulator.graph import Graph, read
from snnlearn.engines.simulator.operators import Signals, Tensor, refuse
from snnlearn.seeding import Seed

#: Seeds that run at once. Eight numbers of float64 fill the widest registers there are, and the
#: numbers of eight networks of the chapter's size still fit into a processor's cache.
LANES = 8


def run(
    network_of: Callable[[Seed], Probed], seeds: Sequence[Seed], steps: int, dt: float
) -> Iterator[tuple[dict[str, np.ndarray], Model]]:
    """Simulate the networks of some seeds.

    Parameters
    ----------
    network_of : callable
        Makes the network of a seed.
    seeds : sequence of int or mapping
        The seeds.
    steps : int
        Time steps.
    dt : float
        Time step in seconds.

    Yields
    ------
    data : dict of str to numpy.ndarray, shape (steps, dimensions)
        What each probe recorded.
    model : nengo.builder.Model
        The network as it was built.

    Raises
    ------
    UnsupportedNetworkError
        If the networks have a part that cannot be run exactly.
    ValueError
        If the networks of two seeds differ in more than their numbers.

    Notes
    -----
    Functions of time that compare equal are evaluated once for all seeds: they are taken to
    depend on nothing but the time.
    """
    nengodl.tensorflow(threads=1)  # sums are not to be split between threads
    stimuli = _Stimuli(steps, dt)
    structure: list[Any] | None = None
    loop: _Loop | None = None
    for start in range(0, len(seeds), LANES):
        models, graphs = [], []
        for seed in seeds[start : start + LANES]:
            probed = network_of(seed)
            model = build(probed.network, dt)
            graph = read(model, probed.probes)
            structure = structure or graph.structure()
            if graph.structure() != structure:
                raise ValueError(
                    f"the networks of seeds {seeds[0]} and {seed} differ in more than their "
                    "numbers; use the engine nengo for them"
                )
            loop = loop or _Loop(graph, steps, dt)
            models.append(model)
            graphs.append(graph)
        if loop is not None:
            runs = loop.run(graphs, [stimuli.of(graph) for graph in graphs])
            yield from zip(runs, models, strict=True)


class _Loop:
    """The time loop of all networks that have the structure of a given one."""

    def __init__(self, graph: Graph, steps: int, dt: float) -> None:
        tf = nengodl.tensorflow()
        operators.check(graph.operators)
        self._graph, self._steps, self._dt = graph, steps, dt
        self._states, self._constants = self._sorted_signals()
        self._simulate = tf.function(self._simulated, autograph=False, jit_compile=True)

    def run(
        self, graphs: list[Graph], stimuli: list[np.ndarray]
    ) -> Iterator[dict[str, np.ndarray]]:
        """Simulate up to :data:`LANES` networks, with stimuli of shape (steps, numbers)."""
        repeats = [*range(len(graphs)), *[len(graphs) - 1] * (LANES - len(graphs))]

        def initial(base: Signal) -> np.ndarray:
            number = self._graph.bases.index(base)
            values = [
                operators.initial(graph.bases[number], graph.operators, self._dt)
                for graph in graphs
            ]
            return np.stack([values[lane] for lane in repeats])

        # Decoders of an ensemble are often the same for several connections and probes; given
        # as one array, what they decode is computed once.
        constants: dict[bytes, np.ndarray] = {}
        which = []
        for base in self._constants:
            values = initial(base)
            key = repr(values.shape).encode() + values.tobytes()
            constants.setdefault(key, values)
            which.append(list(constants).index(key))
        recorded = self._simulate(
            [initial(base) for base in self._states],
            list(constants.values()),
            np.stack([stimuli[lane] for lane in repeats], axis=1),
            tuple(which),
        ).numpy()
        for lane in range(len(graphs)):
            columns, data = 0, {}
            for name, signal in self._graph.probed.items():
                values = recorded[:, lane, columns : columns + signal.size]
                data[name] = values.reshape(self._steps, *signal.shape).copy()
                columns += signal.size
            yield data

    def _simulated(
        self,
        states: list[Tensor],
        constants: list[Tensor],
        stimuli: Tensor,
        which: tuple[int, ...],
    ) -> Tensor:
        """The whole simulation, to be compiled; the result is (steps, LANES, probed numbers)."""
        tf = nengodl.tensorflow()
        fixed = {base: constants[n] for base, n in zip(self._constants, which, strict=True)}

        def advance(step: Tensor, states: list[Tensor], records: Any) -> tuple[Any, ...]:
            before = fixed | dict(zip(self._states, states, strict=True))
            signals = Signals(LANES, before.__getitem__)
            record = self._step(signals, stimuli[step])
            after = [signals.values[base] for base in self._states]
            return step + 1, after, records.write(step, record)

        size = sum(signal.size for signal in self._graph.probed.values())
        records = tf.TensorArray(tf.float64, self._steps, element_shape=(LANES, size))
        *_, records = tf.while_loop(
            lambda step, *_: step < self._steps, advance, (tf.constant(0), states, records)
        )
        return records.stack()

    def _step(self, signals: Signals, stimuli: Tensor) -> Tensor:
        """Run all operators once; return what is probed, shape (LANES, numbers)."""
        tf = nengodl.tensorflow()
        columns = 0
        for operator in self._graph.operators:
            if operator in self._graph.stimuli:
                output = operator.output
                value = stimuli[:, columns : columns + output.size]
                (signals.add if operator.incs else signals.write)(output, value)
                columns += output.size
            else:
                operators.apply(operator, signals, self._dt)
        probed = [(signals.read(signal), signal.size) for signal in self._graph.probed.values()]
        return tf.concat([tf.reshape(value, (LANES, size)) for value, size in probed], axis=1)

    def _sorted_signals(self) -> tuple[list[Signal], list[Signal]]:
        """What is carried from step to step, and what never changes.

        A step reads both before it writes them; all other signals it writes first.
        """
        tf = nengodl.tensorflow()
        read_first = []

        def value_before(base: Signal) -> Tensor:
            read_first.append(base)
            return tf.zeros((LANES, base.size), tf.float64)

        with tf.Graph().as_default():
            signals = Signals(LANES, value_before)
            size = sum(operator.output.size for operator in self._graph.stimuli)
            self._step(signals, tf.zeros((LANES, size), tf.float64))
        for operator in self._graph.operators:
            if isinstance(operator, TimeUpdate) and {*operator.sets, *operator.updates} & {
                *read_first
            }:
                refuse("an operator", "reads the time")
        return (
            [base for base in read_first if base in signals.written],
            [base for base in read_first if base not in signals.written],
        )


class _Stimuli:
    """What depends on the time only, computed for all steps by Nengo's own functions."""

    def __init__(self, steps: int, dt: float) -> None:
        self._times = [float(time) for time in dt * np.arange(1, steps + 1)]
        self._dt = dt
        self._known: dict[tuple[int, Hashable], np.ndarray] = {}

    def of(self, graph: Graph) -> np.ndarray:
        """The stimuli of one network, shape (steps, numbers)."""
        values = [np.empty((len(self._times), 0))]
        for number, operator in enumerate(graph.stimuli):
            if not isinstance(operator, SimPyFunc):
                values.append(self._of_process(operator))
            elif isinstance(operator.fn, Hashable):
                key = number, operator.fn
                if key not in self._known:
                    self._known[key] = self._of_function(operator)
                values.append(self._known[key])
            else:
                values.append(self._of_function(operator))
        return np.concatenate(values, axis=1)

    def _of_function(self, operator: Operator) -> np.ndarray:
        time, output = np.empty(()), np.empty(operator.output.shape)
        step = operator.make_step({operator.t: time, operator.output: output}, self._dt, None)
        values = np.empty((len(self._times), *output.shape))
        for n, now in enumerate(self._times):
            time[...] = now
            step()
            values[n] = output
        return values.reshape(len(values), -1)

    def _of_process(self, operator: Operator) -> np.ndarray:
        process, shape = operator.process, operator.output.shape
        if isinstance(process, PresentInput):
            since = np.array(self._times) - self._dt
            shown = (since / process.presentation_time + 1e-7).astype(int)  # as its own step does
            inputs = process.inputs
            return inputs[shown % len(inputs)].reshape(len(shown), -1)
        if process.seed is None:
            refuse(operator, "has no seed of its own")
        state = {name: signal.initial_value.copy() for name, signal in operator.state.items()}
        step = process.make_step((0,), shape, self._dt, process.get_rng(None), state)
        values = np.empty((len(self._times), *shape))
        for n, now in enumerate(self._times):
            values[n] = step(now)
        return values.reshape(len(values), -1)
