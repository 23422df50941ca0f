"""What a presentation costs in operations and energy, by the usual accounting.

An input that is a spike or none counts as an accumulate, any other as a multiply-accumulate
(NeuroBench: J. Yik et al. 2025, "The NeuroBench framework for benchmarking neuromorphic computing
algorithms and systems", Nature Communications 16:1545). Updates of the neurons are not counted.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from snnlearn.mnist.network import CONVOLUTIONS, IMAGE_SIZE, KERNEL_SIZE, N_CLASSES

#: Joules of an addition and of a multiplication of 32-bit floating-point numbers at 45 nm
#: (M. Horowitz 2014, "Computing's energy problem (and what we can do about it)", ISSCC, p. 10).
ADDITION, MULTIPLICATION = 0.9e-12, 3.7e-12

MULTIPLY_ACCUMULATE = ADDITION + MULTIPLICATION


def fan_out() -> list[np.ndarray]:
    """To how many neurons or outputs each neuron is connected, by layer.

    Returns
    -------
    list of numpy.ndarray of int, shape (neurons,)
        In the order of NengoDL's layers: height, width, channels. At the borders it is less.
    """
    sides = _sides()
    found = []
    for (side, following), (channels, _), (filters, stride) in zip(
        pairwise(sides[1:]), CONVOLUTIONS, CONVOLUTIONS[1:], strict=False
    ):
        first = stride * np.arange(following)
        reached = np.zeros(side, int)
        for offset in range(KERNEL_SIZE):
            reached[first + offset] += 1
        of_pixel = filters * np.outer(reached, reached)
        found.append(np.repeat(of_pixel.ravel(), channels))
    last = sides[-1] ** 2 * CONVOLUTIONS[-1][0]
    return [*found, np.full(last, N_CLASSES)]


def multiply_accumulates() -> list[int]:
    """Operations of each layer, the dense one last, on one input without spikes."""
    channels = [1, *(filters for filters, _ in CONVOLUTIONS)]
    sides = _sides()
    convolutions = [
        side**2 * filters * KERNEL_SIZE**2 * before
        for side, filters, before in zip(sides[1:], channels[1:], channels, strict=False)
    ]
    return [*convolutions, sides[-1] ** 2 * channels[-1] * N_CLASSES]


def accumulates(spikes: Sequence[np.ndarray]) -> float:
    """Operations that spikes cause.

    Parameters
    ----------
    spikes : sequence of numpy.ndarray, shape (neurons,)
        How often each neuron fires, by layer.

    Returns
    -------
    float
        Each spike is added once for each neuron or output that it reaches.
    """
    return float(sum(n @ reached for n, reached in zip(spikes, fan_out(), strict=True)))


def energies(added: float, n_steps: int) -> dict[str, float]:
    """What the operations of a presentation take, without those that update neurons.

    Parameters
    ----------
    added : float
        Accumulates that its spikes cause.
    n_steps : int
        Its steps.

    Returns
    -------
    dict of str to float
        Joules: ``energy_once`` where the current that the image drives into the first layer is
        computed once, ``energy_every_step`` where it is in each step, and
        ``energy_without_spikes`` of the same layers once, with numbers instead of spikes.
    """
    of_image, *others = (MULTIPLY_ACCUMULATE * n for n in multiply_accumulates())
    return {
        "energy_once": of_image + ADDITION * added,
        "energy_every_step": n_steps * of_image + ADDITION * added,
        "energy_without_spikes": of_image + sum(others),
    }


def _sides() -> list[int]:
    """Height and width of the image, and of what each convolution makes of it."""
    sides = [IMAGE_SIZE]
    for _, stride in CONVOLUTIONS:
        sides.append((sides[-1] - KERNEL_SIZE) // stride + 1)
    return sides
