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
4. A low-pass filter on the probe (NengoDL, ``process_builders.LowpassBuilder``) shows the state
   it had *before* this step's input: its first output is its initial one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import nengo
import numpy as np
from nengo.utils.filter_design import cont2discrete

from snnlearn import nengodl

Tensor = Any


class UnsupportedNetworkError(ValueError):
    """A network that this engine cannot run exactly; the message names the part."""


@dataclass(frozen=True)
class Linear:
    r"""A convolution or a dense layer.

    Attributes
    ----------
    shape_in : tuple of int
        Shape of one input.
    transform : callable
        From a tensor of shape (images, \*shape_in) to the layer's outputs.
    """

    shape_in: tuple[int, ...]
    transform: Callable[[Tensor], Tensor]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Transform flat inputs, (images, size in), to flat outputs, (images, size out)."""
        _, tf = nengodl.load()
        images = inputs.shape[0]
        shaped = tf.reshape(inputs, (images, *self.shape_in))
        return tf.reshape(self.transform(shaped), (images, -1))


@dataclass(frozen=True)
class Spiking:
    """A population of LIF neurons.

    Attributes
    ----------
    type : nengo.LIF
        Time constants, amplitude and least voltage.
    gain, bias : numpy.ndarray of float32, shape (neurons,)
        What input currents are multiplied by, and what is then added.
    voltage, refractory_time : numpy.ndarray of float32, shape (neurons,)
        The state before the first step.
    """

    type: nengo.LIF
    gain: np.ndarray
    bias: np.ndarray
    voltage: np.ndarray
    refractory_time: np.ndarray

    def initial(self, images: int) -> tuple[Tensor, Tensor]:
        """The state before the first step, for some images at once."""
        _, tf = nengodl.load()
        return tuple(
            tf.tile(state[np.newaxis], (images, 1))
            for state in (self.voltage, self.refractory_time)
        )

    def current(self, inputs: Tensor) -> Tensor:
        """Current in units of the threshold current, from the input to the neurons."""
        return self.gain * inputs + self.bias

    def step(self, current: Tensor, state: tuple[Tensor, Tensor], dt: np.float32) -> Any:
        """Advance by one step.

        Parameters
        ----------
        current : tensor, shape (images, neurons)
            Input currents.
        state : (tensor, tensor)
            Voltages and refractory times, each (images, neurons).
        dt : float
            Time step in seconds.

        Returns
        -------
        spikes : tensor, shape (images, neurons)
            0, or amplitude / dt where a neuron spikes.
        state : (tensor, tensor)
            As given, one step later.
        """
        _, tf = nengodl.load()
        voltage, refractory_time = state
        tau_rc, tau_ref = np.float32(self.type.tau_rc), np.float32(self.type.tau_ref)
        one = np.float32(1)

        integrating = tf.clip_by_value(dt - refractory_time, np.float32(0), dt)
        voltage += (voltage - current) * tf.math.expm1(-integrating / tau_rc)
        spiked = voltage > one
        since_spike = -tau_rc * tf.math.log1p((one - voltage) / (current - one))
        refractory_time = tf.where(spiked, tau_ref - since_spike, refractory_time - dt)
        least = np.float32(self.type.min_voltage)
        voltage = tf.where(spiked, np.float32(0), tf.maximum(voltage, least))
        height = np.float32(self.type.amplitude) / dt
        return tf.where(spiked, height, np.float32(0)), (voltage, refractory_time)


@dataclass(frozen=True)
class Stage:
    """A population and the layers that its spikes go through."""

    population: Spiking
    layers: list[Linear]

    def __call__(
        self, current: Tensor, state: tuple[Tensor, Tensor], dt: np.float32
    ) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """Advance by one step; return what the layers put out, the spikes and the next state."""
        spikes, state = self.population.step(current, state, dt)
        return _through(self.layers, spikes), spikes, state


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
        if simulator.tensor_graph.dtype != "float32":
            _refuse("the simulator", f"computes in {simulator.tensor_graph.dtype}, not in float32")
        self._dt = np.float32(simulator.model.dt)
        self._size_in, self._size_out = image.size_out, probe.size_in
        self._filter = _read_filter(probe, simulator.model.dt)

        self._leading: list[Linear] = []
        self._stages: list[Stage] = []
        for part in _chain(simulator.model.toplevel, image, probe):
            read = _read(part, simulator)
            if isinstance(read, Spiking):
                self._stages.append(Stage(read, []))
            else:
                (self._stages[-1].layers if self._stages else self._leading).append(read)
        if not self._stages:
            _refuse("the network", "has no neurons")

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
            How many inputs run at once.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_steps, outputs)
            The probe's data at each step.
        """
        run = self._compile(n_steps, minibatch_size, record_spikes=False)
        outputs = np.empty((len(inputs), n_steps, self._size_out), np.float32)
        for start in range(0, len(inputs), minibatch_size):
            batch = inputs[start : start + minibatch_size]
            padded = np.zeros((minibatch_size, self._size_in), np.float32)
            padded[: len(batch)] = batch
            (probed,) = run(padded)
            outputs[start : start + len(batch)] = np.moveaxis(probed.numpy(), 0, 1)[: len(batch)]
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
        run = self._compile(n_steps, len(inputs), record_spikes=True)
        *spikes, _ = run(inputs.astype(np.float32))
        return [np.moveaxis(of_population.numpy(), 0, 1) for of_population in spikes]

    def _compile(
        self, n_steps: int, images: int, record_spikes: bool
    ) -> Callable[[np.ndarray], list[Tensor]]:
        """Compile a function from inputs (images, size) to records (n_steps, images, size)."""
        _, tf = nengodl.load()
        populations = [stage.population for stage in self._stages]
        sizes = [len(p.bias) for p in populations] if record_spikes else []

        def run(inputs: Tensor) -> list[Tensor]:
            constant = populations[0].current(_through(self._leading, inputs))

            def advance(step: Tensor, states: Any, shown: Tensor, records: Any) -> tuple[Any, ...]:
                output, spikes, states = self._step(constant, states)
                if self._filter is None:
                    shown = output
                values = [*(spikes if record_spikes else []), shown]
                records = [r.write(step, value) for r, value in zip(records, values, strict=True)]
                if self._filter is not None:
                    keep, add = self._filter
                    shown = keep * shown + add * output
                return step + 1, states, shown, records

            *_, records = tf.while_loop(
                lambda step, *_: step < n_steps,
                advance,
                (
                    tf.constant(0),
                    [population.initial(images) for population in populations],
                    tf.zeros((images, self._size_out)),
                    [
                        tf.TensorArray(tf.float32, n_steps, element_shape=(images, size))
                        for size in [*sizes, self._size_out]
                    ],
                ),
            )
            return [record.stack() for record in records]

        signature = [tf.TensorSpec((images, self._size_in), tf.float32)]
        compiled: Callable[[np.ndarray], list[Tensor]] = tf.function(
            run, input_signature=signature, autograph=False, jit_compile=True
        )
        return compiled

    def _step(self, constant: Tensor, states: Any) -> tuple[Tensor, list[Tensor], Any]:
        """Advance all stages; return the last output, all spikes and the next states."""
        output: Tensor = None
        spikes, following = [], []
        for stage, state in zip(self._stages, states, strict=True):
            current = constant if output is None else stage.population.current(output)
            output, fired, next_state = stage(current, state, self._dt)
            spikes.append(fired)
            following.append(next_state)
        return output, spikes, following


def _through(layers: Sequence[Linear], inputs: Tensor) -> Tensor:
    for layer in layers:
        inputs = layer(inputs)
    return inputs


def _refuse(part: object, reason: str) -> NoReturn:
    raise UnsupportedNetworkError(
        f"{part} {reason}, which the compiled engine cannot represent exactly; "
        "use the engine nengo-dl for this network"
    )


def _chain(network: nengo.Network, image: nengo.Node, probe: nengo.Probe) -> Iterator[Any]:
    """Follow the connections from the input to what the probe looks at."""
    part = image
    while part is not probe.target:
        outgoing = [c for c in network.all_connections if c.pre_obj is part]
        if len(outgoing) != 1:
            _refuse(part, f"has {len(outgoing)} outgoing connections")
        (connection,) = outgoing
        part = connection.post_obj
        _require_plain(connection)
        targets = (part, getattr(part, "ensemble", part))
        if sum(c.post_obj in targets for c in network.all_connections) != 1:
            _refuse(part, "has several incoming connections")
        yield part
    if any(c.pre_obj is part for c in network.all_connections):
        _refuse(part, "has outgoing connections beside its probe")
    if part is image or probe.attr != "output" or probe.sample_every is not None:
        _refuse(probe, f"looks at {probe.attr!r} of {part}, or not at every step")


def _require_plain(connection: nengo.Connection) -> None:
    problems = {
        "has a synapse": connection.synapse is not None,
        "has a transform": not isinstance(connection.transform, nengo.transforms.NoTransform),
        "computes a function": connection.function is not None,
        "learns": connection.learning_rule_type is not None,
        "joins slices": connection.pre is not connection.pre_obj
        or connection.post is not connection.post_obj,
    }
    for problem, found in problems.items():
        if found:
            _refuse(connection, problem)


def _read(part: Any, simulator: Any) -> Linear | Spiking:
    """Read a part of the chain, with the parameters it has now."""
    nengo_dl, _ = nengodl.load()
    if isinstance(part, nengo_dl.TensorNode):
        return _read_layer(part)
    if not isinstance(part, nengo.ensemble.Neurons):
        _refuse(part, "is neither a layer nor neurons")
    ensemble = part.ensemble
    if type(ensemble.neuron_type) is not nengo.LIF:
        _refuse(ensemble, f"has neurons of type {ensemble.neuron_type}")
    if ensemble.noise is not None:
        _refuse(ensemble, "has noise")
    signals = simulator.model.sig[part]
    return Spiking(
        ensemble.neuron_type,
        gain=simulator.model.params[ensemble].gain.astype(np.float32),
        bias=simulator.data[ensemble].bias.astype(np.float32),
        voltage=signals["voltage"].initial_value.astype(np.float32),
        refractory_time=signals["refractory_time"].initial_value.astype(np.float32),
    )


def _read_layer(node: Any) -> Linear:
    _, tf = nengodl.load()
    layer, shape_in = node.tensor_func, node.shape_in
    name = getattr(layer, "name", layer)
    if type(layer) not in (tf.keras.layers.Conv2D, tf.keras.layers.Dense) or node.pass_time:
        _refuse(f"layer {name}", "is neither Conv2D nor Dense")
    if layer.activation is not tf.keras.activations.linear:
        _refuse(f"layer {name}", f"has the activation {layer.activation.__name__}")
    kernel, *bias = layer.get_weights()
    add = bias[0] if bias else np.float32(0)
    if isinstance(layer, tf.keras.layers.Dense):
        if len(shape_in) != 1:
            _refuse(f"layer {name}", f"is dense on inputs of shape {shape_in}")
        return Linear(shape_in, lambda x: x @ kernel + add)
    if layer.data_format != "channels_last" or layer.groups != 1:
        _refuse(f"layer {name}", "has channels first or in groups")
    options = {
        "strides": layer.strides,
        "padding": layer.padding.upper(),
        "dilations": layer.dilation_rate,
    }
    return Linear(shape_in, lambda x: tf.nn.convolution(x, kernel, **options) + add)


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
