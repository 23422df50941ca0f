"""The operators of a built network, in an order that is always the same."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import nengo
import numpy as np
from nengo.builder import Model
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import Operator, SimPyFunc
from nengo.builder.processes import SimProcess
from nengo.builder.signal import Signal
from nengo.neurons import StochasticSpiking
from nengo.utils.simulator import operator_dependency_graph

from snnlearn.engines.simulator.sampling import period

#: The signals of an operator by the part they have in it, as Nengo calls them.
WRITING = ("sets", "incs", "updates")
ROLES = (*WRITING, "reads")


@dataclass(frozen=True)
class Graph:
    """A network as a list of operators that are to be run in this order in each step.

    Attributes
    ----------
    operators : list of nengo.builder.operator.Operator
        The operators.
    probed : dict of str to nengo.builder.signal.Signal
        What to record after each step.
    periods : dict of str to float
        In how many steps each of these is recorded once; 1 and below for every step.
    """

    operators: list[Operator]
    probed: dict[str, Signal]
    periods: dict[str, float]

    @cached_property
    def writers(self) -> dict[Signal, list[Operator]]:
        """Who writes to each signal that owns memory, or to a part of it; others are not there."""
        found: dict[Signal, list[Operator]] = {}
        for operator in self.operators:
            for role in WRITING:
                for signal in getattr(operator, role):
                    found.setdefault(signal.base, []).append(operator)
        return found

    @cached_property
    def stimuli(self) -> dict[Operator, Operator | None]:
        """The operators whose results depend on the time only.

        For a function of such a result, which is computed in the same step, the operator that
        gives it stands beside it.
        """
        found: dict[Operator, Operator | None] = {}
        results: dict[Signal, Operator] = {}  # which nothing else writes
        for operator in self.operators:
            if not _is_stimulus(operator):
                if not isinstance(operator, SimPyFunc) or operator.x.base not in results:
                    continue
                found[operator] = results[operator.x.base]
            else:
                found[operator] = None
            for signal in operator.sets:
                if not signal.is_view and len(self.writers[signal]) == 1:
                    results[signal] = operator
        return found

    @cached_property
    def drawing(self) -> list[Operator]:
        """Neurons that take a random number each in every step, whatever their input is."""
        return [
            operator
            for operator in self.operators
            if isinstance(operator, SimNeurons) and type(operator.neurons) is StochasticSpiking
        ]

    @cached_property
    def bases(self) -> list[Signal]:
        """The signals that own the memory of all others, in the order of their first use."""
        signals = (s for op in self.operators for role in ROLES for s in getattr(op, role))
        return list(dict.fromkeys(signal.base for signal in signals))


def read(model: Model, probes: Mapping[str, nengo.Probe]) -> Graph:
    """Read the operators of a built network and put them in order."""
    return Graph(
        in_order(model.operators),
        {name: model.sig[probe]["in"] for name, probe in probes.items()},
        {name: period(probe, model.dt) for name, probe in probes.items()},
    )


def in_order(operators: list[Operator]) -> list[Operator]:
    """Order operators as their signals demand, and as they were built where that leaves a choice.

    Nengo demands that a signal is set before it is incremented, incremented before it is read,
    and read before it is updated. Its own order breaks ties by hashes of memory addresses.

    Parameters
    ----------
    operators : list of nengo.builder.operator.Operator
        In the order in which they were built.

    Returns
    -------
    list of nengo.builder.operator.Operator
        The same, ordered.
    """
    number = {operator: n for n, operator in enumerate(operators)}
    followers = operator_dependency_graph(operators)
    waits_for = np.zeros(len(operators), int)
    for following in followers.values():
        for operator in following:
            waits_for[number[operator]] += 1
    ready = [n for n in range(len(operators)) if waits_for[n] == 0]
    ordered = []
    while ready:
        operator = operators[heapq.heappop(ready)]
        ordered.append(operator)
        for follower in followers[operator]:
            waits_for[number[follower]] -= 1
            if waits_for[number[follower]] == 0:
                heapq.heappush(ready, number[follower])
    return ordered


def is_one_piece(signal: Signal) -> bool:
    """Whether the numbers of a signal lie one after the other."""
    expected = 1
    for length, stride in zip(signal.shape[::-1], signal.elemstrides[::-1], strict=True):
        if length > 1 and stride != expected:
            return False
        expected *= length
    return True


def indices(signal: Signal) -> np.ndarray:
    """Where in the signal that owns the memory each number of a signal lies, in its shape."""
    places = np.full(signal.shape, signal.elemoffset)
    for axis, stride in enumerate(signal.elemstrides):
        steps = stride * np.arange(signal.shape[axis])
        places += steps.reshape(-1, *[1] * (signal.ndim - axis - 1))
    return places


def _is_stimulus(operator: Operator) -> bool:
    if isinstance(operator, SimPyFunc):
        return operator.x is None
    return isinstance(operator, SimProcess) and operator.input is None
