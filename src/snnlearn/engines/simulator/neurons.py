"""Write neurons down as rows of a program; ``nengo.neurons`` has their steps."""

from collections.abc import Callable
from typing import Any

import nengo
import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.signal import Signal
from nengo.neurons import NeuronType

from snnlearn.engines import lif
from snnlearn.engines.simulator.program import Program
from snnlearn.engines.simulator.rows import Kind

#: Exponentials of more than this come near the limits of float64.
LARGEST_EXPONENT = 600.0

#: Where a signal begins in the memory.
At = Callable[[Signal], int]

#: Fields of rows that tell where the spikes of a population are listed; None of rates.
Spikes = dict[str, int] | None


def obstacle(neurons: NeuronType, dt: float) -> str | None:
    """What keeps neurons from being written down, as the rest of a sentence; None for nothing.

    Parameters
    ----------
    neurons : nengo.neurons.NeuronType
        The neurons.
    dt : float
        Time step in seconds.

    Returns
    -------
    str or None
        The reason.
    """
    if type(neurons) is nengo.PoissonSpiking:
        return f"has neurons of type {neurons}, which draw more numbers the more they spike"
    if type(neurons) not in NEURONS:
        return f"has neurons of type {neurons}"
    if isinstance(neurons, nengo.LIF) and (
        max(neurons.tau_ref, dt) > LARGEST_EXPONENT * neurons.tau_rc
    ):
        return f"has times of more than {LARGEST_EXPONENT:g} tau_rc"
    return None


def _lif(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    return _lif_with(program, at, operator, at(operator.J), dt)


def _adaptive_lif(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    spikes = _lif_with(program, at, operator, _less_adaptation(program, at, operator), dt)
    _adapt(program, at, operator, dt)
    return spikes


def _lif_rate(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    return _rate_with(program, at, operator, at(operator.J))


def _adaptive_lif_rate(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    _rate_with(program, at, operator, _less_adaptation(program, at, operator))
    _adapt(program, at, operator, dt)
    return None


def _lif_with(program: Program, at: At, operator: SimNeurons, current: int, dt: float) -> Spikes:
    neurons, size = operator.neurons, operator.output.size
    population = program.population(size)
    program.emit(
        Kind.LIF,
        to=at(operator.output),
        of=current,
        by=program.constant(np.array(lif.constants(neurons, dt, np.float64))),
        size=size,
        state=at(operator.state["voltage"]),
        waiting=at(operator.state["refractory_time"]),
        factor=lif.height(neurons, dt, np.float64),
        **population,
    )
    return population


def _rate_with(program: Program, at: At, operator: SimNeurons, current: int) -> Spikes:
    neurons = operator.neurons
    by = program.constant(np.array([neurons.tau_ref, neurons.tau_rc], np.float64))
    fields = {"to": at(operator.output), "of": current, "by": by, "size": operator.output.size}
    program.emit(Kind.LIF_RATES, factor=neurons.amplitude, **fields)
    return None


def _less_adaptation(program: Program, at: At, operator: SimNeurons) -> int:
    """Where the current begins that is left of J when the adaptation n is subtracted."""
    size = operator.J.size
    left = program.allocate(np.zeros(size))
    adaptation = at(operator.state["adaptation"])
    program.emit(Kind.COPY, to=left, of=at(operator.J), size=size)
    program.emit(Kind.GAIN, to=left, of=adaptation, size=size, factor=-1.0, adds=True)
    return left


def _adapt(program: Program, at: At, operator: SimNeurons, dt: float) -> None:
    """Advance the adaptation: n = n + dt / τ_n (inc_n y - n), for outputs y."""
    neurons, size, adaptation = operator.neurons, operator.J.size, at(operator.state["adaptation"])
    change = program.allocate(np.zeros(size))
    program.emit(Kind.GAIN, to=change, of=at(operator.output), size=size, factor=neurons.inc_n)
    program.emit(Kind.GAIN, to=change, of=adaptation, size=size, factor=-1.0, adds=True)
    factor = dt / neurons.tau_n
    program.emit(Kind.GAIN, to=adaptation, of=change, size=size, factor=factor, adds=True)


def _rectified(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    return _element_by_element(program, at, operator, Kind.RECTIFY, operator.neurons.amplitude)


def _sigmoid(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    return _element_by_element(program, at, operator, Kind.SIGMOID, 1.0 / operator.neurons.tau_ref)


def _tanh(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    return _element_by_element(program, at, operator, Kind.TANH, 1.0 / operator.neurons.tau_ref)


def _element_by_element(
    program: Program, at: At, operator: SimNeurons, kind: Kind, factor: float
) -> Spikes:
    """Put out a function of each current times a factor."""
    fields = {"to": at(operator.output), "of": at(operator.J), "size": operator.output.size}
    program.emit(kind, factor=factor, **fields)
    return None


def _spiking_rectified(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    """Integrate voltages, v = v + dt max(J, 0), whose whole part is spikes."""
    return _integrated(program, at, operator, Kind.RECTIFY, dt)


def _regular(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    """Do the same, v = v + dt J, for rates J that the base type gives."""
    return _integrated(program, at, operator, Kind.GAIN, dt)


def _integrated(program: Program, at: At, operator: SimNeurons, kind: Kind, dt: float) -> Spikes:
    size, voltage, y = operator.output.size, at(operator.state["voltage"]), at(operator.output)
    program.emit(kind, to=voltage, of=at(operator.J), size=size, factor=dt, adds=True)
    height = operator.neurons.amplitude / dt
    program.emit(Kind.WHOLE_SPIKES, to=y, size=size, state=voltage, factor=height)
    return _list(program, y, size)


def _stochastic(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    """Round the spikes that are expected of rates J, up or down as numbers drawn say."""
    size, y = operator.output.size, at(operator.output)
    fields = {"of": at(operator.J), "by": program.draw(size), "decay": dt}
    program.emit(Kind.ROUND, to=y, size=size, factor=operator.neurons.amplitude / dt, **fields)
    return _list(program, y, size)


def _izhikevich(program: Program, at: At, operator: SimNeurons, dt: float) -> Spikes:
    neurons, size, y = operator.neurons, operator.output.size, at(operator.output)
    resets = neurons.reset_voltage, neurons.reset_recovery
    program.emit(
        Kind.IZHIKEVICH,
        to=y,
        of=at(operator.J),
        by=program.constant(np.array([neurons.tau_recovery, neurons.coupling, *resets])),
        size=size,
        state=at(operator.state["voltage"]),
        waiting=at(operator.state["recovery"]),
        factor=1 / dt,
        decay=dt,
    )
    return _list(program, y, size)


def _list(program: Program, y: int, size: int) -> Spikes:
    """List the neurons whose output is not zero."""
    population = program.population(size)
    program.emit(Kind.LIST_SPIKES, of=y, size=size, **population)
    return population


#: Who writes rows for neurons of a type; they say where the spikes are listed.
NEURONS: dict[type[NeuronType], Callable[[Program, At, Any, float], Spikes]] = {
    nengo.AdaptiveLIF: _adaptive_lif,
    nengo.AdaptiveLIFRate: _adaptive_lif_rate,
    nengo.Izhikevich: _izhikevich,
    nengo.LIF: _lif,
    nengo.LIFRate: _lif_rate,
    nengo.RectifiedLinear: _rectified,
    nengo.RegularSpiking: _regular,
    nengo.Sigmoid: _sigmoid,
    nengo.SpikingRectifiedLinear: _spiking_rectified,
    nengo.StochasticSpiking: _stochastic,
    nengo.Tanh: _tanh,
}
