"""A few inputs on their way through a network, layer by layer.

Nothing comes back to a layer from those behind it. So each layer runs through many steps before
the next one begins, and what it passes on is a list of spikes. The current that an input drives
into the first neurons does not change, and is computed once.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from snnlearn.engines import lif
from snnlearn.engines.feedforward import events, wires
from snnlearn.engines.feedforward.chain import Chain, Population, Shared, Weights
from snnlearn.engines.feedforward.wires import Wires

#: Steps through which a layer runs before the next begins: what bounds the lists of spikes.
STEPS_AT_ONCE = 50

#: More than what rounding can raise a voltage by in a step, in units of the threshold: voltages
#: below it have an error of 6e-8, those of neurons that may come near it no larger terms.
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
    """

    def __init__(
        self, population: Population, layers: list[Wires], weights: Weights, dt: float
    ) -> None:
        of, bias = population.neuron_type, population.bias
        self.size, self.gain = population.gain.size, population.gain
        if isinstance(bias, Shared):
            bias = np.asarray(weights[bias.number][bias.start : bias.stop], np.float32)
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
        return lif.rates(self.gain * inputs + self.bias, *self.rate)


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
    spikes : numpy.ndarray of int32, shape (inputs, steps, neurons + 1)
        The neurons that spiked in each of the last steps stand at the beginning.
    counts : numpy.ndarray of int32, shape (inputs, steps)
        How many they are.
    """

    def __init__(self, neurons: Neurons, n_inputs: int) -> None:
        self.neurons = neurons
        self.voltage, self._waiting = (
            np.repeat(state[np.newaxis], n_inputs, axis=0) for state in neurons.initial
        )
        self.begin(0)

    def begin(self, n_steps: int) -> None:
        """Forget the spikes, and make room for those of some steps.

        Parameters
        ----------
        n_steps : int
            How many.
        """
        shape = (len(self.voltage), n_steps)
        self.spikes = np.empty((*shape, self.neurons.size + 1), np.int32)
        self.counts = np.zeros(shape, np.int32)

    def fire(
        self, current: np.ndarray, steps: slice = slice(None), last: int | None = None
    ) -> None:
        """Go through some steps with the same current.

        Parameters
        ----------
        current : numpy.ndarray of float32, shape (inputs, neurons)
            Into the membranes, in units of the threshold.
        steps : slice, optional
            Which of those that there is room for (default: all).
        last : int, optional
            The current stays for so many steps from the first of these on, and nobody asks for
            the voltages: those of neurons that do not fire until then are not kept up.
        """
        ahead, least = 0.0, -np.inf
        if last is not None:
            ahead, least = 1 - float(self.neurons.constants.decay) ** last, 1 - last * ROUNDING
        state = (self.voltage, self._waiting, self.neurons.constants)
        events.fire(
            current,
            float(np.float32(ahead)),
            float(least),
            *state,
            self.spikes[:, steps],
            self.counts[:, steps],
        )

    def follow(self, before: "Running") -> None:
        """Go through all steps, driven by the population before.

        Parameters
        ----------
        before : Running
            It has gone through them.
        """
        of = self.neurons
        if len(before.neurons.layers) == 1:
            state = (self.voltage, self._waiting, of.constants)
            given = (before.spikes, before.counts, before.neurons.driving)
            events.relay(*given, of.gain, of.bias, *state, self.spikes, self.counts)
            return
        currents = of.gain * before.output() + of.bias
        for step in range(currents.shape[1]):
            self.fire(np.ascontiguousarray(currents[:, step]), slice(step, step + 1))

    def output(self) -> np.ndarray:
        """What the layers behind it make of its spikes.

        Returns
        -------
        numpy.ndarray of float32, shape (inputs, steps, outputs)
            In each step.
        """
        first, shape = self.neurons.driving, self.counts.shape
        outputs = np.empty((*shape, *first.shape_out), np.float32)
        events.collect(self.spikes, self.counts, first, outputs)
        return through(self.neurons.layers[1:], outputs.reshape(shape[0] * shape[1], -1)).reshape(
            *shape, -1
        )

    def fired(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Spikes of the last steps.

        Returns
        -------
        tuple of numpy.ndarray of int, shape (spikes,)
            Input, step and neuron of each.
        """
        listed = np.arange(self.spikes.shape[2]) < self.counts[:, :, np.newaxis]
        image, step, place = np.nonzero(listed)
        return image, step, self.spikes[image, step, place]


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
        self._current = neurons[0].gain * through(before, inputs) + neurons[0].bias
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
            for population in self.running:
                population.begin(steps.stop - steps.start)
            last = None if every_voltage else n_steps - start
            self.running[0].fire(self._current, last=last)
            for before, population in pairwise(self.running):
                population.follow(before)
            outputs = self.running[-1].output()
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
        events.transform(layer, np.ascontiguousarray(inputs, np.float32), outputs)
        inputs = outputs.reshape(len(inputs), -1)
    return inputs
