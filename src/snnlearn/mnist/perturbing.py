"""What can go wrong with a network that was trained: weights, neurons and images that are off."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from snnlearn.engines.feedforward.chain import Chain, Population

#: How long a dead neuron is refractory, in seconds: longer than any image is shown.
DEAD = 1.0

#: The largest value of a pixel.
WHITE = 255


def quantized(parameters: Sequence[np.ndarray], bits: int) -> list[np.ndarray]:
    """Kernels with so many bits a weight; biases are left as they are.

    Each output channel has a scale of its own: its largest weight is the largest of the
    ``2^(bits-1) - 1`` steps to either side of 0, and others are rounded to the nearest step
    (symmetric uniform quantization, as in R. Krishnamoorthi 2018, "Quantizing deep convolutional
    networks for efficient inference", arXiv:1806.08342, which was not at hand).

    Parameters
    ----------
    parameters : sequence of numpy.ndarray
        Kernels, shape (..., channels), and biases, shape (channels,).
    bits : int
        At least 2.

    Returns
    -------
    list of numpy.ndarray
        Of the same shapes and types.
    """
    steps = 2 ** (bits - 1) - 1

    def rounded(kernel: np.ndarray) -> np.ndarray:
        scale = np.max(np.abs(kernel), axis=tuple(range(kernel.ndim - 1)), keepdims=True) / steps
        scale = np.where(scale > 0, scale, 1)
        return (scale * np.round(kernel / scale)).astype(kernel.dtype)

    return [rounded(array) if array.ndim > 1 else array for array in parameters]


def noisy(
    parameters: Sequence[np.ndarray], deviation: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """Kernels with normal noise on every weight; biases are left as they are.

    Parameters
    ----------
    parameters : sequence of numpy.ndarray
        Kernels, shape (..., channels), and biases, shape (channels,).
    deviation : float
        Standard deviation of the noise, as a share of that kernel's root mean square.
    rng : numpy.random.Generator
        Draws it.

    Returns
    -------
    list of numpy.ndarray
        Of the same shapes and types.
    """

    def with_noise(kernel: np.ndarray) -> np.ndarray:
        size = deviation * np.sqrt(np.mean(np.square(kernel)))
        return (kernel + size * rng.standard_normal(kernel.shape)).astype(kernel.dtype)

    return [with_noise(array) if array.ndim > 1 else array for array in parameters]


def noisy_images(images: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Images with normal noise on every pixel, which stays the same while one is shown.

    Parameters
    ----------
    images : numpy.ndarray, shape (n, 28, 28)
        Pixels from 0 to 255.
    deviation : float
        Standard deviation of the noise, as a share of 255.
    rng : numpy.random.Generator
        Draws it.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 28, 28)
        Pixels from 0 to 255: what would be beyond is cut off.
    """
    noise = rng.standard_normal(images.shape, np.float32)
    return np.clip(images + np.float32(WHITE * deviation) * noise, 0, WHITE).astype(np.float32)


def with_dead(chain: Chain, share: float, rng: np.random.Generator) -> Chain:
    """The network in which a share of the neurons of each layer never fires.

    Parameters
    ----------
    chain : Chain
        The network.
    share : float
        From 0 to 1; the number of neurons is rounded.
    rng : numpy.random.Generator
        Draws which.

    Returns
    -------
    Chain
        Another one, in which these are refractory for :data:`DEAD` from the start.
    """

    def hit(part: Population) -> Population:
        dead = rng.permutation(part.gain.size)[: round(share * part.gain.size)]
        refractory = np.array(part.refractory_time, float)
        refractory[dead] = DEAD
        return replace(part, refractory_time=refractory)

    parts = [hit(part) if isinstance(part, Population) else part for part in chain.parts]
    return replace(chain, parts=parts)
