"""Run a feed-forward spiking network where its neurons fire, with NengoDL's spikes.

In every time step, NengoDL 3.6 does the following, in this order, and so does this module:

1. Each layer takes what the layer before it puts out *in this step*: connections without a
   synapse do not delay.
2. Input to the neurons of an ensemble is multiplied by their gains and added to their biases
   (Nengo's ``build_connection`` for a connection to ``Neurons``).
3. LIF neurons advance (NengoDL, ``neuron_builders.LIFBuilder.step``): the membrane integrates
   over that part of the step which is not refractory; a neuron above threshold spikes, with the
   height amplitude / dt, and is refractory from the interpolated time of its spike on.
   :mod:`snnlearn.engines.lif` has the formulas.
4. A low-pass filter on the probe (NengoDL, ``process_builders.LowpassBuilder``) shows the state
   it had *before* this step's input: its first output is 0.

Nothing comes back to a layer from those behind it. So each layer runs through many steps before
the next one begins, and what it passes on is a list of spikes. The current that an input drives
into the first neurons does not change, and is computed once.

Each presentation begins with the initial state of the built model, as ``Simulator.predict`` does
in a network with ``stateful=False``. All numbers are float32, as in NengoDL; sums are rounded in
another order, so a neuron that comes within rounding of its threshold may spike a step earlier
or later than in NengoDL.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from snnlearn.engines import lif
from snnlearn.engines.feedforward import events, wires
from snnlearn.engines.feedforward.chain import Chain, Linear, Population, Shared, Weights
from snnlearn.engines.feedforward.wires import Wires

T = TypeVar("T")

#: Inputs that one thread takes at once.
AT_ONCE = 8

#: Steps through which a layer runs before the next begins: what bounds the lists of spikes.
STEPS_AT_ONCE = 50


@dataclass(frozen=True)
class Activity:
    """What the neurons of a population do in each step.

    Attributes
    ----------
    spikes : numpy.ndarray of float32, shape (n, n_steps, neurons)
        Amplitude / dt where a neuron spikes, 0 elsewhere.
    voltages : numpy.ndarray of float32, shape (n, n_steps, neurons)
        At the end of the step, in units of the threshold; 0 after a spike.
    """

    spikes: np.ndarray
    voltages: np.ndarray


class _Neurons:
    """A population with its numbers, and the layers between it and the next one."""

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
        """Firing rates times amplitude, as NengoDL puts them out when it trains."""
        return lif.rates(self.gain * inputs + self.bias, *self.rate)


class CompiledNetwork:
    """A chain of linear layers and LIF neurons, with its weights.

    Parameters
    ----------
    chain : Chain
        The network.
    weights : sequence of numpy.ndarray
        Its parameters.
    threads : int
        How many inputs are worked on side by side, by eights. No result depends on it.
    """

    def __init__(self, chain: Chain, weights: Weights, threads: int = 1) -> None:
        self._chain, self._threads = chain, threads
        populations: list[Population] = []
        layers: list[list[Wires]] = [[]]
        for part in chain.parts:
            if isinstance(part, Linear):
                layers[-1].append(wires.connect(part, weights))
            else:
                populations.append(part)
                layers.append([])
        self._before, *behind = layers
        self._neurons = [
            _Neurons(population, following, weights, chain.dt)
            for population, following in zip(populations, behind, strict=True)
        ]

    def predict(
        self,
        inputs: np.ndarray,
        n_steps: int,
        report: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Show each input for some steps and return what the probe sees.

        Beside inputs and outputs, memory is needed for a few inputs only.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row; it is the same in all steps.
        n_steps : int
            Time steps.
        report : callable, optional
            Called now and then with the number of inputs that are done.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, outputs)
            The probe's data at each step.
        """
        outputs = np.empty((len(inputs), n_steps, self._chain.size_out), np.float32)

        def show(part: slice) -> int:
            for steps, found in self._begin(inputs[part]).run(n_steps):
                outputs[part, steps] = found
            return part.stop

        for done in self._side_by_side(show, len(inputs)):
            if report:
                report(done)
        return outputs

    def spikes(self, inputs: np.ndarray, n_steps: int) -> list[np.ndarray]:
        """Show each input for some steps and count the spikes of each neuron.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.
        n_steps : int
            Time steps.

        Returns
        -------
        list of numpy.ndarray of int, shape (neurons,)
            Spikes in all presentations together, one array a population.
        """
        totals = [np.zeros(neurons.size, int) for neurons in self._neurons]

        def show(part: slice) -> list[np.ndarray]:
            shown = self._begin(inputs[part])
            counted = [np.zeros(neurons.size, int) for neurons in self._neurons]
            for _ in shown.run(n_steps):
                for total, population in zip(counted, shown.running, strict=True):
                    _, _, fired = population.fired()
                    total += np.bincount(fired, minlength=total.size)
            return counted

        for counted in self._side_by_side(show, len(inputs)):
            for total, found in zip(totals, counted, strict=True):
                total += found
        return totals

    def activity(self, inputs: np.ndarray, n_steps: int) -> list[Activity]:
        """Show a few inputs, all at once, and return what all neurons do.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.
        n_steps : int
            Time steps.

        Returns
        -------
        list of Activity
            One a population.
        """
        shown = self._begin(inputs)
        shapes = [(len(inputs), n_steps, neurons.size) for neurons in self._neurons]
        found = [Activity(*np.zeros((2, *shape), np.float32)) for shape in shapes]
        for steps, _ in shown.run(n_steps, every_voltage=True):
            for activity, population in zip(found, shown.running, strict=True):
                image, _, fired = population.fired()
                activity.spikes[image, steps.start, fired] = population.neurons.height
                activity.voltages[:, steps.start] = population.voltage
        return found

    def rates(self, inputs: np.ndarray) -> np.ndarray:
        """Let the neurons put out their rates, as NengoDL does when it trains.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.

        Returns
        -------
        numpy.ndarray of float32, shape (n, outputs)
            What the unfiltered output comes to after long enough.
        """
        outputs = np.empty((len(inputs), self._chain.size_out), np.float32)

        def show(part: slice) -> None:
            values = _through(self._before, inputs[part])
            for neurons in self._neurons:
                values = _through(neurons.layers, neurons.rates(values))
            outputs[part] = values

        for _ in self._side_by_side(show, len(inputs)):
            pass
        return outputs

    def _begin(self, inputs: np.ndarray) -> "_Presentation":
        return _Presentation(self._chain, self._before, self._neurons, inputs)

    def _side_by_side(self, work: Callable[[slice], T], n_inputs: int) -> Iterator[T]:
        """Work on a few inputs after the other, on several threads; results are in order."""
        starts = range(0, n_inputs, AT_ONCE)
        parts = [slice(start, min(start + AT_ONCE, n_inputs)) for start in starts]
        if self._threads == 1:
            yield from map(work, parts)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                yield from pool.map(work, parts)


class _Running:
    """A population while some inputs are presented.

    Attributes
    ----------
    voltage : numpy.ndarray of float32, shape (inputs, neurons)
        In units of the threshold.
    spikes : numpy.ndarray of int32, shape (inputs, steps, neurons + 1)
        The neurons that spiked in each of the last steps stand at the beginning.
    counts : numpy.ndarray of int32, shape (inputs, steps)
        How many they are.
    """

    def __init__(self, neurons: _Neurons, n_inputs: int) -> None:
        self.neurons = neurons
        self.voltage, self._waiting = (
            np.repeat(state[np.newaxis], n_inputs, axis=0) for state in neurons.initial
        )
        self.begin(0)

    def begin(self, n_steps: int) -> None:
        """Forget the spikes, and make room for those of some steps."""
        shape = (len(self.voltage), n_steps)
        self.spikes = np.empty((*shape, self.neurons.size + 1), np.int32)
        self.counts = np.zeros(shape, np.int32)

    def fire(
        self, current: np.ndarray, steps: slice = slice(None), *, follow_all: bool = True
    ) -> None:
        """Go through some steps with the same current, shape (inputs, neurons)."""
        state = (self.voltage, self._waiting, self.neurons.constants)
        events.fire(current, follow_all, *state, self.spikes[:, steps], self.counts[:, steps])

    def follow(self, before: "_Running") -> None:
        """Go through all steps, driven by the population before."""
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
        """What the layers behind it make of its spikes, shape (inputs, steps, outputs)."""
        first, shape = self.neurons.driving, self.counts.shape
        outputs = np.empty((*shape, *first.shape_out), np.float32)
        events.collect(self.spikes, self.counts, first, outputs)
        return _through(self.neurons.layers[1:], outputs.reshape(shape[0] * shape[1], -1)).reshape(
            *shape, -1
        )

    def fired(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input, step and neuron of each spike of the last steps."""
        listed = np.arange(self.spikes.shape[2]) < self.counts[:, :, np.newaxis]
        image, step, place = np.nonzero(listed)
        return image, step, self.spikes[image, step, place]


class _Presentation:
    """Some inputs on their way through the network.

    Attributes
    ----------
    running : list of _Running
        The populations.
    """

    def __init__(
        self, chain: Chain, before: list[Wires], neurons: list[_Neurons], inputs: np.ndarray
    ) -> None:
        self._filter = chain.filter
        self._current = neurons[0].gain * _through(before, inputs) + neurons[0].bias
        self._filtered = np.zeros((len(inputs), chain.size_out), np.float32)
        self.running = [_Running(of, len(inputs)) for of in neurons]

    def run(
        self, n_steps: int, *, every_voltage: bool = False
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Go through some steps; yield which, and the outputs (inputs, steps, size_out).

        The voltages of neurons that will not fire are kept up only where they are asked for;
        then it stops at every step.
        """
        at_once = 1 if every_voltage else STEPS_AT_ONCE
        for start in range(0, n_steps, at_once):
            steps = slice(start, min(start + at_once, n_steps))
            for population in self.running:
                population.begin(steps.stop - steps.start)
            self.running[0].fire(self._current, follow_all=every_voltage)
            for before, population in pairwise(self.running):
                population.follow(before)
            outputs = self.running[-1].output()
            if self._filter is not None:
                events.low_pass(outputs, self._filtered, *self._filter)
            yield steps, outputs


def _through(layers: list[Wires], inputs: np.ndarray) -> np.ndarray:
    """Apply some layers to numbers, one input a row."""
    for layer in layers:
        outputs = np.empty((len(inputs), *layer.shape_out), np.float32)
        events.transform(layer, np.ascontiguousarray(inputs, np.float32), outputs)
        inputs = outputs.reshape(len(inputs), -1)
    return inputs
