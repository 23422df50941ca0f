"""What theory says about learning with the prescribed error sensitivity (PES) rule.

Of n neurons with the rates a (in hertz), PES changes the decoders d in every step of dt by
``-κ e a``, where ``e = a·d - x`` is the error of the decoded value and κ = η·dt / n (Nengo's
normalization of the learning rate η). While the input x stays the same, so do the rates, and
the error is multiplied by γ = 1 - κ‖a‖² in every step: it decays exponentially at the rate
κ‖a‖² / dt = η·mean(a²), whatever the number of neurons. Synapses in the loop make it faster.

With an input that changes, the rule is that of least mean squares (LMS): the error decays in
modes, at the eigenvalues of η⟨a aᵀ⟩/n, whose sum is η·mean(a²).

References
----------
D. MacNeil and C. Eliasmith (2011), "Fine-tuning and the stability of recurrent neural networks",
PLoS ONE 6:e22885: the rule. (Its abstract was at hand.)
T. Bekolay, C. Kolbeck and C. Eliasmith (2013), "Simultaneous unsupervised and supervised learning
of cognitive functions in biologically plausible spiking neural networks", CogSci: its name.
A. R. Voelker (2015), "A solution to the dynamics of the prescribed error sensitivity learning
rule", CTN-TR-20151001-01, doi:10.13140/RG.2.1.3048.0084: constant inputs, no noise. (Abstract.)
A. R. Voelker and C. Eliasmith (2017), "Analysis of oscillatory weight changes from online learning
with filtered spiking feedback", CTN-TR-20171001-013, doi:10.13140/RG.2.2.15438.77128: a synapse in
the loop. (Abstract.)
B. Widrow and S. D. Stearns (1985), *Adaptive Signal Processing*: the modes of LMS. (Not at hand;
D. L. Jones, "First order convergence analysis of the LMS algorithm", cnx.org/content/m11830, was.)
"""

from collections.abc import Sequence

import nengo
import numpy as np
import pandas as pd
from nengo.builder import Model
from numpy.polynomial import Polynomial

from snnlearn.engines import blas, lms
from snnlearn.engines import tuning as neurons


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


def lagged_rate(rate: float, synapses: Sequence[float]) -> float:
    """Rate at which the error decays at a constant input, with synapses in the loop.

    With low-pass filters of the time constants τ between the decoders and the rule, the error
    goes with the slowest root of ``s ∏(1 + s τ) + rate = 0``. For one filter, this is the second
    order system of Voelker and Eliasmith (2017), which oscillates where rate·τ > 1/4. To first
    order the rate is ``rate (1 + rate Στ)``: an error that is fed back late is made up for faster.

    Parameters
    ----------
    rate : float
        Without synapses, in 1/s, from :func:`decay_rate`.
    synapses : sequence of float
        Time constants in seconds.

    Returns
    -------
    float
        In 1/s; NaN where the error oscillates.
    """
    polynomial = Polynomial([0, 1])
    for tau in synapses:
        polynomial *= Polynomial([1, tau])
    roots = (polynomial + rate).roots()
    slowest = roots[np.argmax(roots.real)]
    return float(-slowest.real) if abs(slowest.imag) <= 1e-6 * abs(slowest) else float("nan")


def modes(rates: np.ndarray, learning_rate: np.ndarray) -> np.ndarray:
    """Rates at which the modes of the error decay, with an input that changes.

    Parameters
    ----------
    rates : numpy.ndarray, shape (steps, neurons)
        Firing rates in hertz at each step.
    learning_rate : numpy.ndarray, shape (steps,)
        η at each step, in seconds; steps at which it is 0 do not count.

    Returns
    -------
    numpy.ndarray, shape (neurons,)
        The eigenvalues of η⟨a aᵀ⟩/n in 1/s, the fastest first.
    """
    learns = learning_rate > 0
    if not learns.any():
        return np.zeros(rates.shape[1])
    a, eta = rates[learns], learning_rate[learns]
    with blas.one_thread():
        correlation = (a.T * eta) @ a / (len(a) * a.shape[1])
        return np.linalg.eigvalsh(correlation)[::-1]


def in_modes(
    rates: np.ndarray, target: np.ndarray, learning_rate: float, time: np.ndarray
) -> np.ndarray:
    """Decoders over time that the modes predict on average, from decoders of zero.

    Along the j-th eigenvector of ⟨a aᵀ⟩, they come to ``⟨a x⟩_j / λ_j`` at the rate of its mode.

    Parameters
    ----------
    rates : numpy.ndarray, shape (steps, neurons)
        Firing rates in hertz at each step of the input.
    target : numpy.ndarray, shape (steps,)
        x, what is to be decoded at each step.
    learning_rate : float
        η, in seconds: before it is divided by the number of neurons.
    time : numpy.ndarray, shape (times,)
        How long there has been learning, in seconds.

    Returns
    -------
    numpy.ndarray, shape (times, neurons)
        In units of the target, times seconds: without noise, for an input that is stationary.
    """
    steps, neurons = rates.shape
    with blas.one_thread():
        found, vectors = np.linalg.eigh(rates.T @ rates / steps)
        told = found > 1e-9 * found[-1]  # the others are zero but for rounding
        final = (rates.T @ target / steps) @ vectors[:, told] / found[told]
        learned = -np.expm1(-np.outer(time, learning_rate * found[told] / neurons))
        return learned * final @ vectors[:, told].T


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
    """
    if len(rates) != len(target):
        raise ValueError(f"there are rates for {len(rates)} steps, but {len(target)} targets")
    kappa = np.full(len(target), learning_rate * dt / rates.shape[1])
    return lms.errors(rates, decoders, target, kappa)


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
    projected = inputs[:, np.newaxis] * built.encoders[:, 0] / pre.radius
    return neurons.rates(pre.neuron_type, projected, built.gain, built.bias), decoders


def decoded(model: Model, learned: np.ndarray, inputs: np.ndarray) -> pd.DataFrame:
    """What the connection makes of the values that are represented, and what it could make of them.

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
        Rows of the ``kind`` ``function`` for each ``phase``, ``before`` and ``after`` learning and
        ``offline``, with the decoders of :func:`offline`: ``input`` and ``decoded``.
    """
    rates, initial = tuning(model, inputs)
    return pd.concat(
        [
            pd.DataFrame(
                {"kind": "function", "phase": phase, "input": inputs, "decoded": rates @ decoders}
            )
            for phase, decoders in (
                ("before", initial),
                ("after", learned),
                ("offline", offline(model)),
            )
        ],
        ignore_index=True,
    )


def offline(model: Model) -> np.ndarray:
    """Decoders of the value itself that Nengo's solver found for the same ensemble, from its rates.

    They are those of the connection from it that does not learn.

    Parameters
    ----------
    model : nengo.builder.Model
        A network with one connection that learns, and another from the same ensemble, built.

    Returns
    -------
    numpy.ndarray, shape (neurons,)
        In seconds.
    """
    network = model.toplevel
    pre = learning(network).pre_obj
    (plain,) = (c for c in network.connections if c.pre_obj is pre and not c.learning_rule_type)
    decoders: np.ndarray = model.params[plain].weights[0] / plain.transform.init
    return decoders


def function_error(
    model: Model, rates: np.ndarray, decoders: np.ndarray, inputs: np.ndarray
) -> float:
    """Root mean square of what decoders make of some values, minus these, without noise.

    Parameters
    ----------
    model : nengo.builder.Model
        A network with one connection that learns, built.
    rates : numpy.ndarray, shape (n, neurons)
        Of the ensemble that it comes from, at the values, in hertz.
    decoders : numpy.ndarray, shape (neurons,)
        Of the same ensemble, in seconds.
    inputs : numpy.ndarray, shape (n,)
        The values; those beyond the ensemble's radius do not count.

    Returns
    -------
    float
        NaN where none counts.
    """
    within = np.abs(inputs) <= learning(model.toplevel).pre_obj.radius
    with blas.one_thread():
        errors = (rates @ decoders - inputs)[within]
    return float(np.sqrt(np.mean(np.square(errors)))) if len(errors) else np.nan


def predict(
    rates: np.ndarray,
    decoders: np.ndarray,
    stimulus: np.ndarray,
    learning_rate: np.ndarray,
    dt: float,
) -> dict[str, np.ndarray]:
    """What theory says about one seed, whose network learns to pass its input on.

    Parameters
    ----------
    rates : numpy.ndarray, shape (steps, neurons)
        Firing rates in hertz at each step, from :func:`tuning`.
    decoders : numpy.ndarray, shape (neurons,)
        The decoders at the beginning, in seconds.
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
        :func:`error`. ``error_unlearned``: that of the first decoders. ``decay_rate_theory``: the
        rate in 1/s at which it would decay if the input stayed as it is at this time, see
        :func:`decay_rate`; 0 where nothing is learned. ``mode_1_theory``, ``mode_2_theory``: the
        rates of the two fastest :func:`modes`, the same at all steps.
    """
    first, second, *_ = [*modes(rates, learning_rate), 0.0]
    with blas.one_thread():
        unlearned = rates @ decoders - stimulus
    return {
        "error_noise_free": error(rates, decoders, stimulus, learning_rate, dt),
        "error_unlearned": unlearned,
        "decay_rate_theory": decay_rate(rates, learning_rate),
        "mode_1_theory": np.full(len(stimulus), first),
        "mode_2_theory": np.full(len(stimulus), second),
    }
