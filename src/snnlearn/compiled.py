"""Run a feed-forward spiking network as one XLA-compiled function, with NengoDL's spikes.

NengoDL runs a network operator by operator. For a chain of linear layers and LIF neurons whose
input does not change, the same arithmetic is one small time loop, which XLA compiles as a whole;
and the current that the constant input drives into the first neurons is computed once.

In every time step, NengoDL 3.6 does the following, in this order, and so does this module:

1. Each layer takes what the layer before it puts out *in this step*: connections without a
   synapse do not delay.
2. Input to the neurons of an ensemble is multiplied by their gains and added to their biases
   (Nengo's ``build_connection`` for a connection to ``Neurons``).
3. LIF neurons advance (NengoDL, ``neuron_builders.LIFBuilder.step``): the membrane integrates
   over that part of the step which is not refractory; a neuron above threshold spikes, with the
   height amplitude / dt, and is refractory from the interpolated time of its spike on.
   :class:`Spiking` has the formulas.
4. A low-pass filter on the probe (NengoDL, ``process_builders.LowpassBuilder``) shows the state
   it had *before* this step's input: its first output is 0.

Each presentation begins with the initial state of the built model, as ``Simulator.predict`` does
in a network with ``stateful=False``. All numbers are float32, as in NengoDL; sums are rounded in
another order, so a neuron that comes within rounding of its threshold may spike a step earlier
or later than in NengoDL.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import nengo
import numpy as np
from nengo.utils.filter_design import cont2discrete

from snnlearn import nengodl

Tensor = Any

#: The neurons of more inputs at once would leave the processor's cache: measured on the
#: chapter's network, 200 inputs at once take 1.4 times as long as 20 at once.
MOST_AT_ONCE = 20

#: Exponentials of more than this come near the limits of float32.
LARGEST_EXPONENT = 80.0


class UnsupportedNetworkError(ValueError):
    """A network that this engine cannot run exactly; the message names the part."""


@dataclass(frozen=True)
class Linear:
    r"""A convolution, a dense layer, or gains and biases.

    Attributes
    ----------
    shape_in : tuple of int
        Shape of one input.
    transform : callable
        From a tensor of shape (images, \*shape_in) to the outputs.
    """

    shape_in: tuple[int, ...]
    transform: Callable[[Tensor], Tensor]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Transform inputs that have the layer's number of elements, whatever their shape."""
        _, tf = nengodl.load()
        return self.transform(tf.reshape(inputs, (inputs.shape[0], *self.shape_in)))


@dataclass(frozen=True)
class Spiking:
    r"""A population of LIF neurons.

    Attributes
    ----------
    neuron_type : nengo.LIF
        Time constants, amplitude and least voltage.
    dt : float
        Time step in seconds.
    voltage, refractory_time : numpy.ndarray, shape of the population
        The state before the first step; times in seconds.

    Notes
    -----
    NengoDL keeps of each neuron its voltage v and its refractory time r. With the current J,

    .. math::

        \delta &= \mathrm{clip}(dt - r, 0, dt) \\
        u &= v + (v - J)\,\mathrm{expm1}(-\delta / \tau_{rc}) \\
        r' &= \tau_{ref} + \tau_{rc}\,\mathrm{log1p}\big((1 - u) / (J - 1)\big)
        \text{ and } v' = 0 \text{ where } u > 1 \\
        r' &= r - dt \text{ and } v' = \max(u, v_{min}) \text{ elsewhere.}

    The refractory time matters through the exponential only. So its place is taken here by
    w = expm1((r − dt) / τ_rc), with which the same needs no exponential and no logarithm:
    expm1(−δ / τ_rc) is w, clipped between expm1(−dt / τ_rc) and 0, and

    .. math::

        w' &= a \cdot (1 - u) / (J - 1) + (a - 1), \quad a = \exp((\tau_{ref} - dt) / \tau_{rc}),
        \text{ where } u > 1 \\
        w' &= d \cdot w + (d - 1), \quad d = \exp(-dt / \tau_{rc}), \text{ elsewhere.}
    """

    neuron_type: nengo.LIF
    dt: float
    voltage: np.ndarray
    refractory_time: np.ndarray

    def initial(self, images: int) -> tuple[Tensor, Tensor]:
        """The state (v, w) before the first step, each of shape (images, *population)."""
        _, tf = nengodl.load()
        waiting = np.expm1((self.refractory_time - self.dt) / self.neuron_type.tau_rc)
        return tuple(
            tf.repeat(state[np.newaxis].astype(np.float32), images, axis=0)
            for state in (self.voltage, waiting)
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
        _, tf = nengodl.load()
        voltage, waiting = state
        neurons, zero, one = self.neuron_type, np.float32(0), np.float32(1)
        decay = -self.dt / neurons.tau_rc
        after_spike = (neurons.tau_ref - self.dt) / neurons.tau_rc

        def linear(exponent: float, x: Tensor) -> Tensor:
            return np.float32(math.exp(exponent)) * x + np.float32(math.expm1(exponent))

        voltage += (voltage - current) * tf.clip_by_value(
            waiting, np.float32(math.expm1(decay)), zero
        )
        spiked = voltage > one
        overshoot = (one - voltage) / (current - one)
        waiting = tf.where(spiked, linear(after_spike, overshoot), linear(decay, waiting))
        voltage = tf.where(spiked, zero, tf.maximum(voltage, np.float32(neurons.min_voltage)))
        height = np.float32(neurons.amplitude) / np.float32(self.dt)
        return tf.where(spiked, height, zero), (voltage, waiting)


class CompiledNetwork:
    """A chain of linear layers and LIF neurons, compiled.

    Structure, parameters and initial state are read from the simulator when the object is made:
    parameters that are loaded or trained later need a new one.

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
        nengo_dl, tf = nengodl.load()
        if simulator.tensor_graph.dtype != "float32":
            _refuse("the simulator", f"computes in {simulator.tensor_graph.dtype}, not in float32")
        if nengo_dl.config.get_setting(simulator.model, "learning_phase"):
            _refuse("the simulator", "always runs in training mode")
        self._size_in, self._size_out = image.size_out, probe.size_in
        self._filter = _read_filter(probe, simulator.model.dt)

        self._before: list[Linear] = []
        self._looped: list[Linear | Spiking] = []
        shape: tuple[int, ...] = (image.size_out,)
        for part in _chain(simulator.model.toplevel, image, probe):
            for read in _read(part, shape, simulator):
                if isinstance(read, Linear) and not self._looped:
                    self._before.append(read)
                else:
                    self._looped.append(read)
            shape = getattr(part, "shape_out", shape)
        if not self._looped:
            _refuse("the network", "has no neurons")
        self._run = tf.function(self._simulate, autograph=False, jit_compile=True)

    def predict(self, inputs: np.ndarray, n_steps: int, minibatch_size: int) -> np.ndarray:
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

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, outputs)
            The probe's data at each step.
        """
        size = min(minibatch_size, MOST_AT_ONCE)
        outputs = np.empty((len(inputs), n_steps, self._size_out), np.float32)
        for start in range(0, len(inputs), size):
            batch = inputs[start : start + size]
            padded = np.zeros((size, self._size_in), np.float32)
            padded[: len(batch)] = batch
            (probed,) = self._run(padded, n_steps, record_spikes=False)
            outputs[start : start + size] = np.moveaxis(probed.numpy(), 0, 1)[: len(batch)]
        return outputs

    def spikes(self, inputs: np.ndarray, n_steps: int) -> list[np.ndarray]:
        """Show a few inputs, all at once, and return the spikes of all neurons.

        Parameters
        ----------
        inputs : numpy.ndarray of float32, shape (n, size)
            One input a row.
        n_steps : int
            Time steps.

        Returns
        -------
        list of numpy.ndarray of float32, each of shape (n, n_steps, neurons)
            The output of each population at each step.
        """
        _, *spikes = self._run(inputs.astype(np.float32), n_steps, record_spikes=True)
        return [
            np.moveaxis(of_population.numpy(), 0, 1).reshape(len(inputs), n_steps, -1)
            for of_population in spikes
        ]

    def _simulate(self, inputs: Tensor, n_steps: int, record_spikes: bool) -> list[Tensor]:
        """The whole presentation, to be compiled; records are (n_steps, images, *shape)."""
        _, tf = nengodl.load()
        images, current = inputs.shape[0], inputs
        for part in self._before:
            current = part(current)
        states = [part.initial(images) for part in self._looped if isinstance(part, Spiking)]
        recorded = [(images, self._size_out), *(voltage.shape for voltage, _ in states)]

        def advance(step: Tensor, states: Any, filtered: Tensor, records: Any) -> tuple[Any, ...]:
            output, spikes, states = self._step(current, states)
            output = tf.reshape(output, filtered.shape)
            values = [output if self._filter is None else filtered, *spikes]
            # Spikes without a record are left over, and go no further than their layer.
            records = [r.write(step, v) for r, v in zip(records, values, strict=False)]
            if self._filter is not None:
                keep, add = self._filter
                filtered = keep * filtered + add * output
            return step + 1, states, filtered, records

        *_, records = tf.while_loop(
            lambda step, *_: step < n_steps,
            advance,
            (
                tf.constant(0),
                states,
                tf.zeros((images, self._size_out)),
                [
                    tf.TensorArray(tf.float32, n_steps, element_shape=shape)
                    for shape in (recorded if record_spikes else recorded[:1])
                ],
            ),
        )
        return [record.stack() for record in records]

    def _step(self, values: Tensor, states: Any) -> tuple[Tensor, list[Tensor], list[Any]]:
        """Advance all parts; return the last one's output, all spikes and the next states."""
        spikes, following, remaining = [], [], iter(states)
        for part in self._looped:
            if isinstance(part, Spiking):
                values, state = part.step(values, next(remaining))
                spikes.append(values)
                following.append(state)
            else:
                values = part(values)
        return values, spikes, following


def _refuse(part: object, reason: str) -> NoReturn:
    layer = getattr(part, "tensor_func", None)
    name = part if layer is None else f"layer {getattr(layer, 'name', layer)}"
    raise UnsupportedNetworkError(
        f"{name} {reason}, which the compiled engine cannot represent exactly; "
        "use the engine nengo-dl for this network"
    )


def _chain(network: nengo.Network, image: nengo.Node, probe: nengo.Probe) -> Iterator[Any]:
    """Follow the connections from the input to what the probe looks at."""
    # Parts are compared by ==: `ensemble.neurons` is a new object each time it is asked for.
    connections, part = network.all_connections, image
    if image.size_in != 0:
        _refuse(image, "has an input of its own")
    if probe.target is not probe.obj or probe.attr != "output" or probe.sample_every is not None:
        _refuse(probe, f"looks at {probe.attr} of {probe.target}, or not at every step")
    while part != probe.target:
        outgoing = [c for c in connections if c.pre_obj == part]
        if len(outgoing) != 1:
            _refuse(part, f"has {len(outgoing)} outgoing connections on the way to {probe}")
        _require_plain(outgoing[0])
        part = outgoing[0].post_obj
        targets = (part, getattr(part, "ensemble", part))
        if sum(c.post_obj in targets for c in connections) != 1:
            _refuse(part, "has several incoming connections")
        yield part
    if any(c.pre_obj == part for c in connections):
        _refuse(part, f"has outgoing connections beside {probe}")


def _require_plain(connection: nengo.Connection) -> None:
    problems = {
        "learns": connection.learning_rule_type is not None,
        "has a synapse": connection.synapse is not None,
        "has a transform": not isinstance(connection.transform, nengo.transforms.NoTransform),
        "computes a function": connection.function is not None,
        "joins slices": connection.pre is not connection.pre_obj
        or connection.post is not connection.post_obj,
    }
    for problem, found in problems.items():
        if found:
            _refuse(connection, problem)


def _read(part: Any, shape: tuple[int, ...], simulator: Any) -> list[Linear | Spiking]:
    """Read a part of the chain, with the parameters it has now, for inputs of some shape."""
    nengo_dl, _ = nengodl.load()
    if isinstance(part, nengo_dl.TensorNode):
        return [_read_layer(part)]
    if not isinstance(part, nengo.ensemble.Neurons):
        _refuse(part, "is neither a layer nor neurons")
    ensemble, dt = part.ensemble, simulator.model.dt
    neurons = ensemble.neuron_type
    if type(neurons) is not nengo.LIF:
        _refuse(ensemble, f"has neurons of type {neurons}")
    if ensemble.noise is not None:
        _refuse(ensemble, "has noise")
    signals = simulator.model.sig[part]
    voltage, refractory_time = (
        signals[name].initial_value.reshape(shape) for name in ("voltage", "refractory_time")
    )
    longest = max(dt, neurons.tau_ref, refractory_time.max())
    if longest > LARGEST_EXPONENT * neurons.tau_rc:
        _refuse(ensemble, f"has times of more than {LARGEST_EXPONENT:g} tau_rc")
    gain, bias = (
        values.astype(np.float32).reshape(shape)
        for values in (simulator.model.params[ensemble].gain, simulator.data[ensemble].bias)
    )
    return [
        Linear(shape, lambda x: gain * x + bias),
        Spiking(neurons, dt, voltage, refractory_time),
    ]


def _read_layer(node: Any) -> Linear:
    _, tf = nengodl.load()
    layer = node.tensor_func
    if type(layer) not in (tf.keras.layers.Conv2D, tf.keras.layers.Dense) or node.pass_time:
        _refuse(node, "is neither Conv2D nor Dense")
    if layer.activation is not tf.keras.activations.linear:
        _refuse(
            node, f"has the activation {getattr(layer.activation, '__name__', layer.activation)}"
        )
    kernel, *bias = layer.get_weights()
    add = bias[0] if bias else np.float32(0)
    if isinstance(layer, tf.keras.layers.Dense):
        if len(node.shape_in) != 1:
            _refuse(node, f"is dense on inputs of shape {node.shape_in}")
        return Linear(node.shape_in, lambda x: x @ kernel + add)
    if layer.data_format != "channels_last" or layer.groups != 1:
        _refuse(node, "has channels first or in groups")
    options = {
        "strides": layer.strides,
        "padding": layer.padding.upper(),
        "dilations": layer.dilation_rate,
    }
    return Linear(node.shape_in, lambda x: tf.nn.convolution(x, kernel, **options) + add)


def _read_filter(probe: nengo.Probe, dt: float) -> tuple[np.float32, np.float32] | None:
    """What a low-pass filter keeps of its state, and adds of its input, in each step."""
    synapse = probe.synapse
    if synapse is None:
        return None
    if type(synapse) is not nengo.Lowpass:
        _refuse(probe, f"has the synapse {synapse}")
    # NengoDL takes a filter that is much shorter than a step for a delay of one step.
    if synapse.tau <= 0.03 * dt:
        return np.float32(0), np.float32(1)
    numerator, denominator, _ = cont2discrete((synapse.num, synapse.den), dt, method="zoh")
    return np.float32(-denominator[1]), np.float32(numerator.flatten()[-1])
