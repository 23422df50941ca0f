"""Training through spikes: the spikes are NengoDL's, and the gradient is the one that is said."""

import nengo
import numpy as np
import pytest
from test_feedforward_training import dense_chain

from snnlearn.engines import lif, nengodl
from snnlearn.engines.feedforward.chain import Population
from snnlearn.engines.feedforward.surrogate import Surrogate, spikes
from snnlearn.engines.feedforward.training import SHARD, CompiledTraining, Shaping

pytestmark = pytest.mark.usefixtures("one_thread")

DT, N_STEPS, N, SLOPE = 0.001, 12, 50, 7.0
SEED = np.array([3, 4], np.int32)
TIMES = {"tau_rc": 0.02, "tau_ref": 0.002}


@pytest.fixture(scope="module")
def population():
    rng = np.random.default_rng(0)
    return Population(
        nengo.LIF(amplitude=0.01, **TIMES),
        rng.uniform(1, 3, N).astype(np.float32),
        rng.normal(1, 0.3, N).astype(np.float32),
        np.zeros(N, np.float32),
        np.zeros(N, np.float32),
    )


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(1).normal(2, 3, (N_STEPS, 3, N)).astype(np.float32)


def drawn(seed, *shape):
    """The voltages with which training begins."""
    return nengodl.tensorflow().random.stateless_uniform(shape, seed).numpy()


def simulated(neurons, currents, voltage):
    """Spikes, voltages before the reset and what a current moves them by, in the engine's steps."""
    of = lif.constants(neurons, DT, np.float32)
    shape, voltage = voltage.shape, voltage.ravel().copy()
    waiting = np.full_like(voltage, np.expm1(-DT / neurons.tau_rc))
    found = []
    for current in currents:
        current = current.ravel().astype(np.float32)
        fraction = np.clip(waiting, of.whole_step, 0)
        before = voltage + (voltage - current) * fraction
        spiked = np.zeros(current.size, np.uint8)
        lif.advance(voltage, waiting, current, of, spiked)
        found.append([v.reshape(shape).astype(float) for v in (spiked, before, fraction)])
    return [np.array(of_all) for of_all in zip(*found, strict=True)]


def of_the_engine(population, inputs):
    currents = population.gain * inputs + population.bias
    return simulated(population.neuron_type, currents, drawn(SEED, inputs.shape[1], N))


def of_training(population, inputs, slope=SLOPE, **options):
    """Spikes in training, flat, with what they are made of."""
    tf = nengodl.tensorflow()
    step = spikes(population, Surrogate(N_STEPS, slope), DT, **options)
    given, bias = tf.constant(inputs.reshape(-1, N)), tf.constant(population.bias)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([given, bias])
        out = step(given, bias, tf.constant(SEED))
    return out, lambda up: [g.numpy() for g in tape.gradient(out, [given, bias], up)]


def test_spikes_are_those_of_the_engine(population, inputs):
    spiked, _, _ = of_the_engine(population, inputs)
    assert 0.05 < spiked.mean() < 0.5
    out, _ = of_training(population, inputs, from_constant=False)
    np.testing.assert_allclose(out.numpy().reshape(inputs.shape), 10 * spiked, rtol=1e-6)


def test_constant_inputs_are_given_once(population, inputs):
    once, _ = of_training(population, inputs[0], from_constant=True)
    again, _ = of_training(population, np.tile(inputs[0], (N_STEPS, 1)), from_constant=False)
    assert np.any(once)
    np.testing.assert_array_equal(once, again)


def test_the_gradient_goes_back_through_voltages_but_not_through_resets(population, inputs):
    """Against the same sum written out backwards, in double precision."""
    upstream = np.random.default_rng(2).normal(size=inputs.shape).astype(np.float32)
    spiked, before, fraction = of_the_engine(population, inputs)
    assert (before < population.neuron_type.min_voltage).any()
    expected, later = np.zeros(inputs.shape), np.zeros(inputs.shape[1:])
    for step in reversed(range(N_STEPS)):
        kept = (1 - spiked[step]) * (before[step] > population.neuron_type.min_voltage)
        surrogate = 10 / (1 + SLOPE * np.abs(before[step] - 1)) ** 2
        of_voltage = upstream[step] * surrogate + kept * later
        expected[step] = -of_voltage * fraction[step]
        later = of_voltage * (1 + fraction[step])
    _, gradient = of_training(population, inputs, from_constant=False)
    of_inputs, of_bias = gradient(upstream.reshape(-1, N))
    largest = np.abs(expected).max()
    np.testing.assert_allclose(
        of_inputs.reshape(inputs.shape), population.gain * expected, atol=1e-5 * largest
    )
    np.testing.assert_allclose(of_bias, expected.sum(axis=(0, 1)), atol=1e-4 * largest)


def test_a_steeper_surrogate_reaches_fewer_neurons(population, inputs):
    def size(slope):
        out, gradient = of_training(population, inputs, slope, from_constant=False)
        return np.abs(gradient(np.ones(out.shape, np.float32))[0]).sum()

    assert size(100.0) < 0.2 * size(10.0) < 0.2 * size(1.0)


@pytest.mark.parametrize("n", [1, SHARD, SHARD + 3])
def test_the_loss_is_that_of_the_mean_output_of_all_steps(n):
    """Of a network of two layers, each shard with its own voltages; and a step makes it smaller."""
    nengo_dl, tf = nengodl.load()
    parts, rng = dense_chain(amplitude=0.02), np.random.default_rng(0)
    inputs = 3 * rng.normal(size=(n, 12)).astype(np.float32)
    labels = rng.integers(0, 5, n)
    with nengo_dl.Simulator(parts.network, minibatch_size=1, progress_bar=False) as simulator:
        weights = simulator.keras_model.trainable_weights
        before = [weight.numpy() for weight in weights]
        kernels = {w.shape: w for w in before if w.ndim == 2}
        ensembles = [simulator.model.params[e] for e in parts.network.ensembles]
        types = [e.neuron_type for e in parts.network.ensembles]
        shaping = Shaping(seed=5, surrogate=Surrogate(N_STEPS, SLOPE))
        training = CompiledTraining(
            simulator, parts.image, parts.probe, tf.optimizers.SGD(1e-3), 2, shaping
        )
        loss, right = training.step(inputs, labels)
        moved = [np.any(w.numpy() != b) for w, b in zip(weights, before, strict=True)]
        after = training.step(inputs, labels)[0]
    scores = np.zeros((n, 5))
    for start in range(0, n, SHARD):
        shard = slice(start, start + SHARD)
        state = np.random.SeedSequence(5, spawn_key=(0, start)).generate_state(2).astype(np.int32)
        values = np.tile(inputs[shard] @ kernels[12, 60], (N_STEPS, 1, 1))
        for number, kernel, of, kind in zip(
            (1, 3), (kernels[60, 40], kernels[40, 5]), ensembles, types, strict=True
        ):
            currents = of.gain * values + of.bias
            voltage = drawn(state + number, values.shape[1], values.shape[2])
            spiked, _, _ = simulated(kind, currents, voltage)
            values = (kind.amplitude / DT * spiked) @ kernel
        scores[shard] = values.mean(axis=0)
    expected = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(n), labels])
    assert loss == pytest.approx(expected, rel=1e-4)
    assert right == np.sum(scores.argmax(axis=1) == labels)
    assert all(moved)
    assert after < loss
