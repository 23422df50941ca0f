"""Training through spikes: the spikes are NengoDL's, and the gradient is the one that is said."""

import nengo
import numpy as np
import pytest
from test_feedforward_training import dense_chain

from snnlearn.engines import lif, nengodl
from snnlearn.engines.feedforward.chain import Population
from snnlearn.engines.feedforward.surrogate import Surrogate, spikes
from snnlearn.engines.feedforward.training import CompiledTraining, Shaping

pytestmark = pytest.mark.usefixtures("one_thread")

DT, N_STEPS, N, SLOPE = 0.001, 12, 50, 7.0


@pytest.fixture(scope="module")
def population():
    rng = np.random.default_rng(0)
    return Population(
        nengo.LIF(amplitude=0.01, tau_rc=0.02, tau_ref=0.002),
        rng.uniform(1, 3, N).astype(np.float32),
        rng.normal(1, 0.3, N).astype(np.float32),
        rng.uniform(0, 1, N).astype(np.float32),
        rng.uniform(0, 0.002, N).astype(np.float32),
    )


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(1).normal(2, 3, (N_STEPS, 3, N)).astype(np.float32)


def simulated(population, inputs):
    """Spikes, voltages before the reset and what an input moves them by, in the engine's steps."""
    of = lif.constants(population.neuron_type, DT, np.float32)
    rest = np.expm1((population.refractory_time - DT) / population.neuron_type.tau_rc)
    voltage, waiting = (np.tile(v, inputs.shape[1]) for v in (population.voltage, rest))
    waiting = waiting.astype(np.float32)
    found = []
    for shown in inputs:
        current = (population.gain * shown + population.bias).ravel()
        fraction = np.clip(waiting, of.whole_step, 0)
        before = voltage + (voltage - current) * fraction
        spiked = np.zeros(current.size, np.uint8)
        lif.advance(voltage, waiting, current, of, spiked)
        found.append([v.reshape(shown.shape).astype(float) for v in (spiked, before, fraction)])
    return (np.array(of_all) for of_all in zip(*found, strict=True))


def test_spikes_are_those_of_the_engine(population, inputs):
    tf = nengodl.tensorflow()
    spiked, _, _ = simulated(population, inputs)
    assert 0.05 < spiked.mean() < 0.5
    step = spikes(population, Surrogate(N_STEPS, SLOPE), DT, from_constant=False)
    out = step(tf.constant(inputs.reshape(-1, N)), tf.constant(population.bias)).numpy()
    np.testing.assert_allclose(out.reshape(inputs.shape), 10 * spiked, rtol=1e-6)


def test_constant_inputs_are_given_once(population, inputs):
    tf = nengodl.tensorflow()
    surrogate, bias = Surrogate(N_STEPS, SLOPE), tf.constant(population.bias)
    once = spikes(population, surrogate, DT, from_constant=True)(inputs[0], bias)
    repeated = np.tile(inputs[0], (N_STEPS, 1))
    again = spikes(population, surrogate, DT, from_constant=False)(repeated, bias)
    assert np.any(once)
    np.testing.assert_array_equal(once, again)


def test_the_gradient_goes_back_through_voltages_but_not_through_resets(population, inputs):
    """Against the same sum written out backwards, in double precision."""
    tf = nengodl.tensorflow()
    upstream = np.random.default_rng(2).normal(size=inputs.shape)
    spiked, before, fraction = simulated(population, inputs)
    expected, later = np.zeros(inputs.shape), np.zeros(inputs.shape[1:])
    for step in reversed(range(N_STEPS)):
        kept = (1 - spiked[step]) * (before[step] > population.neuron_type.min_voltage)
        surrogate = 10 / (1 + SLOPE * np.abs(before[step] - 1)) ** 2
        of_voltage = upstream[step] * surrogate + kept * later
        expected[step] = -of_voltage * fraction[step]
        later = of_voltage * (1 + fraction[step])
    step = spikes(population, Surrogate(N_STEPS, SLOPE), DT, from_constant=False)
    given, bias = tf.constant(inputs.reshape(-1, N)), tf.constant(population.bias)
    with tf.GradientTape() as tape:
        tape.watch([given, bias])
        total = tf.reduce_sum(step(given, bias) * upstream.reshape(-1, N).astype(np.float32))
    of_inputs, of_bias = (g.numpy() for g in tape.gradient(total, [given, bias]))
    largest = np.abs(expected).max()
    np.testing.assert_allclose(
        of_inputs.reshape(inputs.shape), population.gain * expected, atol=1e-5 * largest
    )
    np.testing.assert_allclose(of_bias, expected.sum(axis=(0, 1)), atol=1e-4 * largest)


def test_the_loss_is_that_of_the_mean_output_of_nengodls_spikes():
    nengo_dl, tf = nengodl.load()
    parts, rng, n = dense_chain(amplitude=0.02), np.random.default_rng(0), 30
    inputs = 3 * rng.normal(size=(n, 12)).astype(np.float32)
    labels = rng.integers(0, 5, n)
    with nengo_dl.Simulator(parts.network, minibatch_size=n, progress_bar=False) as simulator:
        shown = np.repeat(inputs[:, np.newaxis], N_STEPS, axis=1)
        scores = simulator.predict({parts.image: shown})[parts.probe].mean(axis=1)
        loss = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(n), labels])
        shaping = Shaping(surrogate=Surrogate(N_STEPS, SLOPE))
        descent = tf.optimizers.SGD(1e-3)
        weights = simulator.keras_model.trainable_weights
        before = [weight.numpy() for weight in weights]
        training = CompiledTraining(
            simulator, parts.image, parts.probe, descent, threads=1, shaping=shaping
        )
        found, right = training.step(inputs, labels)
        moved = [np.any(w.numpy() != b) for w, b in zip(weights, before, strict=True)]
        again, _ = training.step(inputs, labels)
    assert found == pytest.approx(loss, rel=1e-4)
    assert right == np.sum(scores.argmax(axis=1) == labels)
    assert all(moved)
    assert again < found


def test_a_steeper_surrogate_reaches_fewer_neurons(population, inputs):
    tf = nengodl.tensorflow()

    def size(slope):
        step = spikes(population, Surrogate(N_STEPS, slope), DT, from_constant=False)
        given = tf.constant(inputs.reshape(-1, N))
        with tf.GradientTape() as tape:
            tape.watch(given)
            total = tf.reduce_sum(step(given, tf.constant(population.bias)))
        return np.abs(tape.gradient(total, given).numpy()).sum()

    assert size(100.0) < 0.2 * size(10.0) < 0.2 * size(1.0)
