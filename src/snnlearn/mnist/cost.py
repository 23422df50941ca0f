"""What a presentation costs in operations and energy, by the usual accounting.

An input that is a spike or none counts as an accumulate, any other as a multiply-accumulate
(NeuroBench: J. Yik et al. 2025, "The NeuroBench framework for benchmarking neuromorphic computing
algorithms and systems", Nature Communications 16:1545). Updates of neurons are counted apart:
there, and in what hardware publishes, they have energies of their own, which anyone can put in.

Biases are not counted, nor the low-pass filters of the ten outputs, which would be 0.03 % of the
updates.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from snnlearn.mnist.network import KERNEL_SIZE, N_CLASSES, Convolution, convolutions

#: Joules of an addition and of a multiplication of 32-bit floating-point numbers at 45 nm
#: (M. Horowitz 2014, "Computing's energy problem (and what we can do about it)", ISSCC, p. 10).
ADDITION, MULTIPLICATION = 0.9e-12, 3.7e-12

MULTIPLY_ACCUMULATE = ADDITION + MULTIPLICATION

#: The least that an update of a neuron takes: v ← d·v + J, with weights that hold the factor
#: 1 − d. Threshold, reset and refractory time come on top.
UPDATE = MULTIPLY_ACCUMULATE


def fan_out(layers: Sequence[Convolution] | None = None) -> list[np.ndarray]:
    """To how many neurons or outputs each neuron is connected, by layer.

    Parameters
    ----------
    layers : sequence of Convolution, optional
        Convolutions, of which each drives neurons; behind the last is the dense layer. The
        default, here and below, are those of the chapter's network.

    Returns
    -------
    list of numpy.ndarray of int, shape (neurons,)
        In the order of NengoDL's layers: height, width, channels. At the borders it is less.
    """
    layers = layers or convolutions()
    found = []
    for layer, following in pairwise(layers):
        (side, _, channels), (reached_side, _, filters) = layer.shape_out, following.shape_out
        first = following.stride * np.arange(reached_side)
        reached = np.zeros(side, int)
        for offset in range(KERNEL_SIZE):
            reached[first + offset] += 1
        of_pixel = filters * np.outer(reached, reached)
        found.append(np.repeat(of_pixel.ravel(), channels))
    return [*found, np.full(layers[-1].neurons, N_CLASSES)]


def multiply_accumulates(layers: Sequence[Convolution] | None = None) -> list[int]:
    """Operations of each layer, the dense one last, on one input without spikes."""
    layers = layers or convolutions()
    of_neuron = [KERNEL_SIZE**2 * layer.shape_in[-1] for layer in layers]
    driven = [layer.neurons * n for layer, n in zip(layers, of_neuron, strict=True)]
    return [*driven, layers[-1].neurons * N_CLASSES]


def accumulates(spikes: Sequence[np.ndarray], layers: Sequence[Convolution] | None = None) -> float:
    """Operations that spikes cause.

    Parameters
    ----------
    spikes : sequence of numpy.ndarray, shape (neurons,)
        How often each neuron fires, by layer.
    layers : sequence of Convolution, optional
        As above.

    Returns
    -------
    float
        Each spike is added once for each neuron or output that it reaches.
    """
    reached = fan_out(layers)
    return float(sum(n @ to for n, to in zip(spikes, reached, strict=True)))


def sparsities(
    spikes: Sequence[np.ndarray], n_steps: int, parameters: Sequence[np.ndarray]
) -> dict[str, float]:
    """What NeuroBench says of a network beside its operations.

    Parameters
    ----------
    spikes : sequence of numpy.ndarray, shape (neurons,)
        How often each neuron fires in a presentation, by layer.
    n_steps : int
        Its steps.
    parameters : sequence of numpy.ndarray
        Kernels, shape (..., channels), and biases, shape (channels,).

    Returns
    -------
    dict of str to float
        ``activation_sparsity``, the share of neurons and steps without a spike;
        ``connection_sparsity``, the share of weights of kernels that are zero; and ``footprint``,
        what the parameters take, in bytes.
    """
    kernels = [array for array in parameters if array.ndim > 1]
    fired, neurons = sum(of.sum() for of in spikes), sum(of.size for of in spikes)
    zeros, weights = sum(np.sum(of == 0) for of in kernels), sum(of.size for of in kernels)
    return {
        "activation_sparsity": float(1 - fired / (neurons * n_steps)),
        "connection_sparsity": float(zeros / weights),
        "footprint": float(sum(array.nbytes for array in parameters)),
    }


def operations(
    added: float, n_steps: int, layers: Sequence[Convolution] | None = None
) -> dict[str, float]:
    """Count the operations of a presentation.

    Parameters
    ----------
    added : float
        Accumulates that its spikes cause.
    n_steps : int
        Its steps.
    layers : sequence of Convolution, optional
        As above.

    Returns
    -------
    dict of str to float
        Numbers of operations for one image: ``accumulates``, as given; ``multiply_accumulates_…``
        are those of the image's pixels into the first layer, ``once`` or in ``every_step``, and
        ``without_spikes`` those of all layers once, with numbers instead of spikes;
        ``neuron_updates`` are steps times neurons, and ``neuron_updates_without_spikes`` one for
        each neuron.
    """
    layers = layers or convolutions()
    of_image, *others = multiply_accumulates(layers)
    neurons = sum(layer.neurons for layer in layers)
    return {
        "accumulates": added,
        "multiply_accumulates_once": of_image,
        "multiply_accumulates_every_step": n_steps * of_image,
        "multiply_accumulates_without_spikes": of_image + sum(others),
        "neuron_updates": n_steps * neurons,
        "neuron_updates_without_spikes": neurons,
    }


def energies(counted: Mapping[str, float]) -> dict[str, float]:
    """What the operations of a presentation take at 45 nm.

    Parameters
    ----------
    counted : mapping of str to float
        The operations, as :func:`operations` counts them.

    Returns
    -------
    dict of str to float
        Joules for one image: ``energy_once`` where the current that the image drives into the
        first layer is computed once, ``energy_every_step`` where it is in each step, and
        ``energy_without_spikes`` of the same layers once, with numbers instead of spikes. Each is
        0.9 pJ times additions and 4.6 pJ times multiply-accumulates, without updates of neurons,
        and ``…_with_updates`` has 4.6 pJ more for each (:data:`UPDATE`).
    """
    found = {}
    for how in ("once", "every_step", "without_spikes"):
        spiking = how != "without_spikes"
        energy = MULTIPLY_ACCUMULATE * counted[f"multiply_accumulates_{how}"]
        energy += ADDITION * counted["accumulates"] if spiking else 0.0
        updates = counted["neuron_updates" if spiking else "neuron_updates_without_spikes"]
        found[f"energy_{how}"] = energy
        found[f"energy_{how}_with_updates"] = energy + UPDATE * updates
    return found
