"""Populations of neurons that drive each other with spikes: compiled loops of the evaluation.

Spikes are kept by neuron: which neurons fire, and for each of these a set of bits, the steps in
which it does. All arrays are of float32. Images are independent, and each loop below goes over
them one by one.
"""

import numpy as np

from snnlearn.engines import bits, lif
from snnlearn.engines.feedforward import sums
from snnlearn.engines.feedforward.wires import Wires
from snnlearn.engines.kernels import kernel

#: Neurons that advance together through all steps: their states stay in the first cache.
BLOCK = 1024


@kernel
def _advance(
    voltage: np.ndarray,
    waiting: np.ndarray,
    currents: np.ndarray,
    neurons: lif.Constants,
    n_steps: int,
    fired: np.ndarray,
) -> None:
    """Advance neurons through some steps; one row of currents stays for all of them."""
    n = voltage.size
    spiked = np.empty(n, np.uint8)
    for i in range(n):
        fired[i] = 0
    for step in range(n_steps):
        current = currents[min(step, currents.shape[0] - 1)][:n]
        lif.advance(voltage, waiting, current, neurons, spiked)
        for i in range(n):
            fired[i] |= np.uint64(spiked[i]) << np.uint64(step)


@kernel
def fire(
    currents: np.ndarray,
    ahead: float,
    margin: float,
    n_steps: int,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    units: np.ndarray,
    steps: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Advance neurons whose input does not change.

    A voltage comes closer to the current with every step, or waits: after n steps of the factor
    w = expm1(-dt / τ), v has become v + (J - v) (1 - (1 + w)^n) at most. Neurons that stay below
    the threshold on this way are left alone.

    Parameters
    ----------
    currents : numpy.ndarray, shape (images, neurons)
        In units of the threshold current.
    ahead : float
        1 - (1 + w)^n, for the number of steps after which voltages matter no longer.
    margin : float
        How far below the threshold rounding may bring a voltage that comes to it, where voltages
        are about 1; infinite to leave no neuron alone.
    n_steps : int
        Through how many steps, at most :data:`snnlearn.engines.bits.SIZE`.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state, as :func:`snnlearn.engines.lif.advance` takes it. Changed in place.
    neurons : Constants
        Of the neurons.
    units : numpy.ndarray of int32, shape (images, neurons)
        The neurons that spike, in their order, are written to the beginning.
    steps : numpy.ndarray of uint64, shape (images, neurons)
        The steps in which each of these does, as a set of bits.
    counts : numpy.ndarray of int, shape (images,)
        How many neurons spike.
    """
    size, one = currents.shape[1], np.float32(1)
    followed = np.empty(size + 1, np.int32)
    v_block, w_block = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    j_block, fired = np.empty((1, BLOCK), np.float32), np.empty(BLOCK, np.uint64)
    for image in range(currents.shape[0]):
        v, w, j = voltage[image], waiting[image], currents[image]
        n_followed, count = 0, 0
        for i in range(size):
            followed[n_followed] = i
            # The first step brings a voltage below the lowest up to that.
            highest = max(v[i], neurons.min_voltage)
            reached = max(highest, (one - ahead) * highest + ahead * j[i])
            n_followed += reached > one - margin * max(one, abs(v[i]))
        for start in range(0, n_followed, BLOCK):
            block = followed[start : min(start + BLOCK, n_followed)]
            n = block.size
            for i in range(n):
                v_block[i], w_block[i], j_block[0, i] = v[block[i]], w[block[i]], j[block[i]]
            _advance(v_block[:n], w_block[:n], j_block, neurons, n_steps, fired)
            for i in range(n):
                v[block[i]], w[block[i]] = v_block[i], w_block[i]
                if fired[i]:
                    units[image, count], steps[image, count] = block[i], fired[i]
                    count += 1
        counts[image] = count


@kernel
def _drive(
    inputs: np.ndarray, gain: np.ndarray, bias: np.ndarray, currents: np.ndarray, first: int
) -> None:
    """Multiply inputs by gains, add biases, and put them among the currents of a block."""
    for step in range(inputs.shape[0]):
        of_step, current = inputs[step], currents[step][first : first + gain.size]
        for i in range(gain.size):
            current[i] = gain[i] * of_step[i] + bias[i]


@kernel
def _list(fired: np.ndarray, first: int, units: np.ndarray, steps: np.ndarray, count: int) -> int:
    """Append those of some neurons that have fired to a list; return how long it is then."""
    for i in range(fired.size):
        if fired[i]:
            units[count], steps[count] = first + i, fired[i]
            count += 1
    return count


@kernel
def respond(
    currents: np.ndarray,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    units: np.ndarray,
    steps: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Advance neurons whose input changes.

    Parameters
    ----------
    currents : numpy.ndarray, shape (images, steps, neurons)
        In units of the threshold current.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state, as :func:`fire` takes it.
    neurons : Constants
        Of the neurons.
    units, steps, counts : numpy.ndarray
        The spikes, as :func:`fire` gives them.
    """
    fired = np.empty(BLOCK, np.uint64)
    for image in range(currents.shape[0]):
        count = 0
        for first in range(0, currents.shape[2], BLOCK):
            stop = min(first + BLOCK, currents.shape[2])
            state = voltage[image, first:stop], waiting[image, first:stop]
            of_block = np.ascontiguousarray(currents[image, :, first:stop])
            _advance(*state, of_block, neurons, of_block.shape[0], fired)
            count = _list(fired[: stop - first], first, units[image], steps[image], count)
        counts[image] = count


@kernel
def relay(
    units: np.ndarray,
    steps: np.ndarray,
    counts: np.ndarray,
    n_steps: int,
    wires: Wires,
    gain: np.ndarray,
    bias: np.ndarray,
    voltage: np.ndarray,
    waiting: np.ndarray,
    neurons: lif.Constants,
    following: np.ndarray,
    following_steps: np.ndarray,
    following_counts: np.ndarray,
) -> None:
    """Let the spikes of one population drive the next through a layer.

    Parameters
    ----------
    units, steps, counts : numpy.ndarray
        Spikes of the one, as :func:`fire` gives them.
    n_steps : int
        Through how many steps.
    wires : Wires
        The layer, its weights multiplied by the height of the spikes.
    gain, bias : numpy.ndarray, shape (neurons,)
        What inputs to the neurons are multiplied by, and what is added then.
    voltage, waiting : numpy.ndarray, shape (images, neurons)
        The state of the next. Changed in place.
    neurons : Constants
        Of its neurons.
    following, following_steps, following_counts : numpy.ndarray
        Its spikes, as :func:`fire` gives them.
    """
    size, channels = gain.size, wires.bias.size
    begin = np.empty(units.shape[1] // wires.channels + 1, np.int32)
    together = max(BLOCK // channels, 1) * channels
    driven, fired = np.empty((n_steps, channels), np.float32), np.empty(together, np.uint64)
    currents = np.empty((n_steps, together), np.float32)
    for image in range(counts.shape[0]):
        of_image = units[image, : counts[image]], steps[image]
        sums.begins(of_image[0], wires.channels, begin)
        count = 0
        for first in range(0, size, together):
            stop = min(first + together, size)
            for start in range(first, stop, channels):
                sums.of_spikes(*of_image, begin, wires, start // channels, driven)
                of_position = gain[start : start + channels], bias[start : start + channels]
                _drive(driven, *of_position, currents, start - first)
            state = voltage[image, first:stop], waiting[image, first:stop]
            _advance(*state, currents, neurons, n_steps, fired)
            written = following[image], following_steps[image]
            count = _list(fired[: stop - first], first, *written, count)
        following_counts[image] = count


@kernel
def tally(units: np.ndarray, steps: np.ndarray, counts: np.ndarray, totals: np.ndarray) -> None:
    """Count the spikes of each neuron.

    Parameters
    ----------
    units, steps, counts : numpy.ndarray
        As :func:`fire` gives them.
    totals : numpy.ndarray of int, shape (neurons,)
        To which they are added.
    """
    for image in range(counts.shape[0]):
        for k in range(counts[image]):
            left = steps[image, k]
            while left:
                totals[units[image, k]] += 1
                left &= left - np.uint64(1)


@kernel
def weigh(
    units: np.ndarray,
    steps: np.ndarray,
    counts: np.ndarray,
    weights: np.ndarray,
    totals: np.ndarray,
) -> None:
    """Add up what the spikes of each step weigh.

    Parameters
    ----------
    units, steps, counts : numpy.ndarray
        As :func:`fire` gives them.
    weights : numpy.ndarray of int, shape (neurons,)
        What a spike of each neuron weighs.
    totals : numpy.ndarray of int, shape (images, steps)
        To which they are added.
    """
    for image in range(counts.shape[0]):
        for k in range(counts[image]):
            left, weight = steps[image, k], weights[units[image, k]]
            while left:
                totals[image, bits.lowest(left)] += weight
                left &= left - np.uint64(1)


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
