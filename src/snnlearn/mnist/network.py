"""The spiking convolutional network of the chapter.

References
----------
E. Ezra Tsur, *Neuromorphic Engineering*, chapter 13, after NengoDL's example
"Optimizing a spiking neural network" (spiking-mnist).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from snnlearn.engines import nengodl
from snnlearn.seeding import Seed, seed_for

#: Height and width of an image in pixels, and the number of classes.
IMAGE_SIZE = 28
N_CLASSES = 10

#: Filters and stride of the convolutions; all have 3 × 3 kernels and no padding.
KERNEL_SIZE = 3
CONVOLUTIONS = ((32, 1), (64, 2), (128, 2))

#: Time step in seconds.
DT = 0.001

#: Firing rate in hertz of every neuron at its largest represented input.
MAX_RATE = 100.0

#: Height of a spike times the time step.
AMPLITUDE = 0.01

#: Time constant in seconds of the low-pass filter on the read-out.
READOUT_SYNAPSE = 0.1


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
        The same through a low-pass filter of :data:`READOUT_SYNAPSE`; testing looks at these.
    """

    network: nengo.Network
    image: nengo.Node
    readout: nengo.Probe
    filtered: nengo.Probe


def build(seed: Seed) -> Classifier:
    """Build the network.

    Parameters
    ----------
    seed : int or mapping
        Fixes the initial weights and the initial membrane voltages. The chapter's is 0.

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
        return keras.initializers.GlorotUniform(seed_for("mnist", seed, part))

    own = seed["network"] if isinstance(seed, Mapping) else seed
    with nengo.Network(label="Spiking convolutional classifier", seed=own) as network:
        network.config[nengo.Ensemble].max_rates = nengo.dists.Choice([MAX_RATE])
        network.config[nengo.Ensemble].intercepts = nengo.dists.Choice([0])
        network.config[nengo.Connection].synapse = None
        nengo_dl.configure_settings(stateful=False)
        neurons = nengo.LIF(amplitude=AMPLITUDE)

        image = nengo.Node(np.zeros(IMAGE_SIZE**2))
        layer, shape = image, (IMAGE_SIZE, IMAGE_SIZE, 1)
        for number, (filters, strides) in enumerate(CONVOLUTIONS, start=1):
            convolution = keras.layers.Conv2D(
                filters,
                KERNEL_SIZE,
                strides=strides,
                kernel_initializer=glorot(f"convolution {number}"),
            )
            layer = nengo_dl.Layer(convolution)(layer, shape_in=shape)
            layer = nengo_dl.Layer(neurons)(layer)
            shape = convolution.compute_output_shape((1, *shape))[1:]
        dense = keras.layers.Dense(N_CLASSES, kernel_initializer=glorot("dense"))
        scores = nengo_dl.Layer(dense)(layer)

        readout = nengo.Probe(scores, label="readout")
        filtered = nengo.Probe(scores, synapse=READOUT_SYNAPSE, label="filtered readout")
    return Classifier(network, image, readout, filtered)


def set_parameters(simulator: Any, parameters: Sequence[np.ndarray]) -> None:
    """Replace the trainable parameters that a simulator holds.

    This is what ``Simulator.load_params`` does, without the file that it takes them from.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator of the classifier.
    parameters : sequence of numpy.ndarray
        The values, in the order and with the shapes of :func:`parameter_shapes`.

    Raises
    ------
    ValueError
        If their number or shapes are others.
    """
    simulator.keras_model.set_weights(parameters)


def parameter_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the trainable parameters, in the order of NengoDL's files.

    Returns
    -------
    dict of str to tuple of int
        First the biases of all neurons, then kernel and bias of each layer; kernels are
        (height, width, channels in, channels out).
    """
    side, channels, neurons = IMAGE_SIZE, 1, 0
    layers: dict[str, tuple[int, ...]] = {}
    for number, (filters, strides) in enumerate(CONVOLUTIONS, start=1):
        layers[f"convolution {number} kernel"] = (KERNEL_SIZE, KERNEL_SIZE, channels, filters)
        layers[f"convolution {number} bias"] = (filters,)
        side, channels = (side - KERNEL_SIZE) // strides + 1, filters
        neurons += side * side * channels
    layers["dense kernel"] = (side * side * channels, N_CLASSES)
    layers["dense bias"] = (N_CLASSES,)
    return {"neuron biases": (neurons,)} | layers
