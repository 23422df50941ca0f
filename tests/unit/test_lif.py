import nengo
import numpy as np
import pytest

from snnlearn.engines import lif, nengodl

DT = 0.001
N_NEURONS, N_STEPS = 50, 300


@pytest.fixture(scope="module")
def currents():
    """Input of some neurons, from far below threshold to far above, shape (steps, neurons)."""
    rng = np.random.default_rng(0)
    level = np.linspace(-2, 20, N_NEURONS)
    return level + rng.normal(size=(N_STEPS, N_NEURONS))


def run(neurons, currents, dtype):
    """Spikes and voltages of each step, shape (steps, neurons)."""
    tf = nengodl.tensorflow()
    voltage = tf.zeros(N_NEURONS, dtype)
    # Nengo's refractory time is 0 before the first step, which begins by counting it down.
    waiting = tf.fill([N_NEURONS], dtype(np.expm1(-2 * DT / neurons.tau_rc)))
    recorded = []
    for current in currents:
        spikes, voltage, waiting = lif.advance(
            voltage, waiting, tf.constant(current, dtype), neurons, DT, dtype
        )
        recorded.append((spikes.numpy(), voltage.numpy()))
    return map(np.array, zip(*recorded, strict=True))


@pytest.mark.parametrize(
    "neurons",
    [
        nengo.LIF(),
        nengo.LIF(tau_rc=0.03, tau_ref=0.0045, min_voltage=-0.5, amplitude=0.01),
        nengo.LIF(tau_ref=0.0003),  # shorter than a step
    ],
    ids=str,
)
def test_neurons_do_what_those_of_nengo_do(currents, neurons):
    output, voltage, refractory_time = np.zeros((3, N_NEURONS))
    expected = []
    for current in currents:
        neurons.step(DT, current, output, voltage=voltage, refractory_time=refractory_time)
        expected.append((output.copy(), voltage.copy()))
    spikes, voltages = run(neurons, currents, np.float64)
    np.testing.assert_array_equal(spikes, [step for step, _ in expected])
    np.testing.assert_allclose(voltages, [step for _, step in expected], rtol=0, atol=1e-12)
    assert np.count_nonzero(spikes) > N_STEPS


def test_all_is_of_the_type_that_is_asked_for(currents):
    spikes, voltages = run(nengo.LIF(), currents, np.float32)
    assert spikes.dtype == voltages.dtype == np.float32
    assert set(np.unique(spikes)) == {0, np.float32(1) / np.float32(DT)}
