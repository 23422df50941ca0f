"""Run networks as programs of one time loop that Numba compiled, one seed after the other.

A step of Nengo is some 50 to 80 operators, each a Python call on small arrays, and most of its
time is Python's. Here the operators become rows of a table, and one function of machine code
goes through them in each step. It is the same for every network: none is compiled anew.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np
from nengo.builder import Model
from nengo.builder.operator import Operator, SimPyFunc
from nengo.processes import PresentInput

from snnlearn.engines.simulator.building import Probed, build
from snnlearn.engines.simulator.graph import Graph, read
from snnlearn.engines.simulator.operators import check, refuse, write
from snnlearn.seeding import Seed


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

    Notes
    -----
    Functions of time that compare equal are evaluated once for all seeds: they are taken to
    depend on nothing but the time.
    """
    stimuli = _Stimuli(steps, dt)
    for seed in seeds:
        probed = network_of(seed)
        model = build(probed.network, dt)
        graph = read(model, probed.probes)
        check(graph)
        yield write(graph, dt).run(stimuli.of(graph)), model


class _Stimuli:
    """What depends on the time only, computed for all steps by Nengo's own functions."""

    def __init__(self, steps: int, dt: float) -> None:
        self._times = [float(time) for time in dt * np.arange(1, steps + 1)]
        self._dt = dt
        self._known: dict[tuple[int, tuple[int, ...], Hashable], np.ndarray] = {}

    def of(self, graph: Graph) -> np.ndarray:
        """The stimuli of one network, shape (steps, numbers)."""
        values = [np.empty((len(self._times), 0))]
        for number, operator in enumerate(graph.stimuli):
            if not isinstance(operator, SimPyFunc):
                values.append(self._of_process(operator))
            elif isinstance(operator.fn, Hashable):
                key = number, operator.output.shape, operator.fn
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
