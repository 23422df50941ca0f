"""The spiking convolutional network of the chapter, for NengoDL and for the compiled engine.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13, after NengoDL's example
"Optimizing a spiking neural network" (spiking-mnist).
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward.chain import Chain, Linear, Population, Shared, low_pass
from snnlearn.mnist.initial_weights import glorot_uniform
from snnlearn.mnist.neurons import CHAPTER, Neurons
from snnlearn.seeding import Seed, seed_for

#: Height and width of an image in pixels, and the number of classes.
IMAGE_SIZE = 28
N_CLASSES = 10

#: Filters and stride of the convolutions; all have 3 × 3 kernels and no padding.
KERNEL_SIZE = 3
CONVOLUTIONS = ((32, 1), (64, 2), (128, 2))

#: Time step in seconds.
DT = 0.001

#: The chapter's time constant in seconds of the low-pass filter on the read-out.
READOUT_SYNAPSE = 0.1


class Convolution(NamedTuple):
    """A convolution of the network: its name, shapes (height, width, channels), and stride."""

    name: str
    shape_in: tuple[int, int, int]
    shape_out: tuple[int, int, int]
    stride: int

    @property
    def neurons(self) -> int:
        """How many neurons it drives."""
        return math.prod(self.shape_out)


def convolutions() -> list[Convolution]:
    """The convolutions, in the order in which signals pass them."""
    found, shape = [], (IMAGE_SIZE, IMAGE_SIZE, 1)
    for number, (filters, stride) in enumerate(CONVOLUTIONS, start=1):
        side = (shape[0] - KERNEL_SIZE) // stride + 1
        found.append(Convolution(f"convolution {number}", shape, (side, side, filters), stride))
        shape = found[-1].shape_out
    return found


@dataclass(frozen=True)
class Classifier:
    """The network and the parts of it that are fed and read.

    Attributes
    ----------
    network : nengo.Network
        The whole network.
    image : nengo.Node
        Its input: the 784 raw pixel values, 0 to 255.
    readout : nengo.Probe
        The ten class scores, unfiltered; training looks at these.
    filtered : nengo.Probe
        The same through a low-pass filter; testing looks at these.
    """

    network: nengo.Network
    image: nengo.Node
    readout: nengo.Probe
    filtered: nengo.Probe


def build(
    seed: Seed, neurons: Neurons = CHAPTER, readout_synapse: float = READOUT_SYNAPSE
) -> Classifier:
    """Build the network.

    Parameters
    ----------
    seed : int or mapping
        Fixes the initial weights and the initial membrane voltages. The chapter's is 0.
    neurons : Neurons
        How they fire.
    readout_synapse : float
        Time constant in seconds of the low-pass filter on the read-out.

    Returns
    -------
    Classifier
        The network with its input and its probes.

    Notes
    -----
    Keras draws the seeds of its initializers from Python's global generator unless they are
    given: the seed of the Nengo network alone, as in the chapter, leaves the kernels random.
    The initializer itself, Glorot's uniform distribution, is Keras's default.
    """
    nengo_dl, tf = nengodl.load()
    keras = tf.keras

    def glorot(part: str) -> Any:
        return keras.initializers.GlorotUniform(_seed_of(part, seed))

    with _empty(seed, neurons) as network:
        nengo_dl.configure_settings(stateful=False)
        image = nengo.Node(np.zeros(IMAGE_SIZE**2))
        layer = image
        for of in convolutions():
            convolution = keras.layers.Conv2D(
                of.shape_out[-1],
                KERNEL_SIZE,
                strides=of.stride,
                kernel_initializer=glorot(of.name),
            )
            layer = nengo_dl.Layer(convolution)(layer, shape_in=of.shape_in)
            layer = nengo_dl.Layer(nengo.LIF(amplitude=neurons.amplitude))(layer)
        dense = keras.layers.Dense(N_CLASSES, kernel_initializer=glorot("dense"))
        scores = nengo_dl.Layer(dense)(layer)

        readout = nengo.Probe(scores, label="readout")
        filtered = nengo.Probe(scores, synapse=readout_synapse, label="filtered readout")
    return Classifier(network, image, readout, filtered)


def chain(
    seed: Seed, neurons: Neurons = CHAPTER, readout_synapse: float = READOUT_SYNAPSE
) -> Chain:
    """The same network as the compiled engine takes it, without NengoDL.

    Parameters
    ----------
    seed : int or mapping
        As :func:`build` takes it; here it fixes the initial membrane voltages.
    neurons : Neurons
        As :func:`build` takes them.
    readout_synapse : float
        As :func:`build` takes it.

    Returns
    -------
    Chain
        The network; it takes parameters in the order of :func:`parameter_shapes`.

    Notes
    -----
    Nengo draws the seed of each ensemble after those of all connections: so there are as many
    connections here as in the network of :func:`build`. Nothing passes them.
    """
    neuron_type = nengo.LIF(amplitude=neurons.amplitude)
    with _empty(seed, neurons) as network:
        before, ensembles = nengo.Node(size_in=1), []
        for of in convolutions():
            layer = nengo.Node(size_in=1)
            ensembles.append(nengo.Ensemble(of.neurons, 1, neuron_type=neuron_type))
            nengo.Connection(before, layer)
            nengo.Connection(layer, ensembles[-1].neurons, transform=np.zeros((of.neurons, 1)))
            before = layer
        nengo.Connection(before, nengo.Node(size_in=1))
    model = nengo.builder.Model(dt=DT)
    model.build(network)
    names = [name.rpartition(" ")[0] for name in parameter_shapes()]
    parts: list[Linear | Population] = []
    start = 0
    for of, ensemble in zip(convolutions(), ensembles, strict=True):
        kernel = names.index(of.name)
        parts.append(Linear(of.shape_in, of.shape_out, kernel, kernel + 1, (of.stride,) * 2))
        state = (
            model.sig[ensemble.neurons][name].initial_value.astype(np.float32)
            for name in ("voltage", "refractory_time")
        )
        gain = model.params[ensemble].gain.astype(np.float32)
        bias = Shared(names.index("neuron"), start, start + of.neurons)
        parts.append(Population(ensemble.neuron_type, gain, bias, *state))
        start += of.neurons
    parts.append(Linear((of.neurons,), (N_CLASSES,), names.index("dense"), len(names) - 1))
    output_filter = low_pass(nengo.Lowpass(readout_synapse), DT)
    return Chain(parts, DT, IMAGE_SIZE**2, N_CLASSES, output_filter)


def initial_parameters(seed: Seed) -> list[np.ndarray]:
    """The parameters that the network of :func:`build` has before training.

    Parameters
    ----------
    seed : int or mapping
        As :func:`build` takes it.

    Returns
    -------
    list of numpy.ndarray of float32
        In the order of :func:`parameter_shapes`.
    """
    found = []
    for name, shape in parameter_shapes().items():
        part, _, kind = name.rpartition(" ")
        if kind == "kernel":
            found.append(glorot_uniform(_seed_of(part, seed), shape))
        else:
            # Of neurons whose intercept is 0, the bias is the threshold current.
            found.append(np.full(shape, kind == "biases", np.float32))
    return found


def _seed_of(part: str, seed: Seed) -> int:
    """Seed of the initial weights of a layer."""
    return seed_for("mnist", seed, part)


@contextmanager
def _empty(seed: Seed, neurons: Neurons) -> Iterator[nengo.Network]:
    """A network with the chapter's settings but for its neurons, to be filled."""
    own = seed["network"] if isinstance(seed, Mapping) else seed
    with nengo.Network(label="Spiking convolutional classifier", seed=own) as network:
        network.config[nengo.Ensemble].max_rates = nengo.dists.Choice([neurons.max_rate])
        network.config[nengo.Ensemble].intercepts = nengo.dists.Choice([0])
        network.config[nengo.Connection].synapse = None
        yield network


def parameter_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the trainable parameters, in the order of NengoDL's files.

    Returns
    -------
    dict of str to tuple of int
        First the biases of all neurons, then kernel and bias of each layer; kernels are
        (height, width, channels in, channels out).
    """
    layers: dict[str, tuple[int, ...]] = {}
    for of in convolutions():
        channels, filters = of.shape_in[-1], of.shape_out[-1]
        layers[f"{of.name} kernel"] = (KERNEL_SIZE, KERNEL_SIZE, channels, filters)
        layers[f"{of.name} bias"] = (filters,)
    layers["dense kernel"] = (of.neurons, N_CLASSES)
    layers["dense bias"] = (N_CLASSES,)
    return {"neuron biases": (sum(of.neurons for of in convolutions()),)} | layers
