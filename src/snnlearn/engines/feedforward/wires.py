"""What each input of a linear layer is connected to."""

import math
from typing import NamedTuple

import numpy as np

from snnlearn.engines.feedforward.chain import Linear, Weights


class Wires(NamedTuple):
    """A linear layer, by the outputs that see each of its inputs.

    Inputs are units, numbered by position and within it by channel, as outputs are. All units of a
    position are seen by the same output positions, each unit by each of these through one row of
    the kernel. A dense layer has one position of all units, and one output position.

    Attributes
    ----------
    kernel : numpy.ndarray of float32, shape (rows, channels_out)
        Weights: a row for each unit that an output position can see.
    bias : numpy.ndarray of float32, shape (channels_out,)
        What every output position starts with.
    targets : numpy.ndarray of int32, shape (n, 2)
        The output positions that see an input position, and what is added to the number of a unit
        for the row of the kernel that it is seen through.
    begins : numpy.ndarray of int32, shape (positions_in + 1,)
        Where the targets of each position begin, and where the last end.
    channels : int
        Units of an input position.
    positions : int
        Output positions.
    """

    kernel: np.ndarray
    bias: np.ndarray
    targets: np.ndarray
    begins: np.ndarray
    channels: int
    positions: int

    @property
    def shape_out(self) -> tuple[int, int]:
        """Number of output positions and of their channels."""
        return self.positions, len(self.bias)


def connect(layer: Linear, weights: Weights) -> Wires:
    """Find out what the inputs of a layer are seen by.

    Parameters
    ----------
    layer : Linear
        The layer.
    weights : sequence of numpy.ndarray
        What it takes its kernel and its bias from.

    Returns
    -------
    Wires
        The same with its weights.
    """
    kernel = np.asarray(weights[layer.kernel], np.float32)
    *size, channels_in, channels_out = kernel.shape
    bias = np.zeros(channels_out) if layer.bias is None else weights[layer.bias]
    positions_in, positions_out = (math.prod(s[:-1]) for s in (layer.shape_in, layer.shape_out))
    seen = _seen(layer, size[0], size[1]) if size else np.array([[0]])
    output, tap = np.nonzero(seen >= 0)
    position = seen[output, tap]
    order = np.argsort(position, kind="stable")
    targets = np.stack([output, channels_in * (tap - position)], axis=1)[order]
    begins = np.searchsorted(position[order], np.arange(positions_in + 1))
    return Wires(
        np.ascontiguousarray(kernel.reshape(-1, channels_out)),
        np.asarray(bias, np.float32),
        targets.astype(np.int32),
        begins.astype(np.int32),
        channels_in,
        positions_out,
    )


def unchanged(size: int) -> Wires:
    """A layer that changes nothing: each of its inputs is one of its outputs."""
    number = np.arange(size + 1, dtype=np.int32)
    targets = np.stack([number[:-1], -number[:-1]], axis=1)
    return Wires(np.ones((1, 1), np.float32), np.zeros(1, np.float32), targets, number, 1, size)


def _seen(layer: Linear, height: int, width: int) -> np.ndarray:
    """The input position that each output of a convolution sees through each tap, or -1."""
    rows = _seen_along(layer, 0, height)[:, np.newaxis, :, np.newaxis]
    columns = _seen_along(layer, 1, width)[np.newaxis, :, np.newaxis, :]
    seen = np.where((rows >= 0) & (columns >= 0), rows * layer.shape_in[1] + columns, -1)
    return seen.reshape(-1, height * width)


def _seen_along(layer: Linear, axis: int, taps: int) -> np.ndarray:
    """The input that each tap sees along one axis, shape (outputs, taps); -1 outside of it."""
    inputs, outputs = layer.shape_in[axis], layer.shape_out[axis]
    stride, dilation = layer.strides[axis], layer.dilations[axis]
    # TensorFlow's rule: half of what is missing goes before the input, the odd one behind it.
    missing = (outputs - 1) * stride + (taps - 1) * dilation + 1 - inputs
    before = max(missing, 0) // 2 if layer.same else 0
    seen = stride * np.arange(outputs)[:, np.newaxis] + dilation * np.arange(taps) - before
    return np.where((seen >= 0) & (seen < inputs), seen, -1)
