"""What a linear layer makes of spikes and of numbers, where these are and there only.

An output adds the weights of those units that it sees and that fire, or are not zero; silence costs
nothing. Of each neuron that fires, the steps in which it does are a set of bits: so its weights are
read once for all of these. All arrays are of float32, and all sums are in the order of the units.
"""

from collections.abc import Callable

import numpy as np

from snnlearn.engines import bits, lanes
from snnlearn.engines.feedforward.wires import Wires
from snnlearn.engines.kernels import kernel

#: Channels that are added at once, as far as a layer has so many: two to eight registers.
WIDTHS = (32, 8, 1)


@kernel
def begins(units: np.ndarray, channels: int, begin: np.ndarray) -> None:
    """Find out where in a list of units those of each position begin.

    Parameters
    ----------
    units : numpy.ndarray of int32, shape (n,)
        In their order.
    channels : int
        Units of a position.
    begin : numpy.ndarray of int32, shape (positions + 1,)
        Is overwritten; the last number says where the list ends.
    """
    position, behind = 0, channels
    begin[0] = 0
    for n in range(units.size):
        while units[n] >= behind:
            position += 1
            behind += channels
            begin[position] = n
    begin[position + 1 :] = units.size


def _adding_spikes(width: int) -> Callable[..., int]:
    """A kernel that adds what spikes drive, for so many channels at once.

    It begins at a channel, and returns the first that is left.
    """

    @kernel
    def add(
        units: np.ndarray,
        steps: np.ndarray,
        begin: np.ndarray,
        wires: Wires,
        position: int,
        sums: np.ndarray,
        channel: int,
    ) -> int:
        kernel, bias, runs, _ = wires
        size = bias.size
        while channel + width <= size:
            for run in range(runs.shape[1]):
                row = runs[position, run, 2] * size + channel
                # Unsigned numbers need no look at their sign.
                first, stop = begin[runs[position, run, 0]], begin[runs[position, run, 1]]
                for k in range(np.uintp(first), np.uintp(stop)):
                    weights = lanes.load(kernel, row + units[k] * size, width)
                    left = steps[k]
                    while left:
                        place = bits.lowest(left) * size + channel
                        total = lanes.plus(lanes.load(sums, place, width), weights)
                        lanes.store(sums, place, total)
                        left &= left - np.uint64(1)
            channel += width
        return channel

    return add


def _adding_numbers(width: int) -> Callable[..., int]:
    """A kernel that adds what numbers drive, as :func:`_adding_spikes`."""

    @kernel
    def add(
        units: np.ndarray,
        values: np.ndarray,
        begin: np.ndarray,
        wires: Wires,
        position: int,
        sums: np.ndarray,
        channel: int,
    ) -> int:
        kernel, bias, runs, _ = wires
        size = bias.size
        while channel + width <= size:
            total = lanes.load(sums, channel, width)
            for run in range(runs.shape[1]):
                row = runs[position, run, 2] * size + channel
                first, stop = begin[runs[position, run, 0]], begin[runs[position, run, 1]]
                for k in range(np.uintp(first), np.uintp(stop)):
                    unit = units[k]
                    weights = lanes.load(kernel, row + unit * size, width)
                    total = lanes.plus(total, lanes.times(weights, values[np.uintp(unit)]))
            lanes.store(sums, channel, total)
            channel += width
        return channel

    return add


_spikes_32, _spikes_8, _spikes_1 = (_adding_spikes(width) for width in WIDTHS)
_numbers_32, _numbers_8, _numbers_1 = (_adding_numbers(width) for width in WIDTHS)


@kernel
def of_spikes(
    units: np.ndarray,
    steps: np.ndarray,
    begin: np.ndarray,
    wires: Wires,
    position: int,
    sums: np.ndarray,
) -> None:
    """Add what spikes drive at one output position.

    Parameters
    ----------
    units : numpy.ndarray of int32, shape (n,)
        The neurons that fire, in their order.
    steps : numpy.ndarray of uint64, shape (n,) or longer
        The steps in which each of these does, as a set of bits.
    begin : numpy.ndarray of int32, shape (positions_in + 1,)
        From :func:`begins`.
    wires : Wires
        The layer.
    position : int
        Which output position.
    sums : numpy.ndarray of float32, shape (steps, channels_out)
        Is overwritten.
    """
    for step in range(sums.shape[0]):
        for i in range(sums.shape[1]):
            sums[step, i] = wires.bias[i]
    done = _spikes_32(units, steps, begin, wires, position, sums, 0)
    done = _spikes_8(units, steps, begin, wires, position, sums, done)
    _spikes_1(units, steps, begin, wires, position, sums, done)


@kernel
def transform(wires: Wires, inputs: np.ndarray, outputs: np.ndarray) -> None:
    """Apply a layer to numbers.

    Parameters
    ----------
    wires : Wires
        The layer.
    inputs : numpy.ndarray, shape (n, size_in)
        One input a row; zeros cost little.
    outputs : numpy.ndarray, shape (n, positions_out, channels_out)
        Is overwritten.
    """
    listed = np.empty(inputs.shape[1] + 1, np.int32)
    begin = np.empty(inputs.shape[1] // wires.channels + 1, np.int32)
    for row in range(inputs.shape[0]):
        values, count = inputs[row], 0
        for unit in range(values.size):
            listed[count] = unit
            count += values[unit] != 0
        units = listed[:count]
        begins(units, wires.channels, begin)
        for position in range(outputs.shape[1]):
            sums = outputs[row, position]
            for i in range(sums.size):
                sums[i] = wires.bias[i]
            done = _numbers_32(units, values, begin, wires, position, sums, 0)
            done = _numbers_8(units, values, begin, wires, position, sums, done)
            _numbers_1(units, values, begin, wires, position, sums, done)


@kernel
def collect(
    units: np.ndarray, steps: np.ndarray, counts: np.ndarray, wires: Wires, outputs: np.ndarray
) -> None:
    """Apply a layer to spikes.

    Parameters
    ----------
    units, steps, counts : numpy.ndarray
        As :func:`snnlearn.engines.feedforward.events.fire` gives them.
    wires : Wires
        The layer, its weights multiplied by the height of the spikes.
    outputs : numpy.ndarray, shape (images, steps, positions_out, channels_out)
        Is overwritten.
    """
    begin = np.empty(units.shape[1] // wires.channels + 1, np.int32)
    sums = np.empty((outputs.shape[1], outputs.shape[3]), np.float32)
    for image in range(counts.shape[0]):
        of_image = units[image, : counts[image]], steps[image]
        begins(of_image[0], wires.channels, begin)
        for position in range(outputs.shape[2]):
            of_spikes(*of_image, begin, wires, position, sums)
            outputs[image, :, position] = sums
