"""Learning by least mean squares, step by step."""

import numpy as np

from snnlearn.engines.kernels import kernel


@kernel
def errors(
    rates: np.ndarray, decoders: np.ndarray, target: np.ndarray, kappa: np.ndarray
) -> np.ndarray:
    """Errors of decoders that learn from them: ``e = a·d - x``, then ``d -= κ e a``.

    Parameters
    ----------
    rates : numpy.ndarray of float64, shape (steps, neurons)
        a at each step.
    decoders : numpy.ndarray of float64, shape (neurons,)
        d before the first step.
    target : numpy.ndarray of float64, shape (steps,)
        x at each step.
    kappa : numpy.ndarray of float64, shape (steps,)
        κ at each step.

    Returns
    -------
    numpy.ndarray of float64, shape (steps,)
        e at each step.
    """
    learned, found = decoders.copy(), np.empty_like(target)
    for step in range(target.size):
        decoded = 0.0
        for i in range(learned.size):
            decoded += rates[step, i] * learned[i]
        found[step] = decoded - target[step]
        change = kappa[step] * found[step]
        for i in range(learned.size):
            learned[i] -= change * rates[step, i]
    return found
