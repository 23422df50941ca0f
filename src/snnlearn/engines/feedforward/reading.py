"""Read a chain of linear layers and LIF neurons from the network that NengoDL has built."""

from collections.abc import Iterator
from typing import Any, NoReturn

import nengo
import numpy as np

from snnlearn.engines import errors, nengodl
from snnlearn.engines.feedforward.chain import Chain, Linear, Population, Shared, low_pass
from snnlearn.engines.lif import LARGEST_EXPONENT


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
    output_filter = _read_filter(probe, simulator.model.dt)
    for part in _on_the_way(simulator.model.toplevel, image, probe):
        if isinstance(part, nengo_dl.TensorNode):
            parts.append(_read_layer(part, simulator))
        elif isinstance(part, nengo.ensemble.Neurons):
            parts.append(_read_neurons(part, simulator))
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


def _read_neurons(part: Any, simulator: Any) -> Population:
    ensemble, dt = part.ensemble, simulator.model.dt
    neurons = ensemble.neuron_type
    if type(neurons) is not nengo.LIF:
        refuse(ensemble, f"has neurons of type {neurons}")
    if ensemble.noise is not None:
        refuse(ensemble, "has noise")
    signals = simulator.model.sig[part]
    voltage, refractory_time = (
        signals[name].initial_value for name in ("voltage", "refractory_time")
    )
    longest = max(dt, neurons.tau_ref, refractory_time.max())
    if longest > LARGEST_EXPONENT * neurons.tau_rc:
        refuse(ensemble, f"has times of more than {LARGEST_EXPONENT:g} tau_rc")
    gain = simulator.model.params[ensemble].gain.astype(np.float32)
    bias = _read_bias(ensemble, simulator)
    return Population(neurons, gain, bias, voltage, refractory_time)


def _read_bias(ensemble: nengo.Ensemble, simulator: Any) -> np.ndarray | Shared:
    """Where the biases of an ensemble are: NengoDL joins those that are trained in one array."""
    graph = simulator.tensor_graph
    signal = graph.signals.sig_map.get(simulator.model.sig[ensemble.neurons]["bias"])
    if signal is None or signal.minibatched:
        return np.asarray(simulator.data[ensemble].bias, np.float32)
    ((start, stop),) = signal.slices
    return Shared(_number(graph.base_params[signal.key], simulator), start, stop)


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
    common = (node.shape_in, node.shape_out, kernel, bias[0] if bias else None)
    if isinstance(layer, tf.keras.layers.Dense):
        if len(node.shape_in) != 1:
            refuse(node, f"is dense on inputs of shape {node.shape_in}")
        return Linear(*common)
    if layer.data_format != "channels_last" or layer.groups != 1:
        refuse(node, "has channels first or in groups")
    return Linear(*common, layer.strides, layer.dilation_rate, same=layer.padding == "same")


def _read_filter(probe: nengo.Probe, dt: float) -> tuple[np.float32, np.float32] | None:
    synapse = probe.synapse
    if synapse is None:
        return None
    if type(synapse) is not nengo.Lowpass:
        refuse(probe, f"has the synapse {synapse}")
    return low_pass(synapse, dt)
