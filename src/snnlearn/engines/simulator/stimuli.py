"""What depends on the time only, computed for all steps before a network runs."""

import inspect
from collections.abc import Hashable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np
from nengo import Process
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import Operator, SimPyFunc
from nengo.exceptions import SimulationError
from nengo.processes import PresentInput, WhiteSignal
from nengo.utils.functions import function_name

from snnlearn.engines.simulator.graph import Graph, indices


class Stimuli:
    """The stimuli of networks that run for the same steps, by Nengo's own functions.

    What the functions of a network gave is kept for the next one, which may have the same.

    Parameters
    ----------
    steps : int
        Time steps.
    dt : float
        Time step in seconds.
    """

    def __init__(self, steps: int, dt: float) -> None:
        self._times = [float(time) for time in dt * np.arange(1, steps + 1)]
        self._dt = dt
        self._known: dict[tuple[int, tuple[int, ...], Hashable], np.ndarray] = {}

    def of(self, graph: Graph) -> np.ndarray:
        """The stimuli of one network, then what its neurons draw, shape (steps, numbers)."""
        found: dict[Operator, np.ndarray] = {}
        known, self._known = self._known, {}
        for number, (operator, source) in enumerate(graph.stimuli.items()):
            if not isinstance(operator, SimPyFunc):
                found[operator] = self._of_process(operator)
            elif source is not None:
                inputs = found[source][:, indices(operator.x).reshape(-1)]
                found[operator] = self._of_function(operator, inputs)
            elif isinstance(operator.fn, Hashable):
                key = number, operator.output.shape, operator.fn
                given = known[key] if key in known else self._of_function(operator)
                found[operator] = self._known[key] = given
            else:
                found[operator] = self._of_function(operator)
        drawn = [self._drawn(operator) for operator in graph.drawing]
        return np.concatenate([np.empty((len(self._times), 0)), *found.values(), *drawn], axis=1)

    def _drawn(self, operator: SimNeurons) -> np.ndarray:
        """What neurons draw, shape (steps, neurons), by a copy of their own generator."""
        rng = deepcopy(operator.state_extra["rng"])
        return rng.random_sample((len(self._times), operator.output.size))

    def _of_function(self, operator: Operator, inputs: np.ndarray | None = None) -> np.ndarray:
        """What a function gives, shape (steps, numbers), of the time, inputs like this, or both."""
        values = np.empty((len(self._times), *operator.output.shape))
        arguments: list[Iterable[Any]] = [] if operator.t is None else [self._times]
        if inputs is not None:
            arguments.append(inputs.reshape(-1, *operator.x.shape).copy())
        for n, given in enumerate(zip(*arguments, strict=True)):
            values[n] = operator.fn(*given)
        if not np.isfinite(values).all():
            raise SimulationError(f"{function_name(operator.fn)!r} returned a non-finite value")
        return values.reshape(len(values), -1)

    def _of_process(self, operator: Operator) -> np.ndarray:
        process, shape = operator.process, operator.output.shape
        if isinstance(process, PresentInput):
            since = np.array(self._times) - self._dt
            shown = (since / process.presentation_time + 1e-7).astype(int)  # as its own step does
            inputs = process.inputs
            return inputs[shown % len(inputs)].reshape(len(shown), -1)
        return of_process(process, shape, len(self._times), self._dt).reshape(len(self._times), -1)


def of_process(process: Process, shape: tuple[int, ...], steps: int, dt: float) -> np.ndarray:
    """What a process without input gives, with the bits of its own ``run_steps``.

    Parameters
    ----------
    process : nengo.Process
        The process, with a seed.
    shape : tuple of int
        The shape of what it gives in a step.
    steps : int
        Time steps.
    dt : float
        Time step in seconds.

    Returns
    -------
    numpy.ndarray, shape (steps, *shape)
        The first row is that of the time ``dt``.
    """
    state = process.make_state((0,), shape, dt)
    step = process.make_step((0,), shape, dt, process.get_rng(None), state)
    if type(process) is WhiteSignal:
        # Its step looks the n-th row up in an array that holds a period.
        period = inspect.getclosurevars(step).nonlocals["signal"]
        return period[np.arange(1, steps + 1) % len(period)]
    values = np.empty((steps, *shape))
    for n, time in enumerate(dt * np.arange(1, steps + 1)):
        values[n] = step(float(time))
    return values
