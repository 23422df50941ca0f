"""How far rounding can move what the classifier says in training: the tolerances of its tests.

Rounding enters where float32 sums and products are made, and is carried on: through a kernel by
its weights, and through a neuron by the difference of its rate between the two ends of what its
current may be. That difference is what amplifies. The slope of the LIF rate has no bound at its
threshold: there a current that is off by 1e-7 makes a rate of 0 one of 3 Hz, and a neuron within
rounding of its threshold counts with that whole step.

All errors here are standard deviations. Single roundings are as good as independent, so errors
add by their squares (Higham and Mary, SIAM J. Sci. Comput. 41, A2815, 2019).
"""

from types import SimpleNamespace

import numpy as np

from snnlearn.engines import nengodl
from snnlearn.mnist.network import CONVOLUTIONS, IMAGE_SIZE

#: Largest relative error of one rounding to float32.
UNIT = np.finfo(np.float32).eps / 2

#: Two float32 results differ by √2 of the error of one; 4 standard deviations of that are left.
TWO_RESULTS = 4 * np.sqrt(2)


def of_sum(n, squares):
    """Error of a sum of n terms in any order, from the sum of their squares.

    It is that of n roundings, each of a partial sum that terms of both signs have left.
    """
    return UNIT * np.sqrt(n * squares)


def _rate(current, neurons):
    excess = np.maximum(current - 1, np.finfo(float).tiny)
    rates = neurons.amplitude / (neurons.tau_ref + neurons.tau_rc * np.log1p(1 / excess))
    return np.where(current > 1, rates, 0)


def scores_in_training(weights, ensembles, gains, images):
    """The classifier's scores in training mode in float64, and the error of each in float32."""
    tf = nengodl.tensorflow()
    biases, *layers = (weight.astype(float) for weight in weights)
    values = images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE, 1).astype(float)
    variances = np.zeros_like(values)
    for number, (ensemble, gain) in enumerate(zip(ensembles, gains, strict=True)):
        kernel, bias = layers[2 * number : 2 * number + 2]
        stride = CONVOLUTIONS[number][1]
        sums = tf.nn.conv2d(values, kernel, stride, "VALID").numpy() + bias
        n = kernel[..., 0].size
        # What each product adds to the square of the sum's error; float32 is enough for that.
        added = (n * (UNIT * values) ** 2 + variances).astype(np.float32)
        added = tf.nn.conv2d(added, (kernel**2).astype(np.float32), stride, "VALID").numpy()
        of_sums = np.sqrt(added + of_sum(n, bias**2) ** 2)
        gain = gain.reshape(sums.shape[1:])
        own, biases = np.split(biases, [gain.size])
        currents = gain * sums + own.reshape(gain.shape)
        # Where nothing comes in, nothing is rounded: at first these are exactly at the threshold.
        rounded = UNIT * np.hypot(gain * sums, currents) * (of_sums > 0)
        errors = np.hypot(gain * of_sums, rounded)
        neurons = ensemble.neuron_type
        values = _rate(currents, neurons)
        low, high = _rate(currents - errors, neurons), _rate(currents + errors, neurons)
        # The rate itself takes four roundings.
        variances = np.maximum(high - values, values - low) ** 2 + 4 * (UNIT * values) ** 2
    values, variances = (x.reshape(len(images), -1) for x in (values, variances))
    kernel, bias = layers[-2:]
    squares = values**2 @ kernel**2 + bias**2
    return SimpleNamespace(
        values=values @ kernel + bias,
        errors=np.hypot(of_sum(len(kernel), squares), np.sqrt(variances @ kernel**2)),
    )


def error_of_loss(scores, labels):
    """Error of the mean cross-entropy: every score moves it by its slope."""
    n = len(labels)
    shifted = scores.values - scores.values.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    slopes = (np.exp(log_p) - np.eye(log_p.shape[1])[labels]) / n
    # An image's loss is a difference of numbers of the size of its scores; then n are added.
    of_images = UNIT * np.abs(shifted).max(axis=1) / n
    losses = -log_p[np.arange(n), labels] / n
    parts = [slopes * scores.errors, of_images, of_sum(n, np.sum(losses**2))]
    return np.sqrt(sum(np.sum(np.square(part)) for part in parts))


def perturbed(weights, rng):
    """Weights that are off by what rounding makes of the sums that they are in.

    What a computation makes of them differs from what it makes of the weights as rounding
    anywhere in it does, amplified in the same way (D. S. Parker, Monte Carlo arithmetic, UCLA
    technical report CSD-970002, 1997). A weight stands for the n roundings of a sum of n terms:
    those of a matrix or a kernel are summed over all axes but the last.
    """
    terms = [np.prod(weight.shape[:-1], initial=1) for weight in weights]
    return [
        (weight * (1 + UNIT * np.sqrt(n) * rng.normal(size=weight.shape))).astype(np.float32)
        for weight, n in zip(weights, terms, strict=True)
    ]


def distance(found, expected):
    """How far an array is from another, as a share of that one's length."""
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def undecided(scores):
    """How many answers rounding can change: another score is within the errors of both."""
    rows, first = np.arange(len(scores.values)), scores.values.argmax(axis=1)
    margins = scores.values[rows, first, np.newaxis] - scores.values
    errors = np.hypot(scores.errors, scores.errors[rows, first, np.newaxis])
    return int(np.sum(np.sum(margins <= TWO_RESULTS * errors, axis=1) > 1))
