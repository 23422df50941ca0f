"""Run a feed-forward spiking network as one XLA-compiled function, with NengoDL's spikes.

For an input that does not change, a chain of linear layers and LIF neurons is one small time
loop, which XLA compiles as a whole; and the current that the constant input drives into the
first neurons is computed once.

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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import lif, nengodl
from snnlearn.engines.feedforward import chain
from snnlearn.engines.feedforward.chain import Linear, Population, Tensor, Weights

#: The neurons of more inputs at once would leave the cache of a thread's processor: measured on
#: the chapter's network in two jobs side by side, 20 inputs at once take 1.2 times as long.
INPUTS_PER_THREAD = 10


@dataclass(frozen=True)
class Spiking:
    """How a population of LIF neurons advances.

    The state of each neuron is its voltage v and w, which stands for its refractory time, as
    :mod:`snnlearn.engines.lif` says.

    Attributes
    ----------
    population : Population
        The neurons.
    dt : float
        Time step in seconds.
    """

    population: Population
    dt: float

    def initial(self, images: int) -> tuple[Tensor, Tensor]:
        """The state (v, w) before the first step, each of shape (images, *population)."""
        tf = nengodl.tensorflow()
        of = self.population
        waiting = np.expm1((of.refractory_time - self.dt) / of.neuron_type.tau_rc)
        return tuple(
            tf.repeat(state[np.newaxis].astype(np.float32), images, axis=0)
            for state in (of.voltage, waiting)
        )

    def step(self, current: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Any]:
        """Advance by one step.

        Parameters
        ----------
        current : tensor, shape (images, *population)
            Input in units of the threshold current.
        state : (tensor, tensor)
            v and w, shaped like the current.

        Returns
        -------
        spikes : tensor, shaped like the current
            Amplitude / dt where a neuron spikes, 0 elsewhere.
        state : (tensor, tensor)
            v and w, one step later.
        """
        spikes, *state_after = lif.advance(
            *state, current, self.population.neuron_type, self.dt, np.float32
        )
        return spikes, tuple(state_after)


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
    """A chain of linear layers and LIF neurons, compiled.

    Structure and initial state are read from the simulator when the object is made; parameters
    are those that it holds when the network is run.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network and its parameters.
    image : nengo.Node
        The input; it is the same in all steps.
    probe : nengo.Probe
        The output: of the last part of the chain, with a low-pass filter or without one.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network between input and probe cannot be run exactly.
    """

    def __init__(self, simulator: Any, image: nengo.Node, probe: nengo.Probe) -> None:
        self._keras_model = simulator.keras_model
        self._chain = chain.read(simulator, image, probe)
        self._before: list[Linear] = []
        self._looped: list[Linear | Spiking] = []
        for part in self._chain.parts:
            if isinstance(part, Population):
                self._looped.append(Spiking(part, self._chain.dt))
            elif self._looped:
                self._looped.append(part)
            else:
                self._before.append(part)
        self._populations = [part for part in self._looped if isinstance(part, Spiking)]
        self._run = nengodl.tensorflow().function(self._simulate, autograph=False, jit_compile=True)

    def predict(
        self,
        inputs: np.ndarray,
        n_steps: int,
        minibatch_size: int,
        report: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Show each input for some steps and return what the probe sees.

        Beside inputs and outputs, memory is needed for one minibatch only.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.
        n_steps : int
            Time steps.
        minibatch_size : int
            How many inputs run at once, at most.
        report : callable, optional
            Called after each minibatch with the number of inputs that are done.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, outputs)
            The probe's data at each step.
        """
        size = min(minibatch_size, INPUTS_PER_THREAD * nengodl.threads())
        outputs = np.empty((len(inputs), n_steps, self._chain.size_out), np.float32)
        weights = self._keras_model.get_weights()
        for start in range(0, len(inputs), size):
            batch = inputs[start : start + size]
            padded = np.zeros((size, self._chain.size_in), np.float32)
            padded[: len(batch)] = batch
            (probed,) = self._run(padded, weights, n_steps, record_neurons=False)
            outputs[start : start + size] = np.moveaxis(probed.numpy(), 0, 1)[: len(batch)]
            if report:
                report(start + len(batch))
        return outputs

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
        weights = self._keras_model.get_weights()
        _, *recorded = self._run(inputs.astype(np.float32), weights, n_steps, record_neurons=True)
        by_step = (
            np.moveaxis(record.numpy(), 0, 1).reshape(len(inputs), n_steps, -1)
            for record in recorded
        )
        return [Activity(*pair) for pair in zip(by_step, by_step, strict=True)]

    def _simulate(
        self, inputs: Tensor, weights: Weights, n_steps: int, record_neurons: bool
    ) -> list[Tensor]:
        """The whole presentation, to be compiled; records are (n_steps, images, *shape)."""
        tf = nengodl.tensorflow()
        images, size_out, output_filter = inputs.shape[0], self._chain.size_out, self._chain.filter
        driving = inputs
        for part in self._before:
            driving = part(driving, weights)
        constant_current = self._populations[0].population.current(driving, weights)

        def step(states: list[Any]) -> tuple[Tensor, list[Tensor], list[Any]]:
            """Advance all parts; return the last one's output, all spikes and the next states."""
            values, spikes, following, remaining = None, [], [], iter(states)
            for part in self._looped:
                if isinstance(part, Spiking):
                    first = values is None
                    current = (
                        constant_current if first else part.population.current(values, weights)
                    )
                    values, state = part.step(current, next(remaining))
                    spikes.append(values)
                    following.append(state)
                else:
                    values = part(values, weights)
            return values, spikes, following

        def advance(number: Tensor, states: Any, filtered: Tensor, records: Any) -> tuple[Any, ...]:
            output, spikes, states = step(states)
            output = tf.reshape(output, filtered.shape)
            neurons = ((fired, voltage) for fired, (voltage, _) in zip(spikes, states, strict=True))
            values = [
                output if output_filter is None else filtered,
                *(value for pair in neurons for value in pair),
            ]
            # What has no record is left over, and goes no further than its layer.
            records = [r.write(number, v) for r, v in zip(records, values, strict=False)]
            if output_filter is not None:
                keep, add = output_filter
                filtered = keep * filtered + add * output
            return number + 1, states, filtered, records

        shapes = [(images, size_out)]
        if record_neurons:
            shapes += [(images, *p.population.shape) for p in self._populations for _ in range(2)]
        *_, records = tf.while_loop(
            lambda number, *_: number < n_steps,
            advance,
            (
                tf.constant(0),
                [part.initial(images) for part in self._populations],
                tf.zeros((images, size_out)),
                [tf.TensorArray(tf.float32, n_steps, element_shape=shape) for shape in shapes],
            ),
        )
        return [record.stack() for record in records]
