"""Read a chain of linear layers and LIF neurons from the network that NengoDL has built."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import nengo
import numpy as np
from nengo.utils.filter_design import cont2discrete

from snnlearn.engines import errors, nengodl

Tensor = Any

#: The weights of NengoDL's Keras model, in the order of the files of ``Simulator.save_params``.
Weights = Sequence[Tensor]

#: Exponentials of more than this come near the limits of float32.
LARGEST_EXPONENT = 80.0


@dataclass(frozen=True)
class Linear:
    r"""A convolution or a dense layer.

    Attributes
    ----------
    shape_in : tuple of int
        Shape of one input.
    transform : callable
        From a tensor of shape (images, \*shape_in), and the weights, to the outputs.
    """

    shape_in: tuple[int, ...]
    transform: Callable[[Tensor, Weights], Tensor]

    def __call__(self, inputs: Tensor, weights: Weights) -> Tensor:
        """Transform inputs that have the layer's number of elements, whatever their shape."""
        tf = nengodl.tensorflow()
        return self.transform(tf.reshape(inputs, (inputs.shape[0], *self.shape_in)), weights)


@dataclass(frozen=True)
class Population:
    r"""A population of LIF neurons.

    Attributes
    ----------
    neuron_type : nengo.LIF
        Time constants, amplitude and least voltage.
    gain : numpy.ndarray, shape of the population
        What inputs are multiplied by.
    bias : callable
        From the weights to what is added then, shape of the population.
    voltage, refractory_time : numpy.ndarray, shape of the population
        The state before the first step; times in seconds.
    """

    neuron_type: nengo.LIF
    gain: np.ndarray
    bias: Callable[[Weights], Tensor]
    voltage: np.ndarray
    refractory_time: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the population."""
        return self.gain.shape

    def current(self, inputs: Tensor, weights: Weights) -> Tensor:
        """The current that inputs drive, in units of the threshold current."""
        shaped = nengodl.tensorflow().reshape(inputs, (inputs.shape[0], *self.shape))
        return self.gain * shaped + self.bias(weights)


@dataclass(frozen=True)
class Chain:
    """A whole network between its input and its probe.

    Attributes
    ----------
    parts : list of Linear or Population
        In the order in which signals pass them.
    dt : float
        Time step in seconds.
    size_in, size_out : int
        Number of inputs and outputs.
    filter : (numpy.float32, numpy.float32), optional
        What the probe's low-pass filter keeps of its state, and adds of its input, in each step.
    """

    parts: list[Linear | Population]
    dt: float
    size_in: int
    size_out: int
    filter: tuple[np.float32, np.float32] | None


def read(simulator: Any, image: nengo.Node, probe: nengo.Probe) -> Chain:
    """Read the structure, the gains and the initial state of a network.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network.
    image : nengo.Node
        The input.
    probe : nengo.Probe
        The output: of the last part of the chain, with a low-pass filter or without one.

    Returns
    -------
    Chain
        The chain. Its parts take weights in the order of ``simulator.keras_model.weights``.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network between input and probe cannot be run exactly.
    """
    nengo_dl, _ = nengodl.load()
    if simulator.tensor_graph.dtype != "float32":
        refuse("the simulator", f"computes in {simulator.tensor_graph.dtype}, not in float32")
    if nengo_dl.config.get_setting(simulator.model, "learning_phase"):
        refuse("the simulator", "always runs in training mode")
    parts: list[Linear | Population] = []
    shape: tuple[int, ...] = (image.size_out,)
    output_filter = _read_filter(probe, simulator.model.dt)
    for part in _on_the_way(simulator.model.toplevel, image, probe):
        if isinstance(part, nengo_dl.TensorNode):
            parts.append(_read_layer(part, simulator))
            shape = part.shape_out
        elif isinstance(part, nengo.ensemble.Neurons):
            parts.append(_read_neurons(part, shape, simulator))
        else:
            refuse(part, "is neither a layer nor neurons")
    if not any(isinstance(part, Population) for part in parts):
        refuse("the network", "has no neurons")
    return Chain(parts, simulator.model.dt, image.size_out, probe.size_in, output_filter)


def refuse(part: object, reason: str) -> NoReturn:
    """Refuse a part of a network, named as its user knows it."""
    layer = getattr(part, "tensor_func", None)
    name = part if layer is None else f"layer {getattr(layer, 'name', layer)}"
    errors.refuse(name, reason, reference="nengo-dl")


def _on_the_way(network: nengo.Network, image: nengo.Node, probe: nengo.Probe) -> Iterator[Any]:
    """Follow the connections from the input to what the probe looks at."""
    # Parts are compared by ==: `ensemble.neurons` is a new object each time it is asked for.
    connections, part = network.all_connections, image
    if image.size_in != 0:
        refuse(image, "has an input of its own")
    if probe.target is not probe.obj or probe.attr != "output" or probe.sample_every is not None:
        refuse(probe, f"looks at {probe.attr} of {probe.target}, or not at every step")
    while part != probe.target:
        outgoing = [c for c in connections if c.pre_obj == part]
        if len(outgoing) != 1:
            refuse(part, f"has {len(outgoing)} outgoing connections on the way to {probe}")
        _require_plain(outgoing[0])
        part = outgoing[0].post_obj
        targets = (part, getattr(part, "ensemble", part))
        if sum(c.post_obj in targets for c in connections) != 1:
            refuse(part, "has several incoming connections")
        yield part
    if any(c.pre_obj == part for c in connections):
        refuse(part, f"has outgoing connections beside {probe}")


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
            refuse(connection, problem)


def _read_neurons(part: Any, shape: tuple[int, ...], simulator: Any) -> Population:
    """Read neurons that get their input in some shape."""
    ensemble, dt = part.ensemble, simulator.model.dt
    neurons = ensemble.neuron_type
    if type(neurons) is not nengo.LIF:
        refuse(ensemble, f"has neurons of type {neurons}")
    if ensemble.noise is not None:
        refuse(ensemble, "has noise")
    signals = simulator.model.sig[part]
    voltage, refractory_time = (
        signals[name].initial_value.reshape(shape) for name in ("voltage", "refractory_time")
    )
    longest = max(dt, neurons.tau_ref, refractory_time.max())
    if longest > LARGEST_EXPONENT * neurons.tau_rc:
        refuse(ensemble, f"has times of more than {LARGEST_EXPONENT:g} tau_rc")
    gain = simulator.model.params[ensemble].gain.astype(np.float32).reshape(shape)
    return Population(
        neurons, gain, _read_bias(ensemble, shape, simulator), voltage, refractory_time
    )


def _read_bias(
    ensemble: nengo.Ensemble, shape: tuple[int, ...], simulator: Any
) -> Callable[[Weights], Tensor]:
    """Where the biases of an ensemble are: NengoDL joins those that are trained in one array."""
    graph = simulator.tensor_graph
    signal = graph.signals.sig_map.get(simulator.model.sig[ensemble.neurons]["bias"])
    if signal is None or signal.minibatched:
        constant = simulator.data[ensemble].bias.astype(np.float32).reshape(shape)
        return lambda weights: constant
    number = _number(graph.base_params[signal.key], simulator)
    ((start, stop),) = signal.slices
    return lambda weights: nengodl.tensorflow().reshape(weights[number][start:stop], shape)


def _number(variable: Any, simulator: Any) -> int:
    """Which of the weights a variable is."""
    (number,) = (n for n, w in enumerate(simulator.keras_model.weights) if w is variable)
    return number


def _read_layer(node: Any, simulator: Any) -> Linear:
    tf = nengodl.tensorflow()
    layer = node.tensor_func
    if type(layer) not in (tf.keras.layers.Conv2D, tf.keras.layers.Dense) or node.pass_time:
        refuse(node, "is neither Conv2D nor Dense")
    if layer.activation is not tf.keras.activations.linear:
        refuse(
            node, f"has the activation {getattr(layer.activation, '__name__', layer.activation)}"
        )
    kernel, *bias = (_number(variable, simulator) for variable in layer.weights)

    def biased(values: Tensor, weights: Weights) -> Tensor:
        return tf.nn.bias_add(values, weights[bias[0]]) if bias else values

    if isinstance(layer, tf.keras.layers.Dense):
        if len(node.shape_in) != 1:
            refuse(node, f"is dense on inputs of shape {node.shape_in}")
        return Linear(node.shape_in, lambda x, weights: biased(x @ weights[kernel], weights))
    if layer.data_format != "channels_last" or layer.groups != 1:
        refuse(node, "has channels first or in groups")
    options = {
        "strides": layer.strides,
        "padding": layer.padding.upper(),
        "dilations": layer.dilation_rate,
    }
    return Linear(
        node.shape_in,
        lambda x, weights: biased(tf.nn.convolution(x, weights[kernel], **options), weights),
    )


def _read_filter(probe: nengo.Probe, dt: float) -> tuple[np.float32, np.float32] | None:
    synapse = probe.synapse
    if synapse is None:
        return None
    if type(synapse) is not nengo.Lowpass:
        refuse(probe, f"has the synapse {synapse}")
    # NengoDL takes a filter that is much shorter than a step for a delay of one step.
    if synapse.tau <= 0.03 * dt:
        return np.float32(0), np.float32(1)
    numerator, denominator, _ = cont2discrete((synapse.num, synapse.den), dt, method="zoh")
    return np.float32(-denominator[1]), np.float32(numerator.flatten()[-1])
