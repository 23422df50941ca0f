"""Compiled training, held against NengoDL's."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import nengo
import numpy as np
import pytest
import rounding

from snnlearn.data import obtaining
from snnlearn.engines import nengodl
from snnlearn.engines.errors import UnsupportedNetworkError
from snnlearn.engines.feedforward.training import SHARD, CompiledTraining, Shaping
from snnlearn.mnist import network as chapter_network
from snnlearn.mnist.learners import Compiled, WithNengoDL

pytestmark = pytest.mark.usefixtures("one_thread")

MINIBATCH_SIZE = 60
N_STEPS = 50


@pytest.fixture(scope="module")
def along_nengodl():
    """What both do in each of NengoDL's first steps, both from where NengoDL stands before it.

    Left to themselves they part, as NengoDL parts from itself when its sums are rounded in
    another order: all neurons start at their threshold, where the slope of their rate has no
    bound (``docs/speed.md`` has the figures).
    """
    nengo_dl, tf = nengodl.load()
    images = obtaining.stand_in([])[0]
    classifiers = [chapter_network.build(seed=0) for _ in range(2)]
    steps = []
    with ExitStack() as opened:
        learners, simulators = [], []
        for kind, classifier in zip((WithNengoDL, compiled), classifiers, strict=True):
            simulator = opened.enter_context(
                nengo_dl.Simulator(
                    classifier.network, minibatch_size=MINIBATCH_SIZE, progress_bar=False
                )
            )
            simulators.append(simulator)
            optimizer = tf.optimizers.RMSprop(0.001)
            optimizer.build(simulator.keras_model.trainable_weights)
            learners.append(kind(simulator, classifier, optimizer))
        variables = [[*learner.weights, *learner.optimizer.variables] for learner in learners]
        ensembles = classifiers[0].network.ensembles
        gains = [simulators[0].model.params[ensemble].gain for ensemble in ensembles]

        def put(values, into):
            for variable, value in zip(into, values, strict=True):
                variable.assign(value)

        def step_of(learner, x, y):
            before = [weight.numpy() for weight in learner.weights]
            loss, right = learner.epoch(x, y, lambda *_: None)
            moves = [w.numpy() - b for w, b in zip(learner.weights, before, strict=True)]
            return SimpleNamespace(loss=loss, right=right, moves=moves)

        rng = np.random.default_rng(0)
        for step in range(N_STEPS):
            batch = np.arange(MINIBATCH_SIZE) + step * MINIBATCH_SIZE
            batch %= len(images.x_train)
            x, y = images.x_train[batch].reshape(MINIBATCH_SIZE, -1), images.y_train[batch]
            state = [variable.numpy() for variable in variables[0]]
            weights = state[: len(learners[0].weights)]
            put(state, variables[1])
            expected, found = (step_of(learner, x, y) for learner in learners)
            put([*rounding.perturbed(weights, rng), *state[len(weights) :]], variables[1])
            perturbed = step_of(learners[1], x, y)
            scores = rounding.scores_in_training(weights, ensembles, gains, x)
            steps.append(
                SimpleNamespace(
                    expected=expected,
                    found=found,
                    perturbed=perturbed,
                    error_of_loss=rounding.error_of_loss(scores, y),
                    undecided=rounding.undecided(scores),
                )
            )
    return steps


def compiled(*parts):
    return Compiled(*parts, threads=1)


def test_losses_of_fifty_steps_are_those_of_nengodl(along_nengodl):
    expected, found = (
        np.array([getattr(step, kind).loss for step in along_nengodl])
        for kind in ("expected", "found")
    )
    assert expected[-10:].mean() < 0.5 * expected[0]
    tolerance = rounding.TWO_RESULTS * np.array([step.error_of_loss for step in along_nengodl])
    # Few neurons are near their threshold: what is allowed stays far below what a mistake makes.
    assert np.median(tolerance / expected) < 1e-4
    np.testing.assert_array_less(np.abs(found - expected), tolerance)


def test_accuracies_of_fifty_steps_are_those_of_nengodl(along_nengodl):
    expected, found = (
        np.array([getattr(step, kind).right for step in along_nengodl])
        for kind in ("expected", "found")
    )
    assert expected[-10:].mean() > 0.5
    # Both are counts, divided in float32 by the number of images.
    undecided = np.array([step.undecided for step in along_nengodl])
    assert np.mean(undecided > 0) < 0.1
    differ = np.abs(found - expected) * MINIBATCH_SIZE
    assert (differ <= undecided + 1e-4).all()


def test_all_parameters_move_as_in_nengodl(along_nengodl):
    """Rounding decides on which side of its threshold a neuron is, and how steep its rate is there:
    now and then one of them makes a step differ by much. How much is what is seen where the same
    engine starts from weights that are off by rounding."""

    def median_distance(one, other):
        return np.median(
            [
                list(map(rounding.distance, getattr(step, one).moves, getattr(step, other).moves))
                for step in along_nengodl
            ],
            axis=0,
        )

    of_rounding = median_distance("perturbed", "found")
    assert of_rounding.max() < 0.1  # a mistake would be seen
    np.testing.assert_array_less(median_distance("found", "expected"), of_rounding)


# The same step on other networks and minibatches


def dense_chain(**neuron_options):
    nengo_dl, tf = nengodl.load()
    dense = tf.keras.layers.Dense
    initializer = tf.keras.initializers.GlorotUniform
    with nengo.Network(seed=3) as network:
        network.config[nengo.Ensemble].max_rates = nengo.dists.Uniform(100, 200)
        network.config[nengo.Connection].synapse = None
        nengo_dl.configure_settings(stateful=False)
        image = nengo.Node(np.zeros(12))
        x = nengo_dl.Layer(dense(60, kernel_initializer=initializer(1)))(image)
        x = nengo_dl.Layer(nengo.LIF(tau_rc=0.03, tau_ref=0.004, amplitude=0.05))(x)
        x = nengo_dl.Layer(dense(40, kernel_initializer=initializer(2), use_bias=False))(x)
        x = nengo_dl.Layer(nengo.LIF(**neuron_options))(x)
        output = nengo_dl.Layer(dense(5, kernel_initializer=initializer(3)))(x)
        probe = nengo.Probe(output)
        filtered = nengo.Probe(output, synapse=0.1)
    return SimpleNamespace(network=network, image=image, probe=probe, filtered=filtered)


@pytest.mark.parametrize("smoothing", [None, 0.02, 0.5])
@pytest.mark.parametrize("n", [1, SHARD, 2 * SHARD + 3])
def test_gradients_are_those_of_nengodl_for_any_minibatch(n, smoothing):
    nengo_dl, tf = nengodl.load()
    parts = dense_chain(amplitude=0.02)
    with parts.network:
        nengo_dl.configure_settings(lif_smoothing=smoothing)
    rng = np.random.default_rng(0)
    inputs = 3 * rng.normal(size=(n, 12)).astype(np.float32)
    labels = rng.integers(0, 5, n)
    with nengo_dl.Simulator(parts.network, minibatch_size=n, progress_bar=False) as simulator:
        model = simulator.keras_model

        def with_nengo_dl(weights):
            for variable, value in zip(model.trainable_weights, weights, strict=True):
                variable.assign(value)
            with tf.GradientTape() as tape:
                given = [inputs[:, np.newaxis], np.ones((n, 1), np.int32)]
                scores = model(given, training=True)[0][:, 0]
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(labels.astype(np.int32), scores)
                )
            gradients = tape.gradient(loss, model.trainable_weights)
            as_arrays = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
            return float(loss), scores.numpy(), as_arrays

        before = [weight.numpy() for weight in model.trainable_weights]
        off = [with_nengo_dl(rounding.perturbed(before, rng)) for _ in range(10)]
        loss, scores, expected = with_nengo_dl(before)
        # Plain descent with rate 1: the change is the gradient.
        descent = tf.optimizers.SGD(1.0)
        training = CompiledTraining(simulator, parts.image, parts.probe, descent, threads=1)
        found_loss, right = training.step(inputs, labels)
        after = [weight.numpy() for weight in model.trainable_weights]

    def of_rounding(differences):
        return rounding.TWO_RESULTS * np.sqrt(np.mean(np.square(differences)))

    assert found_loss == pytest.approx(loss, abs=of_rounding([other - loss for other, _, _ in off]))
    assert right == int(np.sum(scores.argmax(axis=1) == labels))
    for number, gradient in enumerate(expected):
        # The gradient is seen as a difference of weights, which are rounded.
        seen = rounding.UNIT * np.linalg.norm(before[number]) / np.linalg.norm(gradient)
        made = of_rounding([rounding.distance(others[number], gradient) for _, _, others in off])
        tolerance = np.hypot(made, rounding.TWO_RESULTS * seen)
        assert tolerance < 0.01  # a mistake would be seen
        assert rounding.distance(before[number] - after[number], gradient) < tolerance


def test_what_is_not_to_be_trained_stays():
    nengo_dl, tf = nengodl.load()
    parts = dense_chain()
    with parts.network:
        nengo_dl.configure_settings(trainable=None)
        parts.network.config[parts.network.ensembles[0].neurons].trainable = False
    with nengo_dl.Simulator(parts.network, minibatch_size=4, progress_bar=False) as simulator:
        ensembles = parts.network.ensembles
        before = [simulator.data[ensemble].bias.copy() for ensemble in ensembles]
        optimizer = tf.optimizers.SGD(1.0)
        training = CompiledTraining(simulator, parts.image, parts.probe, optimizer, threads=1)
        rng = np.random.default_rng(0)
        training.step(rng.normal(size=(4, 12)), rng.integers(0, 5, 4))
        changed = [
            np.any(simulator.data[ensemble].bias != old)
            for ensemble, old in zip(ensembles, before, strict=True)
        ]
    assert changed == [False, True]


@pytest.mark.parametrize(
    ("options", "probe", "message"),
    [
        ({}, "filtered", "filter, whose output after one step is 0"),
    ],
)
def test_training_that_would_differ_is_refused(options, probe, message):
    nengo_dl, tf = nengodl.load()
    parts = dense_chain()
    with parts.network:
        nengo_dl.configure_settings(**options)
    with (
        nengo_dl.Simulator(parts.network, progress_bar=False) as simulator,
        pytest.raises(UnsupportedNetworkError, match=message),
    ):
        CompiledTraining(
            simulator, parts.image, getattr(parts, probe), tf.optimizers.SGD(), threads=1
        )


SCRIPT = """
import hashlib, sys
import numpy as np
from snnlearn.data import obtaining
from snnlearn.mnist.learners import learner
from snnlearn.mnist.neurons import TrainedSpikes
images = obtaining.stand_in([])[0]
x, y = images.x_train[:300].reshape(300, -1), images.y_train[:300]
threads, steps = map(int, sys.argv[1:])
with learner(
    seed=1,
    learning_rate=0.001,
    minibatch_size=100,
    engine="compiled",
    threads=threads,
    spikes=TrainedSpikes(steps=steps),
) as learning:
    learning.epoch(x, y, lambda *_: None)
    values = b"".join(weight.numpy().tobytes() for weight in learning.weights)
print(hashlib.sha256(values).hexdigest())
"""


@pytest.mark.parametrize("steps", [0, 3], ids=["rates", "spikes"])
def test_bits_do_not_depend_on_the_number_of_threads(steps):
    def digest(threads: int) -> str:
        command = [sys.executable, "-c", SCRIPT, str(threads), str(steps)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    with ThreadPoolExecutor(max_workers=2) as pool:
        one, two = pool.map(digest, (1, 2))
    assert len(one.strip()) == 2 * hashlib.sha256().digest_size
    assert two == one


# What is done to rates while they are trained


def gradients(inputs, labels, shaping, threads=1):
    """The loss, and what each of two steps of plain descent with rate 1 takes from the start."""
    nengo_dl, tf = nengodl.load()
    parts = dense_chain(amplitude=0.02)
    with nengo_dl.Simulator(parts.network, minibatch_size=1, progress_bar=False) as simulator:
        weights = simulator.keras_model.trainable_weights
        before = [weight.numpy() for weight in weights]
        descent = tf.optimizers.SGD(1.0)
        training = CompiledTraining(simulator, parts.image, parts.probe, descent, threads, shaping)
        loss, _ = training.step(inputs, labels)
        first = [b - weight.numpy() for b, weight in zip(before, weights, strict=True)]
        for weight, value in zip(weights, before, strict=True):
            weight.assign(value)
        training.step(inputs, labels)
        second = [b - weight.numpy() for b, weight in zip(before, weights, strict=True)]
    return loss, first, second


@pytest.fixture(scope="module")
def shown():
    rng = np.random.default_rng(0)
    return 3 * rng.normal(size=(60, 12)).astype(np.float32), rng.integers(0, 5, 60)


def test_a_penalty_is_a_derivative_of_what_it_adds(shown):
    """It moves weights down the slope of the mean rates' excess, and leaves the loss as it is."""
    plain_loss, plain, _ = gradients(*shown, Shaping())
    small = 1e-4
    loss, found, _ = gradients(*shown, Shaping(penalty=small, target=20.0))
    assert loss == plain_loss
    added = [(f - p) / small for f, p in zip(found, plain, strict=True)]

    def excess(weights):
        """Mean square of what the mean rates of both layers are above 20 Hz, in float64."""
        values, total = shown[0].astype(float), 0.0
        kernels = [(weights[0], weights[1], 0.03, 0.004, 0.05), (weights[2], 0, 0.02, 0.002, 0.02)]
        for (kernel, bias, tau_rc, tau_ref, amplitude), gain, offset in zip(
            kernels, gains, offsets, strict=True
        ):
            current = (values @ kernel + bias) * gain + offset
            above = np.maximum(current - 1, 1e-30)
            rates = np.where(current > 1, 1 / (tau_ref + tau_rc * np.log1p(1 / above)), 0)
            total += np.mean(np.maximum(rates.mean(axis=1) - 20, 0) ** 2)
            values = amplitude * rates
        return total

    nengo_dl, _ = nengodl.load()
    parts = dense_chain(amplitude=0.02)
    with nengo_dl.Simulator(parts.network, progress_bar=False) as simulator:
        names = [weight.name for weight in simulator.keras_model.trainable_weights]
        weights = [w.numpy().astype(float) for w in simulator.keras_model.trainable_weights]
        built = [simulator.model.params[ensemble] for ensemble in parts.network.ensembles]
        gains = [of.gain for of in built]
        offsets = [of.bias for of in built]
    kernels = [number for number, weight in enumerate(weights) if weight.ndim == 2]
    assert len(kernels) == 3, names
    place = (3, 7)
    of_first = next(n for n in kernels if weights[n].shape == (12, 60))
    own = {
        "first": of_first,
        "bias": next(n for n, w in enumerate(weights) if w.shape == (60,) and not w.any()),
        "second": next(n for n in kernels if weights[n].shape == (60, 40)),
    }

    def at(step):
        changed = [weights[own[name]].copy() for name in ("first", "bias", "second")]
        changed[0][place] += step
        return excess(changed)

    numerical = (at(1e-4) - at(-1e-4)) / 2e-4
    assert added[of_first][place] == pytest.approx(numerical, rel=0.05)


def test_noise_is_drawn_anew_in_each_step_and_the_same_on_any_number_of_threads(shown):
    _, plain, _ = gradients(*shown, Shaping())
    noisy = Shaping(noise=10.0, seed=3)
    _, one, next_one = gradients(*shown, noisy)
    _, again, _ = gradients(*shown, noisy, threads=2)
    _, other, _ = gradients(*shown, Shaping(noise=10.0, seed=4))
    for number, gradient in enumerate(one):
        np.testing.assert_array_equal(gradient, again[number])
        if plain[number].any():
            assert np.any(gradient != plain[number])
            assert np.any(gradient != next_one[number])
            assert np.any(gradient != other[number])
