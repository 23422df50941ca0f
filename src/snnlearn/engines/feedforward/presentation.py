"""A few inputs on their way through a network, layer by layer.

Nothing comes back to a layer from those behind it. So each layer runs through many steps before
the next one begins, and what it passes on is a list of spikes. The current that an input drives
into the first neurons does not change, and is computed once.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from snnlearn.engines import bits, lif
from snnlearn.engines.feedforward import events, sums, wires
from snnlearn.engines.feedforward.chain import Chain, Population, Shared, Weights
from snnlearn.engines.feedforward.wires import Wires

#: Steps through which a layer runs before the next begins.
STEPS_AT_ONCE = bits.SIZE

#: More than what rounding can raise a voltage by in a step, where voltages are about 1: each of the
#: three operations has an error of 6e-8 of its result at most.
ROUNDING = 1e-6


class Neurons:
    """A population with its numbers, and the layers between it and the next one.

    Parameters
    ----------
    population : Population
        The neurons.
    layers : list of Wires
        What follows them, up to the next population.
    weights : sequence of numpy.ndarray
        The network's parameters: a bias may be among them.
    dt : float
        Time step in s.

    Raises
    ------
    ValueError
        If there are more or fewer biases, or states, than neurons.
    """

    def __init__(
        self, population: Population, layers: list[Wires], weights: Weights, dt: float
    ) -> None:
        of, bias = population.neuron_type, population.bias
        self.size, self.gain = population.gain.size, population.gain
        if isinstance(bias, Shared):
            bias = np.asarray(weights[bias.number][bias.start : bias.stop], np.float32)
        if (
            not bias.shape
            == population.voltage.shape
            == population.refractory_time.shape
            == (self.size,)
        ):
            raise ValueError(f"not every neuron of {self.size} has a bias and a state")
        self.bias = bias
        self.constants = lif.constants(of, dt, np.float32)
        self.height = lif.height(of, dt, np.float32)
        waiting = np.expm1((population.refractory_time - dt) / of.tau_rc)
        self.initial = tuple(v.astype(np.float32) for v in (population.voltage, waiting))
        self.rate = (of.amplitude, of.tau_ref, of.tau_rc)
        self.layers = layers or [wires.unchanged(self.size)]
        # The first layer takes spikes, and has their height in its weights.
        self.driving = self.layers[0]._replace(kernel=self.height * self.layers[0].kernel)

    def rates(self, inputs: np.ndarray) -> np.ndarray:
        """Firing rates times amplitude, as NengoDL puts them out when it trains.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, neurons)
            What reaches the neurons, before gains and biases.

        Returns
        -------
        numpy.ndarray of float32, shape (n, neurons)
            In Hz, times the amplitude.
        """
        return lif.rates(inputs, self.gain, self.bias, *self.rate)


class Running:
    """A population while some inputs are presented.

    Parameters
    ----------
    neurons : Neurons
        The population.
    n_inputs : int
        How many inputs.

    Attributes
    ----------
    voltage : numpy.ndarray of float32, shape (inputs, neurons)
        In units of the threshold.
    spikes : tuple of numpy.ndarray
        Of the last steps, as :func:`snnlearn.engines.feedforward.events.fire` gives them.
    """

    def __init__(self, neurons: Neurons, n_inputs: int) -> None:
        self.neurons = neurons
        self.voltage, self._waiting = (
            np.repeat(state[np.newaxis], n_inputs, axis=0) for state in neurons.initial
        )
        shape = n_inputs, neurons.size
        self.spikes = np.empty(shape, np.int32), np.empty(shape, np.uint64), np.zeros(n_inputs, int)

    def fire(self, current: np.ndarray, n_steps: int, last: int | None = None) -> None:
        """Go through some steps with the same current.

        Parameters
        ----------
        current : numpy.ndarray of float32, shape (inputs, neurons)
            Into the membranes, in units of the threshold.
        n_steps : int
            How many.
        last : int, optional
            The current stays for so many steps from the first of these on, and nobody asks for
            the voltages: those of neurons that do not fire until then are not kept up.
        """
        ahead, margin = 0.0, math.inf
        if last is not None:
            step = float(self.neurons.constants.whole_step)
            ahead, margin = 1 - (1 + step) ** last, last * ROUNDING
        held = current, np.float32(ahead), np.float32(margin), n_steps
        events.fire(*held, *self._state, *self.spikes)  # type: ignore[arg-type]

    def follow(self, before: "Running", n_steps: int) -> None:
        """Go through some steps, driven by the population before.

        Parameters
        ----------
        before : Running
            It has gone through them.
        n_steps : int
            How many.
        """
        of = self.neurons
        if len(before.neurons.layers) == 1:
            driven = before.neurons.driving, of.gain, of.bias
            events.relay(*before.spikes, n_steps, *driven, *self._state, *self.spikes)
        else:
            currents = of.gain * before.output(n_steps) + of.bias
            events.respond(currents, *self._state, *self.spikes)

    def output(self, n_steps: int) -> np.ndarray:
        """What the layers behind it make of its spikes.

        Parameters
        ----------
        n_steps : int
            Through how many steps it has gone.

        Returns
        -------
        numpy.ndarray of float32, shape (inputs, steps, outputs)
            In each step.
        """
        first, n_inputs = self.neurons.driving, len(self.voltage)
        outputs = np.empty((n_inputs, n_steps, *first.shape_out), np.float32)
        sums.collect(*self.spikes, first, outputs)
        flat = outputs.reshape(n_inputs * n_steps, -1)
        return through(self.neurons.layers[1:], flat).reshape(n_inputs, n_steps, -1)

    def fired(self, n_steps: int) -> np.ndarray:
        """Spikes of the last steps.

        Parameters
        ----------
        n_steps : int
            How many they were.

        Returns
        -------
        numpy.ndarray of bool, shape (inputs, steps, neurons)
            Whether each neuron spiked in each step.
        """
        units, steps, counts = self.spikes
        fired = np.zeros((len(counts), n_steps, self.neurons.size), bool)
        step = np.arange(n_steps, dtype=np.uint64)[:, np.newaxis]
        for of_input, neurons, when, count in zip(fired, units, steps, counts, strict=True):
            of_input[:, neurons[:count]] = when[:count] >> step & 1
        return fired

    @property
    def _state(self) -> tuple[np.ndarray, np.ndarray, lif.Constants]:
        return self.voltage, self._waiting, self.neurons.constants


class Presentation:
    """Some inputs on their way through the network.

    Parameters
    ----------
    chain : Chain
        The network.
    before : list of Wires
        The layers before the first population.
    neurons : list of Neurons
        The populations, each with the layers behind it.
    inputs : numpy.ndarray of float32, shape (inputs, size)
        One a row.

    Attributes
    ----------
    running : list of Running
        The populations.
    """

    def __init__(
        self, chain: Chain, before: list[Wires], neurons: list[Neurons], inputs: np.ndarray
    ) -> None:
        self._filter = chain.filter
        self._current = neurons[0].gain * through(before, inputs)
        self._current += neurons[0].bias
        self._filtered = np.zeros((len(inputs), chain.size_out), np.float32)
        self.running = [Running(of, len(inputs)) for of in neurons]

    def run(
        self, n_steps: int, *, every_voltage: bool = False
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Go through some steps.

        Parameters
        ----------
        n_steps : int
            How many.
        every_voltage : bool, optional
            Whether to stop at every step, with the voltages of all neurons; otherwise those of
            neurons that will not fire are not kept up.

        Yields
        ------
        slice
            The next steps.
        numpy.ndarray of float32, shape (inputs, steps, size_out)
            What the probe sees in them.
        """
        at_once = 1 if every_voltage else STEPS_AT_ONCE
        for start in range(0, n_steps, at_once):
            steps = slice(start, min(start + at_once, n_steps))
            taken = steps.stop - start
            self.running[0].fire(self._current, taken, None if every_voltage else n_steps - start)
            for before, population in pairwise(self.running):
                population.follow(before, taken)
            outputs = self.running[-1].output(taken)
            if self._filter is not None:
                events.low_pass(outputs, self._filtered, *self._filter)
            yield steps, outputs


def through(layers: list[Wires], inputs: np.ndarray) -> np.ndarray:
    """Apply some layers to numbers.

    Parameters
    ----------
    layers : list of Wires
        One after the other.
    inputs : numpy.ndarray, shape (n, size)
        One a row.

    Returns
    -------
    numpy.ndarray of float32, shape (n, outputs)
        One a row.
    """
    for layer in layers:
        outputs = np.empty((len(inputs), *layer.shape_out), np.float32)
        sums.transform(layer, np.ascontiguousarray(inputs, np.float32), outputs)
        inputs = outputs.reshape(len(inputs), -1)
    return inputs
