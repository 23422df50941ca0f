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

Each presentation begins with the initial state of the built model, as ``Simulator.predict`` does
in a network with ``stateful=False``. All numbers are float32, as in NengoDL; sums are rounded in
another order, so a neuron that comes within rounding of its threshold may spike a step earlier
or later than in NengoDL.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from snnlearn.engines.feedforward import events, wires
from snnlearn.engines.feedforward.chain import Chain, Linear, Population, Weights
from snnlearn.engines.feedforward.presentation import Neurons, Presentation, through
from snnlearn.engines.feedforward.wires import Wires
from snnlearn.jobs import cores

T = TypeVar("T")

#: Inputs that one thread takes at once.
AT_ONCE = 8


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


class CompiledNetwork:
    """A chain of linear layers and LIF neurons, with its weights.

    Parameters
    ----------
    chain : Chain
        The network.
    weights : sequence of numpy.ndarray
        Its parameters.
    threads : int, optional
        How many work side by side, each on a few inputs (default: as many as there are cores).
        No result depends on it.

    Raises
    ------
    ValueError
        If parts, or their weights, do not fit each other.
    """

    def __init__(self, chain: Chain, weights: Weights, threads: int | None = None) -> None:
        self._chain, self._threads = chain, threads or cores.available()
        populations: list[Population] = []
        layers: list[list[Wires]] = [[]]
        size = chain.size_in
        for number, part in enumerate(chain.parts):
            if isinstance(part, Linear):
                layers[-1].append(wires.connect(part, weights))
                taken, given = math.prod(part.shape_in), math.prod(part.shape_out)
            else:
                populations.append(part)
                layers.append([])
                taken = given = part.gain.size
            if taken != size:
                raise ValueError(f"part {number} of the network takes {taken} numbers, not {size}")
            size = given
        if size != chain.size_out:
            raise ValueError(f"the network puts out {size} numbers, not {chain.size_out}")
        self._before, *behind = layers
        self._neurons = [
            Neurons(population, following, weights, chain.dt)
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

        Raises
        ------
        ValueError
            If inputs are of another size.
        """
        return self._shown(inputs, n_steps, lambda *_: None, report)

    def weighed(
        self, inputs: np.ndarray, n_steps: int, weights: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Show each input for some steps, and add up what the spikes of each step weigh.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.
        n_steps : int
            Time steps.
        weights : sequence of numpy.ndarray of int, shape (neurons,)
            What a spike of each neuron weighs, one array a population.

        Returns
        -------
        outputs : numpy.ndarray of float32, shape (n, n_steps, outputs)
            As :meth:`predict` returns them.
        totals : numpy.ndarray of int64, shape (n, n_steps, populations)
            What the spikes weigh.

        Raises
        ------
        ValueError
            If inputs are of another size.
        """
        totals = np.zeros((len(self._neurons), len(inputs), n_steps), np.int64)

        def weigh(shown: Presentation, part: slice, steps: slice) -> None:
            for of, weight, total in zip(shown.running, weights, totals, strict=True):
                events.weigh(*of.spikes, weight, total[part, steps])

        return self._shown(inputs, n_steps, weigh), np.moveaxis(totals, 0, -1)

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

        Raises
        ------
        ValueError
            If inputs are of another size.
        """
        inputs = self._taken(inputs)
        totals = [np.zeros(neurons.size, int) for neurons in self._neurons]

        def show(part: slice) -> list[np.ndarray]:
            shown = self._begin(inputs[part])
            counted = [np.zeros(neurons.size, int) for neurons in self._neurons]
            for _ in shown.run(n_steps):
                for total, population in zip(counted, shown.running, strict=True):
                    events.tally(*population.spikes, total)
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

        Raises
        ------
        ValueError
            If inputs are of another size.
        """
        inputs = self._taken(inputs)
        shown = self._begin(inputs)
        shapes = [(len(inputs), n_steps, neurons.size) for neurons in self._neurons]
        found = [Activity(*np.zeros((2, *shape), np.float32)) for shape in shapes]
        for steps, _ in shown.run(n_steps, every_voltage=True):
            for activity, population in zip(found, shown.running, strict=True):
                fired = population.fired(1)[:, 0]
                activity.spikes[:, steps.start] = np.where(fired, population.neurons.height, 0)
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

        Raises
        ------
        ValueError
            If inputs are of another size.
        """
        inputs = self._taken(inputs)
        outputs = np.empty((len(inputs), self._chain.size_out), np.float32)

        def show(part: slice) -> None:
            values = through(self._before, inputs[part])
            for neurons in self._neurons:
                values = through(neurons.layers, neurons.rates(values))
            outputs[part] = values

        for _ in self._side_by_side(show, len(inputs)):
            pass
        return outputs

    def _shown(
        self,
        inputs: np.ndarray,
        n_steps: int,
        look: Callable[[Presentation, slice, slice], object],
        report: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Show each input, look at some inputs after some steps, and return what the probe sees."""
        inputs = self._taken(inputs)
        outputs = np.empty((len(inputs), n_steps, self._chain.size_out), np.float32)

        def show(part: slice) -> int:
            shown = self._begin(inputs[part])
            for steps, found in shown.run(n_steps):
                outputs[part, steps] = found
                look(shown, part, steps)
            return part.stop

        for done in self._side_by_side(show, len(inputs)):
            if report:
                report(done)
        return outputs

    def _taken(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs of the right shape; loops would read on behind others."""
        if inputs.ndim != 2 or inputs.shape[1] != self._chain.size_in:
            size = f"(n, {self._chain.size_in})"
            raise ValueError(f"the inputs have the shape {inputs.shape}, not {size}")
        return inputs

    def _begin(self, inputs: np.ndarray) -> Presentation:
        return Presentation(self._chain, self._before, self._neurons, inputs)

    def _side_by_side(self, work: Callable[[slice], T], n_inputs: int) -> Iterator[T]:
        """Work on a few inputs after the other, on several threads; results are in order."""
        at_once = min(AT_ONCE, max(1, -(-n_inputs // self._threads)))
        starts = range(0, n_inputs, at_once)
        parts = [slice(start, min(start + at_once, n_inputs)) for start in starts]
        if self._threads == 1:
            yield from map(work, parts)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                yield from pool.map(work, parts)
