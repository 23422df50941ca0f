"""What theory says about learning with the prescribed error sensitivity (PES) rule.

Of n neurons with the rates a (in hertz), PES changes the decoders d in every step of dt by
``-κ e a``, where ``e = a·d - x`` is the error of the decoded value and κ = η·dt / n (Nengo's
normalization of the learning rate η). While the input x stays the same, so do the rates, and
the error is multiplied by γ = 1 - κ‖a‖² in every step: it decays exponentially at the rate
κ‖a‖² / dt = η·mean(a²), whatever the number of neurons.

References
----------
A. R. Voelker (2015), "A solution to the dynamics of the prescribed error sensitivity learning
rule", Centre for Theoretical Neuroscience, University of Waterloo.
"""

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from scipy.linalg import solve_triangular

from snnlearn.engines import blas

#: Steps whose errors are solved for at once.
BLOCK = 128


def decay_rate(rates: np.ndarray, learning_rate: np.ndarray | float) -> np.ndarray:
    """Rate at which the error decays while the input stays the same.

    Parameters
    ----------
    rates : numpy.ndarray, shape (..., neurons)
        Firing rates in hertz, for each of some inputs.
    learning_rate : float or numpy.ndarray, shape (...)
        η, in seconds: before it is divided by the number of neurons.

    Returns
    -------
    numpy.ndarray, shape (...)
        η·mean(a²) in 1/s, for each input.
    """
    return learning_rate * np.mean(np.square(rates), axis=-1)


def error(
    rates: np.ndarray,
    decoders: np.ndarray,
    target: np.ndarray,
    learning_rate: np.ndarray | float,
    dt: float,
) -> np.ndarray:
    """Error over time for an input that changes: the same recursion, with the rates of each step.

    It is what PES would do with rates instead of spikes, no noise in the error and no synapses.

    Parameters
    ----------
    rates : numpy.ndarray, shape (steps, neurons)
        Firing rates in hertz at each step.
    decoders : numpy.ndarray, shape (neurons,)
        The decoders at the beginning, in seconds.
    target : numpy.ndarray, shape (steps,)
        What is to be decoded at each step.
    learning_rate : float or numpy.ndarray, shape (steps,)
        η, in seconds: before it is divided by the number of neurons; 0 where nothing is learned.
    dt : float
        Time step in seconds.

    Returns
    -------
    numpy.ndarray, shape (steps,)
        Decoded value minus target.

    Raises
    ------
    ValueError
        If there are rates for more or fewer steps than targets.

    Notes
    -----
    At step k the decoders are the first ones minus the sum of ``κ e_j a_j`` over the steps j
    before it. So ``e_k + Σ_j<k (a_k·a_j) κ e_j`` is the error that the first decoders would make:
    the errors of a block of steps solve a triangular system, and need no loop over steps.
    """
    if len(rates) != len(target):
        raise ValueError(f"there are rates for {len(rates)} steps, but {len(target)} targets")
    kappa = np.broadcast_to(learning_rate * dt / rates.shape[1], len(target))
    decoders = decoders.copy()
    errors = np.empty(len(target))
    with blas.one_thread():
        for start in range(0, len(target), BLOCK):
            block = slice(start, start + BLOCK)
            a = rates[block]
            errors[block] = solve_triangular(
                np.tril(a @ a.T, -1) * kappa[block] + np.eye(len(a)),
                a @ decoders - target[block],
                lower=True,
                unit_diagonal=True,
                check_finite=False,
            )
            decoders -= a.T @ (kappa[block] * errors[block])
    return errors


def learning(network: nengo.Network) -> nengo.Connection:
    """The one connection of a network that learns."""
    (found,) = (c for c in network.connections if c.learning_rule_type is not None)
    return found


def tuning(model: Model, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tuning curves of the ensemble that the learning connection comes from, and its decoders.

    Parameters
    ----------
    model : nengo.builder.Model
        A network with one connection that learns, built.
    inputs : numpy.ndarray, shape (n,)
        Values to represent.

    Returns
    -------
    rates : numpy.ndarray, shape (n, neurons)
        Firing rates in hertz.
    decoders : numpy.ndarray, shape (neurons,)
        Those that the connection starts with, in seconds.
    """
    learned = learning(model.toplevel)
    pre = learned.pre_obj
    built, (decoders,) = model.params[pre], model.params[learned].weights
    currents = inputs[:, np.newaxis] @ built.encoders.T / pre.radius
    return pre.neuron_type.rates(currents, built.gain, built.bias), decoders


def decoded(model: Model, learned: np.ndarray, inputs: np.ndarray) -> pd.DataFrame:
    """What the connection makes of the values that are represented, before and after learning.

    It is the product of the neurons' rates and the decoders: what would be decoded from spikes
    if there were no noise in them.

    Parameters
    ----------
    model : nengo.builder.Model
        A network with one connection that learns, built.
    learned : numpy.ndarray, shape (neurons,)
        The decoders after learning, in seconds.
    inputs : numpy.ndarray, shape (n,)
        The values.

    Returns
    -------
    pandas.DataFrame
        Rows of the ``kind`` ``function`` for each ``phase``, ``before`` and ``after``: ``input``
        and ``decoded``.
    """
    rates, initial = tuning(model, inputs)
    return pd.concat(
        [
            pd.DataFrame(
                {"kind": "function", "phase": phase, "input": inputs, "decoded": rates @ decoders}
            )
            for phase, decoders in (("before", initial), ("after", learned))
        ],
        ignore_index=True,
    )


def predict(
    model: Model, stimulus: np.ndarray, learning_rate: np.ndarray, dt: float
) -> dict[str, np.ndarray]:
    """What theory says about one seed, from the tuning curves and decoders of its network.

    Parameters
    ----------
    model : nengo.builder.Model
        A network with one connection that learns to pass its input on, built.
    stimulus : numpy.ndarray, shape (steps,)
        The input.
    learning_rate : numpy.ndarray, shape (steps,)
        η at each step, in seconds; 0 where nothing is learned.
    dt : float
        Time step in seconds.

    Returns
    -------
    dict of str to numpy.ndarray, shape (steps,)
        ``error_noise_free``: the error that PES would leave without noise and synapses, see
        :func:`error`. ``decay_rate_theory``: the rate in 1/s at which it would decay if the input
        stayed as it is at this time, see :func:`decay_rate`; 0 where nothing is learned.
    """
    rates, decoders = tuning(model, stimulus)
    return {
        "error_noise_free": error(rates, decoders, stimulus, learning_rate, dt),
        "decay_rate_theory": decay_rate(rates, learning_rate),
    }
