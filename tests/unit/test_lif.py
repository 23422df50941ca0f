import nengo
import numpy as np
import pytest

from snnlearn.engines import lif

DT = 0.001
N_NEURONS, N_STEPS = 50, 300

NEURONS = [
    nengo.LIF(),
    nengo.LIF(tau_rc=0.03, tau_ref=0.0045, min_voltage=-0.5, amplitude=0.01),
    nengo.LIF(tau_ref=0.0003),  # shorter than a step
]


@pytest.fixture(scope="module")
def currents():
    """Input of some neurons, from far below threshold to far above, shape (steps, neurons)."""
    rng = np.random.default_rng(0)
    level = np.linspace(-2, 20, N_NEURONS)
    return level + rng.normal(size=(N_STEPS, N_NEURONS))


def run(neurons, currents, dtype):
    """Whether neurons spike, and voltages, of each step, shape (steps, neurons)."""
    voltage = np.zeros(N_NEURONS, dtype)
    # Nengo's refractory time is 0 before the first step, which begins by counting it down.
    waiting = np.full(N_NEURONS, np.expm1(-2 * DT / neurons.tau_rc), dtype)
    spiked, found = np.zeros(-(-N_NEURONS // 8) * 8, np.uint8), np.empty(N_NEURONS + 1, np.int32)
    state = voltage, waiting
    constants = lif.constants(neurons, DT, dtype)
    recorded = []
    for current in currents:
        of_step = current.astype(dtype), constants, spiked, spiked.view(np.uint64), found
        count = lif.advance(*state, *of_step)
        np.testing.assert_array_equal(found[:count], np.flatnonzero(spiked))
        recorded.append((spiked[:N_NEURONS].astype(bool), voltage.copy()))
    return map(np.array, zip(*recorded, strict=True))


@pytest.mark.parametrize("neurons", NEURONS, ids=str)
def test_neurons_do_what_those_of_nengo_do(currents, neurons):
    output, voltage, refractory_time = np.zeros((3, N_NEURONS))
    expected = []
    for current in currents:
        neurons.step(DT, current, output, voltage=voltage, refractory_time=refractory_time)
        expected.append((output.copy(), voltage.copy()))
    spikes, voltages = run(neurons, currents, np.float64)
    heights = lif.height(neurons, DT, np.float64) * spikes
    np.testing.assert_array_equal(heights, [step for step, _ in expected])
    np.testing.assert_allclose(voltages, [step for _, step in expected], rtol=0, atol=1e-12)
    assert np.count_nonzero(spikes) > N_STEPS


@pytest.mark.parametrize("neurons", NEURONS, ids=str)
def test_single_precision_is_kept_and_is_all_that_differs(currents, neurons):
    spikes, voltages = run(neurons, currents, np.float32)
    assert voltages.dtype == np.float32
    expected, _ = run(neurons, currents, np.float64)
    assert np.mean(spikes == expected) > 0.999


def test_height_is_divided_in_its_own_precision():
    found = lif.height(nengo.LIF(amplitude=0.01), DT, np.float32)
    assert found.dtype == np.float32
    assert found == np.float32(0.01) / np.float32(0.001)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
def test_spiking_neurons_are_listed_in_their_order(share):
    fires = np.random.default_rng(0).random(1000) < share
    current = np.where(fires, 1e3, 0.0)
    spiked, found = np.zeros(1000, np.uint8), np.full(1001, -1, np.int32)
    constants = lif.constants(nengo.LIF(), DT, np.float64)
    of_step = current, constants, spiked, spiked.view(np.uint64), found
    count = lif.advance(np.zeros(1000), np.full(1000, -1.0), *of_step)
    np.testing.assert_array_equal(found[:count], np.flatnonzero(fires))
    np.testing.assert_array_equal(spiked, fires)
