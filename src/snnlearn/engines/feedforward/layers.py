"""The parts of a network as they are trained: what each makes of its input and of the weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nengo

from snnlearn.engines import nengodl
from snnlearn.engines.feedforward import reading
from snnlearn.engines.feedforward.chain import Linear, Population, Shared
from snnlearn.engines.feedforward.rates import Neurons, Tensor, rates
from snnlearn.engines.feedforward.surrogate import Surrogate, spikes

#: TensorFlow's variables in the place of :data:`snnlearn.engines.feedforward.chain.Weights`.
Weights = Sequence[Tensor]


@dataclass(frozen=True)
class Part:
    """A part of a network as it is trained.

    Attributes
    ----------
    output : callable
        What it makes of its input, of the weights of the simulator's Keras model, and of a seed,
        two whole numbers, for what is drawn anew in each step of training.
    amplitude : float, optional
        By what rates in Hz are multiplied, if it is a population of neurons.
    """

    output: Callable[[Tensor, Weights, Tensor], Tensor]
    amplitude: float | None = None


def parts(
    simulator: Any, image: nengo.Node, readout: nengo.Probe, surrogate: Surrogate | None = None
) -> list[Part]:
    """Read the parts of a network.

    Parameters
    ----------
    simulator : nengo_dl.Simulator
        An open simulator that holds the network.
    image : nengo.Node
        The input.
    readout : nengo.Probe
        The output, without a filter.
    surrogate : Surrogate, optional
        How neurons spike. By default they put out their rates, smoothed where NengoDL smooths
        them (``lif_smoothing``).

    Returns
    -------
    list of Part
        In the order in which signals pass them. With spikes, the values of all steps follow each
        other from the first population on: first all inputs in step 1, then all in step 2.

    Raises
    ------
    UnsupportedNetworkError
        If a part of the network does something else in NengoDL's training mode.
    """
    nengo_dl, _ = nengodl.load()
    read = reading.read(simulator, image, readout)
    if read.filter is not None:
        reading.refuse(readout, "has a filter, whose output after one step is 0")
    smoothing = nengo_dl.config.get_setting(simulator.model, "lif_smoothing")
    found: list[Part] = []
    for part in read.parts:
        if isinstance(part, Linear):
            found.append(Part(_linear(part)))
            continue
        if surrogate is None:
            neurons = rates(part, smoothing)
        else:
            first = not any(before.amplitude for before in found)
            neurons = spikes(part, surrogate, read.dt, from_constant=first)
        found.append(Part(_neurons(part, neurons), float(part.neuron_type.amplitude)))
    return found


def _linear(layer: Linear) -> Callable[[Tensor, Weights, Tensor], Tensor]:
    tf = nengodl.tensorflow()

    def part(inputs: Tensor, weights: Weights, _: Tensor) -> Tensor:
        shaped, kernel = tf.reshape(inputs, (-1, *layer.shape_in)), weights[layer.kernel]
        if len(layer.shape_in) == 1:
            values = shaped @ kernel
        else:
            padding = "SAME" if layer.same else "VALID"
            values = tf.nn.convolution(
                shaped, kernel, strides=layer.strides, padding=padding, dilations=layer.dilations
            )
        return values if layer.bias is None else tf.nn.bias_add(values, weights[layer.bias])

    return part


def _neurons(
    population: Population, neurons: Neurons
) -> Callable[[Tensor, Weights, Tensor], Tensor]:
    tf = nengodl.tensorflow()

    def part(inputs: Tensor, weights: Weights, seed: Tensor) -> Tensor:
        bias = population.bias
        if isinstance(bias, Shared):
            bias = weights[bias.number][bias.start : bias.stop]
        return neurons(tf.reshape(inputs, (-1, population.gain.size)), bias, seed)

    return part
