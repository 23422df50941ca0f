"""Layers that work where neurons fire, and there only: the compiled loops of the evaluation.

An output adds the weights of those neurons that it sees and that have just fired; silence costs
nothing. All arrays are of float32. Images are independent, and each loop below goes over them one
by one: so no sum depends on how images are shared out, and all sums are in the order of the
neurons.
"""

import numpy as np

from snnlearn.engines import lif
from snnlearn.engines.feedforward.wires import Wires
from snnlearn.engines.kernels import kernel

#: Neurons that advance together through all steps while their input does not change: their
#: states stay in the first cache. A multiple of eight.
BLOCK = 1024


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
    kernel, bias, runs, channels = wires.kernel, wires.bias, wires.runs, wires.channels
    for row in range(inputs.shape[0]):
        for position in range(outputs.shape[1]):
            output = outputs[row, position]
            for i in range(output.size):
                output[i] = bias[i]
            for run in range(runs.shape[1]):
                first, stop = channels * runs[position, run, 0], channels * runs[position, run, 1]
                for unit in range(first, stop):
                    value = inputs[row, unit]
                    if value != 0:
                        weights = kernel[unit + runs[position, run, 2]]
                        for i in range(output.size):
                            output[i] += value * weights[i]


@kernel
def fire(
    currents: np.ndarray,
    follow_all: bool,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    spikes: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Advance neurons whose input does not change.

    A voltage between two numbers that are not above the threshold stays there: neurons whose
    current and voltage are not above it will not fire, and are left alone.

    Parameters
    ----------
    currents : numpy.ndarray, shape (images, neurons)
        In units of the threshold current.
    follow_all : bool
        Whether to advance those too that will not fire.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state, as :func:`snnlearn.engines.lif.advance` takes it. Changed in place.
    neurons : Constants
        Of the neurons.
    spikes : numpy.ndarray of int32, shape (images, steps, neurons + 1)
        The neurons that spike in a step, in their order, are written to the beginning.
    counts : numpy.ndarray of int32, shape (images, steps)
        How many there are.
    """
    size = currents.shape[1]
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
            n_followed += follow_all or max(j[i], v[i]) > 1
        for start in range(0, n_followed, BLOCK):
            block = followed[start : min(start + BLOCK, n_followed)]
            n = block.size
            for i in range(n):
                v_block[i], w_block[i], j_block[i] = v[block[i]], w[block[i]], j[block[i]]
            spiked[n:] = 0
            for step in range(counts.shape[1]):
                lif.advance(v_block[:n], w_block[:n], j_block[:n], neurons, spiked)
                found = spikes[image, step, counts[image, step] :]
                count = lif.which(spiked, eights, found)
                for k in range(count):
                    found[k] = block[found[k]]
                counts[image, step] += count
            for i in range(n):
                v[block[i]], w[block[i]] = v_block[i], w_block[i]


@kernel
def _begins(spikes: np.ndarray, channels: int, begin: np.ndarray) -> None:
    """Where in a list of spikes those of each position begin; one more says where it ends."""
    position, behind = 0, channels
    begin[0] = 0
    for n in range(spikes.size):
        while spikes[n] >= behind:
            position += 1
            behind += channels
            begin[position] = n
    begin[position + 1 :] = spikes.size


@kernel
def _sum(
    wires: Wires, spikes: np.ndarray, begin: np.ndarray, position: int, output: np.ndarray
) -> None:
    """What spikes drive at one output position."""
    kernel, bias, runs = wires.kernel, wires.bias, wires.runs
    for i in range(output.size):
        output[i] = bias[i]
    for run in range(runs.shape[1]):
        shift = runs[position, run, 2]
        k, stop = begin[runs[position, run, 0]], begin[runs[position, run, 1]]
        # Four at once read and write the output once. Unsigned numbers need no look at their sign.
        while k + 4 <= stop:
            a, b = kernel[np.uintp(spikes[k] + shift)], kernel[np.uintp(spikes[k + 1] + shift)]
            c, d = kernel[np.uintp(spikes[k + 2] + shift)], kernel[np.uintp(spikes[k + 3] + shift)]
            for i in range(output.size):
                output[i] = (((output[i] + a[i]) + b[i]) + c[i]) + d[i]
            k += 4
        while k < stop:
            a = kernel[np.uintp(spikes[k] + shift)]
            for i in range(output.size):
                output[i] += a[i]
            k += 1


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
    size, channels = gain.size, wires.bias.size
    current = np.empty(size, np.float32)
    begin = np.empty(spikes.shape[2] // wires.channels + 1, np.int32)
    spiked = np.zeros((size + 7) // 8 * 8, np.uint8)
    eights = spiked.view(np.uint64)
    for image in range(counts.shape[0]):
        for step in range(counts.shape[1]):
            fired = spikes[image, step, : counts[image, step]]
            _begins(fired, wires.channels, begin)
            for position in range(size // channels):
                start = position * channels
                output = current[start : start + channels]
                _sum(wires, fired, begin, position, output)
                for i in range(channels):
                    output[i] = gain[start + i] * output[i] + bias[start + i]
            lif.advance(voltage[image], waiting[image], current, neurons, spiked)
            following_counts[image, step] = lif.which(spiked, eights, following[image, step])


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
    begin = np.empty(spikes.shape[2] // wires.channels + 1, np.int32)
    for image in range(counts.shape[0]):
        for step in range(counts.shape[1]):
            fired = spikes[image, step, : counts[image, step]]
            _begins(fired, wires.channels, begin)
            for position in range(outputs.shape[2]):
                _sum(wires, fired, begin, position, outputs[image, step, position])


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
