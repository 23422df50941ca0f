"""A chain of linear layers and LIF neurons, as both halves of this engine take it.

A chain says how parts are connected; what is trained stands apart, in the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import nengo
import numpy as np
from nengo.utils.filter_design import cont2discrete

#: What is trained, in the order of the files of ``nengo_dl.Simulator.save_params``.
Weights = Sequence[np.ndarray]


@dataclass(frozen=True)
class Linear:
    """A convolution (height, width, channels), or a dense layer.

    Attributes
    ----------
    shape_in, shape_out : tuple of int
        Shapes of one input and one output: of three numbers, or of one for a dense layer.
    kernel : int
        Which of the weights is the kernel: of shape (height, width, channels in, channels out),
        or (in, out) for a dense layer.
    bias : int, optional
        Which of the weights is added to each channel of the output.
    strides, dilations : (int, int)
        Down and across.
    same : bool
        Whether the input is padded with zeros so that a stride of 1 keeps its size, as
        TensorFlow's ``padding="same"`` does.
    """

    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    kernel: int
    bias: int | None
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    same: bool = False


@dataclass(frozen=True)
class Shared:
    """A part of one of the weights, which several populations share.

    Attributes
    ----------
    number : int
        Which of the weights.
    start, stop : int
        Which part of it.
    """

    number: int
    start: int
    stop: int


@dataclass(frozen=True)
class Population:
    r"""A population of LIF neurons.

    Attributes
    ----------
    neuron_type : nengo.LIF
        Time constants, amplitude and least voltage.
    gain : numpy.ndarray of float32, shape (neurons,)
        What inputs are multiplied by.
    bias : numpy.ndarray of float32, shape (neurons,), or Shared
        What is added then.
    voltage, refractory_time : numpy.ndarray, shape (neurons,)
        The state before the first step; times in seconds, as NengoDL counts them.
    """

    neuron_type: nengo.LIF
    gain: np.ndarray
    bias: np.ndarray | Shared
    voltage: np.ndarray
    refractory_time: np.ndarray


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


def low_pass(synapse: nengo.Lowpass, dt: float) -> tuple[np.float32, np.float32]:
    """What a low-pass filter keeps of its state, and adds of its input, in a step of dt seconds.

    NengoDL takes a filter that is much shorter than a step for a delay of one step
    (``process_builders.LowpassBuilder``).
    """
    if synapse.tau <= 0.03 * dt:
        return np.float32(0), np.float32(1)
    numerator, denominator, _ = cont2discrete((synapse.num, synapse.den), dt, method="zoh")
    return np.float32(-denominator[1]), np.float32(numerator.flatten()[-1])
