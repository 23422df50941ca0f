r"""Exponentials and logarithms of doubles, with the same bits on all processors.

Without branches and calls, so that processors take many numbers at once. A C library has several
versions of its own, and takes the one for the processor.
"""

import math

import numpy as np

from snnlearn.engines import lif
from snnlearn.engines.kernels import kernel

#: log 2 as the sum of two doubles; a whole number below 2^20 times the first is exact.
LOG_2 = 0.6931471803691238, 1.9082149292705877e-10

#: Exponents are clipped to this: the exponential is a finite double with plenty of room.
LARGEST = 700.0

#: 1.5 · 2^52. Added to a small number, it leaves the nearest whole number in the last bits.
ROUNDING = 6755399441055744.0

#: 1 / n! for n from 13 down to 2.
TERMS = tuple(1 / math.factorial(n) for n in range(13, 1, -1))


@kernel
def expm1(x: float) -> float:
    r"""Exponential less 1, to a few units in the last place, for x clipped to ±700.

    With :math:`x = k \log 2 + r`, k whole and :math:`|r| \le \log(2) / 2`,

    .. math::

        e^x - 1 = 2^k \, (r + r^2 / 2! + r^3 / 3! + \dots) + (2^k - 1)

    of which the terms to r¹³ suffice. FreeBSD's ``s_expm1.c`` divides x so, too.

    Parameters
    ----------
    x : float
        The exponent.

    Returns
    -------
    float
        The exponential less 1.
    """
    x = -LARGEST if x < -LARGEST else (LARGEST if x > LARGEST else x)
    k = (x * 1.4426950408889634 + ROUNDING) - ROUNDING
    r = (x - k * LOG_2[0]) - k * LOG_2[1]
    series = 0.0
    for term in TERMS:
        series = series * r + term
    bits = (np.float64(k + ROUNDING).view(np.uint64) + np.uint64(1023)) << np.uint64(52)
    power = np.uint64(bits).view(np.float64)
    return power * (r + r * r * series) + (power - 1)


@kernel
def log1p(x: float) -> float:
    r"""Logarithm of 1 more than a finite number of at least 0, to a few units in the last place.

    What is lost of x in :math:`u = 1 + x` is given back, as :math:`(x - (u - 1)) / u`.

    Parameters
    ----------
    x : float
        The number.

    Returns
    -------
    float
        The logarithm.
    """
    u = 1 + x
    return lif.log(u) + (x - (u - 1)) / u
