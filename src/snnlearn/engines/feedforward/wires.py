"""What each output of a linear layer is connected to."""

from typing import NamedTuple

import numpy as np

from snnlearn.engines.feedforward.chain import Linear, Weights


class Wires(NamedTuple):
    """A linear layer, by the runs of inputs that each of its outputs sees.

    Inputs are units, numbered by position and within it by channel, as outputs are. What an output
    position sees is a few runs of units without a gap: of a convolution, one for each row of its
    kernel. A dense layer has one output position, which sees one run of all units.

    Attributes
    ----------
    kernel : numpy.ndarray of float32, shape (rows, channels_out)
        Weights: a row for each unit that an output position can see.
    bias : numpy.ndarray of float32, shape (channels_out,)
        What every output position starts with.
    runs : numpy.ndarray of int32, shape (positions_out, most, 3)
        For each run, its first position, the one behind its last, and what is added to the number
        of a unit for the row of the kernel that it is seen through. Runs of no position fill up.
    channels : int
        Units of an input position.
    """

    kernel: np.ndarray
    bias: np.ndarray
    runs: np.ndarray
    channels: int

    @property
    def shape_out(self) -> tuple[int, int]:
        """Number of output positions and of their channels."""
        return len(self.runs), len(self.bias)


def connect(layer: Linear, weights: Weights) -> Wires:
    """Find out what the outputs of a layer see.

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

    Raises
    ------
    ValueError
        If these are of another layer.
    """
    kernel = np.asarray(weights[layer.kernel], np.float32)
    *size, channels_in, channels_out = kernel.shape
    bias = np.zeros(channels_out) if layer.bias is None else weights[layer.bias]
    expected = layer.shape_in[-1], layer.shape_out[-1], (layer.shape_out[-1],)
    if (channels_in, channels_out, np.shape(bias)) != expected:
        raise ValueError(
            f"a kernel of the shape {kernel.shape} and a bias of the shape {np.shape(bias)} do not "
            f"fit a layer from {layer.shape_in} to {layer.shape_out}"
        )
    runs = _runs(layer, size[0], size[1]) if size else np.array([[[0, 1, 0]]])
    runs[:, :, 2] *= channels_in
    flat = np.ascontiguousarray(kernel.reshape(-1, channels_out))
    return Wires(flat, np.asarray(bias, np.float32), runs.astype(np.int32), channels_in)


def unchanged(size: int) -> Wires:
    """A layer that changes nothing: each of its inputs is one of its outputs."""
    number = np.arange(size, dtype=np.int32)
    runs = np.stack([number, number + 1, -number], axis=1)[:, np.newaxis]
    return Wires(np.ones((1, 1), np.float32), np.zeros(1, np.float32), runs, 1)


def _runs(layer: Linear, height: int, width: int) -> np.ndarray:
    """The runs of a convolution, shifts in taps of the kernel."""
    rows, columns = _seen(layer, 0, height), _seen(layer, 1, width)
    # Neighbouring taps see neighbouring positions, unless they are spread.
    together = width if layer.dilations[1] == 1 else 1
    across = layer.shape_in[1]
    found = [
        [
            _run(row, columns[x, tap : tap + together], down * width + tap, across)
            for down, row in enumerate(rows[y])
            for tap in range(0, width, together)
        ]
        for y in range(layer.shape_out[0])
        for x in range(layer.shape_out[1])
    ]
    return np.array(found)


def _run(row: int, columns: np.ndarray, tap: int, across: int) -> tuple[int, int, int]:
    """A run of positions in one row of the input; those outside of it are -1."""
    (inside,) = np.nonzero(columns >= 0)
    if row < 0 or inside.size == 0:
        return 0, 0, 0
    first = row * across + columns[inside[0]]
    return first, first + inside.size, tap + inside[0] - first


def _seen(layer: Linear, axis: int, taps: int) -> np.ndarray:
    """The input that each tap sees along one axis, shape (outputs, taps); -1 outside of it."""
    inputs, outputs = layer.shape_in[axis], layer.shape_out[axis]
    stride, dilation = layer.strides[axis], layer.dilations[axis]
    # TensorFlow's rule: half of what is missing goes before the input, the odd one behind it.
    missing = (outputs - 1) * stride + (taps - 1) * dilation + 1 - inputs
    before = max(missing, 0) // 2 if layer.same else 0
    seen = stride * np.arange(outputs)[:, np.newaxis] + dilation * np.arange(taps) - before
    return np.where((seen >= 0) & (seen < inputs), seen, -1)
