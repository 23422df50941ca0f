"""Layers that work where neurons fire, and there only: the compiled loops of the evaluation.

An output adds the weights of those neurons that it sees and that have just fired; silence costs
nothing. All arrays are of float32. Images are independent, and each loop below goes over them one
by one: so no sum depends on how images are shared out, and all sums are in the order of the
neurons.
"""

from collections.abc import Callable

import numpy as np

from snnlearn.engines import lanes, lif
from snnlearn.engines.feedforward.wires import Wires
from snnlearn.engines.kernels import kernel

#: Neurons that advance together through all steps while their input does not change: their
#: states stay in the first cache. A multiple of eight.
BLOCK = 1024

#: Channels that are added at once, as far as a layer has so many: two to eight registers.
WIDTHS = (32, 8, 1)


def _spreading(width: int, *, spikes: bool) -> Callable[..., int]:
    """A kernel that adds what some units drive, for as many channels at once as it is made for.

    Units are given in their order. It begins at a channel, and returns the first that is left.
    """

    @kernel
    def spread(
        units: np.ndarray, values: np.ndarray, wires: Wires, outputs: np.ndarray, begin: int
    ) -> int:
        kernel, bias, targets, begins, channels, _ = wires
        size = bias.size
        end = begin + (size - begin) // width * width
        first = 0 if begin < end else units.size
        while first < units.size:
            # Unsigned numbers need no look at their sign.
            position = units[np.uintp(first)] // channels
            behind = (position + 1) * channels
            stop = first + 1
            while stop < units.size and units[np.uintp(stop)] < behind:
                stop += 1
            for target in range(begins[np.uintp(position)], begins[np.uintp(position + 1)]):
                seen_by, shift = targets[np.uintp(target), 0], targets[np.uintp(target), 1]
                for channel in range(begin, end, width):
                    place, row = seen_by * size + channel, shift * size + channel
                    total = lanes.load(outputs, place, width)
                    for k in range(first, stop):
                        unit = units[np.uintp(k)]
                        weights = lanes.load(kernel, row + unit * size, width)
                        if not spikes:
                            weights = lanes.times(weights, values[np.uintp(unit)])
                        total = lanes.plus(total, weights)
                    lanes.store(outputs, place, total)
            first = stop
        return end

    return spread


_spikes_32, _spikes_8, _spikes_1 = (_spreading(width, spikes=True) for width in WIDTHS)
_numbers_32, _numbers_8, _numbers_1 = (_spreading(width, spikes=False) for width in WIDTHS)
_NONE = np.empty(0, np.float32)


@kernel
def _give(bias: np.ndarray, outputs: np.ndarray) -> None:
    for position in range(outputs.shape[0]):
        for i in range(bias.size):
            outputs[position, i] = bias[i]


@kernel
def _spread(units: np.ndarray, wires: Wires, outputs: np.ndarray) -> None:
    """What spikes drive at all output positions."""
    _give(wires.bias, outputs)
    done = _spikes_32(units, _NONE, wires, outputs, 0)
    done = _spikes_8(units, _NONE, wires, outputs, done)
    _spikes_1(units, _NONE, wires, outputs, done)


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
    units = np.empty(inputs.shape[1] + 1, np.int32)
    for row in range(inputs.shape[0]):
        count = 0
        for unit in range(inputs.shape[1]):
            units[count] = unit
            count += inputs[row, unit] != 0
        given, values = units[:count], inputs[row]
        _give(wires.bias, outputs[row])
        done = _numbers_32(given, values, wires, outputs[row], 0)
        done = _numbers_8(given, values, wires, outputs[row], done)
        _numbers_1(given, values, wires, outputs[row], done)


@kernel
def fire(
    currents: np.ndarray,
    ahead: float,
    least: float,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    spikes: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Advance neurons whose input does not change.

    A voltage comes closer to the current with every step, or waits. Neurons that stay below the
    threshold on this way are left alone.

    Parameters
    ----------
    currents : numpy.ndarray, shape (images, neurons)
        In units of the threshold current.
    ahead : float
        Share of the way to the current that a voltage can have gone when it matters no longer.
    least : float
        Neurons that stay below it are left alone.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state, as :func:`snnlearn.engines.lif.advance` takes it. Changed in place.
    neurons : Constants
        Of the neurons.
    spikes : numpy.ndarray of int32, shape (images, steps, neurons + 1)
        The neurons that spike in a step, in their order, are written to the beginning.
    counts : numpy.ndarray of int32, shape (images, steps)
        How many there are.
    """
    size, one = currents.shape[1], np.float32(1)
    followed = np.empty(size + 1, np.int32)
    v_block, w_block = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    j_block = np.empty(BLOCK, np.float32)
    spiked = np.zeros(BLOCK, np.uint8)
    eights = spiked.view(np.uint64)
    counts[:] = 0
    for image in range(currents.shape[0]):
        v, w, j = voltage[image], waiting[image], currents[image]
        n_followed = 0
        for i in range(size):
            followed[n_followed] = i
            n_followed += max(v[i], (one - ahead) * v[i] + ahead * j[i]) > least
        for start in range(0, n_followed, BLOCK):
            block = followed[start : min(start + BLOCK, n_followed)]
            n = block.size
            for i in range(n):
                v_block[i], w_block[i], j_block[i] = v[block[i]], w[block[i]], j[block[i]]
            spiked[n:] = 0
            for step in range(counts.shape[1]):
                found = spikes[image, step, counts[image, step] :]
                state = v_block[:n], w_block[:n]
                count = lif.advance(*state, j_block[:n], neurons, spiked, eights, found)
                for k in range(count):
                    found[k] = block[found[k]]
                counts[image, step] += count
            for i in range(n):
                v[block[i]], w[block[i]] = v_block[i], w_block[i]


@kernel
def relay(
    spikes: np.ndarray,
    counts: np.ndarray,
    wires: Wires,
    gain: np.ndarray,
    bias: np.ndarray,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    following: np.ndarray,
    following_counts: np.ndarray,
) -> None:
    """Let the spikes of one population drive the next through a layer.

    Parameters
    ----------
    spikes, counts : numpy.ndarray of int32
        Of the one, as :func:`fire` gives them.
    wires : Wires
        The layer, its weights multiplied by the height of the spikes.
    gain, bias : numpy.ndarray, shape (neurons,)
        What inputs to the neurons are multiplied by, and what is added then.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state of the next. Changed in place.
    neurons : Constants
        Of its neurons.
    following, following_counts : numpy.ndarray of int32
        Its spikes, as :func:`fire` gives them.
    """
    size = gain.size
    outputs = np.empty((wires.positions, wires.bias.size), np.float32)
    current = outputs.reshape(size)
    spiked = np.zeros((size + 7) // 8 * 8, np.uint8)
    eights = spiked.view(np.uint64)
    for image in range(counts.shape[0]):
        v, w = voltage[image], waiting[image]
        for step in range(counts.shape[1]):
            fired = spikes[image, step, : counts[image, step]]
            _spread(fired, wires, outputs)
            for i in range(size):
                current[i] = gain[i] * current[i] + bias[i]
            found = following[image, step]
            count = lif.advance(v, w, current, neurons, spiked, eights, found)
            following_counts[image, step] = count


@kernel
def collect(spikes: np.ndarray, counts: np.ndarray, wires: Wires, outputs: np.ndarray) -> None:
    """Apply a layer to spikes.

    Parameters
    ----------
    spikes, counts : numpy.ndarray of int32
        As :func:`fire` gives them.
    wires : Wires
        The layer, its weights multiplied by the height of the spikes.
    outputs : numpy.ndarray, shape (images, steps, positions_out, channels_out)
        Is overwritten.
    """
    for image in range(counts.shape[0]):
        for step in range(counts.shape[1]):
            fired = spikes[image, step, : counts[image, step]]
            _spread(fired, wires, outputs[image, step])


@kernel
def tally(spikes: np.ndarray, counts: np.ndarray, totals: np.ndarray) -> None:
    """Count the spikes of each neuron.

    Parameters
    ----------
    spikes, counts : numpy.ndarray of int32
        As :func:`fire` gives them.
    totals : numpy.ndarray of int, shape (neurons,)
        To which they are added.
    """
    for image in range(counts.shape[0]):
        for step in range(counts.shape[1]):
            for k in range(counts[image, step]):
                totals[spikes[image, step, k]] += 1


@kernel
def low_pass(values: np.ndarray, state: np.ndarray, keep: np.float32, add: np.float32) -> None:
    """Filter values over time, and show the state before each step.

    Parameters
    ----------
    values : numpy.ndarray, shape (images, steps, n)
        Changed in place.
    state : numpy.ndarray, shape (images, n)
        Of the filter. Changed in place.
    keep, add : numpy.float32
        What it keeps of its state, and adds of its input, in each step.
    """
    for image in range(values.shape[0]):
        for step in range(values.shape[1]):
            for i in range(values.shape[2]):
                shown = state[image, i]
                state[image, i] = keep * shown + add * values[image, step, i]
                values[image, step, i] = shown
