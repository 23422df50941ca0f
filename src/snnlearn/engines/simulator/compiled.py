"""Run networks as programs of one time loop that Numba compiled, one seed after the other.

A step of Nengo is some 50 to 80 operators, each a Python call on small arrays, and most of its
time is Python's. Here the operators become rows of a table, and one function of machine code
goes through them in each step. It is the same for every network: none is compiled anew.
"""

from collections.abc import Hashable

import numpy as np
from nengo.builder import Model
from nengo.builder.operator import Operator, SimPyFunc
from nengo.builder.processes import SimProcess
from nengo.processes import PresentInput
from nengo.utils.graphs import toposort
from nengo.utils.numpy import maxint
from nengo.utils.simulator import operator_dependency_graph

from snnlearn.engines.simulator.building import Probed, build, seed_of_rest
from snnlearn.engines.simulator.graph import Graph, indices, read
from snnlearn.engines.simulator.operators import check, write


class Compiled:
    """Runs networks for some steps of ``dt`` seconds.

    Functions of time that compare equal are evaluated once for all networks: they are taken to
    depend on nothing but the time.
    """

    def __init__(self, steps: int, dt: float) -> None:
        self._times = [float(time) for time in dt * np.arange(1, steps + 1)]
        self._dt = dt
        self._known: dict[tuple[int, tuple[int, ...], Hashable], np.ndarray] = {}

    def run(self, probed: Probed) -> tuple[dict[str, np.ndarray], Model]:
        """Simulate a network.

        Returns
        -------
        data : dict of str to numpy.ndarray, shape (steps recorded, dimensions)
            What each probe recorded.
        model : nengo.builder.Model
            The network as it was built.

        Raises
        ------
        UnsupportedNetworkError
            If the network has a part that cannot be run exactly.
        """
        model = build(probed.network, self._dt)
        graph = read(model, probed.probes)
        check(graph)
        return write(graph, self._dt).run(self._stimuli(graph, model)), model

    def _stimuli(self, graph: Graph, model: Model) -> np.ndarray:
        """What depends on the time only, computed by Nengo, shape (steps, numbers)."""
        known: dict[Operator, np.ndarray] = {}
        for number, (operator, source) in enumerate(graph.stimuli.items()):
            if not isinstance(operator, SimPyFunc):
                known[operator] = self._of_process(operator, model)
            elif source is not None:
                inputs = known[source][:, indices(operator.x).reshape(-1)]
                known[operator] = self._of_function(operator, inputs)
            elif isinstance(operator.fn, Hashable):
                key = number, operator.output.shape, operator.fn
                if key not in self._known:
                    self._known[key] = self._of_function(operator)
                known[operator] = self._known[key]
            else:
                known[operator] = self._of_function(operator)
        return np.concatenate([np.empty((len(self._times), 0)), *known.values()], axis=1)

    def _of_function(self, operator: Operator, inputs: np.ndarray | None = None) -> np.ndarray:
        """What a function gives, shape (steps, numbers), of the time, inputs like this, or both."""
        arguments = {operator.t: np.empty(()), operator.output: np.empty(operator.output.shape)}
        if inputs is not None:
            arguments[operator.x] = np.empty(operator.x.shape)
        step = operator.make_step(arguments, self._dt, None)
        values = np.empty((len(self._times), operator.output.size))
        for n, now in enumerate(self._times):
            arguments[operator.t][...] = now
            if inputs is not None:
                arguments[operator.x][...] = inputs[n].reshape(operator.x.shape)
            step()
            values[n] = arguments[operator.output].reshape(-1)
        return values

    def _of_process(self, operator: Operator, model: Model) -> np.ndarray:
        process, shape = operator.process, operator.output.shape
        if isinstance(process, PresentInput):
            since = np.array(self._times) - self._dt
            shown = (since / process.presentation_time + 1e-7).astype(int)  # as its own step does
            inputs = process.inputs
            return inputs[shown % len(inputs)].reshape(len(shown), -1)
        state = {name: signal.initial_value.copy() for name, signal in operator.state.items()}
        step = process.make_step((0,), shape, self._dt, _generator(operator, model), state)
        values = np.empty((len(self._times), *shape))
        for n, now in enumerate(self._times):
            values[n] = step(now)
        return values.reshape(len(values), -1)


def _generator(operator: Operator, model: Model) -> np.random.RandomState:
    """What a process draws from: if it has no seed, one is drawn in the order of Nengo's steps."""
    rng = np.random.RandomState(seed_of_rest(model))
    if operator.process.seed is None:
        for other in toposort(operator_dependency_graph(model.operators)):
            if other is operator:
                break
            if isinstance(other, SimProcess) and other.process.seed is None:
                rng.randint(maxint)
    return operator.process.get_rng(rng)
