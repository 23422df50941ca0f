r"""The classifier's weights before training, as Keras draws them, without TensorFlow.

Keras 2 draws a kernel from Glorot's uniform distribution (``initializers.GlorotUniform``): between
±√(6 / (n_in + n_out)), where n_in and n_out are how many inputs and outputs a weight's layer
joins, times the size of the kernel. The numbers behind it are those of
``tf.random.stateless_uniform``: Philox 4×32-10 (J. K. Salmon et al. 2011, "Parallel random
numbers: as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405), its key and its first counter
drawn from the seed by one more Philox (TensorFlow,
``core/kernels/stateless_random_ops_v2_util.h`` and ``core/lib/random/random_distributions.h``).
"""

import math

import numpy as np

#: Philox 4×32-10: multipliers of the two halves of the counter, what is added to the key in each
#: round, and the number of rounds (Salmon et al., table 2 and section 3.3).
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

#: The key with which TensorFlow scrambles a seed.
SCRAMBLING = (0x3EC8F720, 0x02461E29)

WORD, MASK = np.uint64(32), 0xFFFFFFFF


def glorot_uniform(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Draw a kernel.

    Parameters
    ----------
    seed : int
        Of Keras's initializer.
    shape : tuple of int
        (height, width, channels in, channels out), or (in, out).

    Returns
    -------
    numpy.ndarray of float32
        Of that shape, with Keras's bits.
    """
    *size, n_in, n_out = shape
    limit = np.float32(math.sqrt(3 / (math.prod(size) * (n_in + n_out) / 2)))
    return (_uniform(seed, math.prod(shape)) * (limit + limit) - limit).reshape(shape)


def _uniform(seed: int, size: int) -> np.ndarray:
    """Draw float32 from 0 to 1, as ``tf.random.stateless_uniform`` does for [seed, 0]."""
    first, second, *rest = _philox(
        [np.array(w) for w in (seed & MASK, seed >> 32, 0, 0)], SCRAMBLING
    )
    number = np.arange(-(-size // 4), dtype=np.uint64)
    counter = [number & np.uint64(MASK), number >> WORD, *(np.full_like(number, w) for w in rest)]
    words = np.stack(_philox(counter, (int(first), int(second))), axis=1).ravel()[:size]
    # 23 bits behind the exponent of 1 make a number from 1 to 2.
    mantissa = (words & np.uint64(0x7FFFFF)).astype(np.uint32)
    return (mantissa | np.uint32(127 << 23)).view(np.float32) - np.float32(1)


def _philox(counter: list[np.ndarray], key: tuple[int, int]) -> list[np.ndarray]:
    """Four words for each counter of four words; all are below 2**32, kept in uint64."""
    x0, x1, x2, x3 = (word.astype(np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(ROUNDS):
        high, low = MULTIPLIERS[0] * x0, MULTIPLIERS[1] * x2
        x0, x1 = (low >> WORD) ^ x1 ^ np.uint64(k0), low & np.uint64(MASK)
        x2, x3 = (high >> WORD) ^ x3 ^ np.uint64(k1), high & np.uint64(MASK)
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return [x0, x1, x2, x3]
