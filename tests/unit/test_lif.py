import math

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
    spiked = np.zeros(N_NEURONS, np.uint8)
    constants = lif.constants(neurons, DT, dtype)
    recorded = []
    for current in currents:
        lif.advance(voltage, waiting, current.astype(dtype), constants, spiked)
        recorded.append((spiked.astype(bool), voltage.copy()))
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


def test_the_logarithm_is_right_to_the_last_few_bits():
    drawn = np.random.default_rng(0).uniform(0, 40, 2000)
    edges = [1.0, np.nextafter(1.0, 2), np.nextafter(2**0.5, 0), 2**0.5, 2.0, 3.0, 2.0**40]
    for x in [*np.exp2(drawn), *(1 + np.exp2(-drawn)), *edges]:
        assert abs(lif.log(x) - math.log(x)) <= 4 * math.ulp(math.log(x))


@pytest.mark.parametrize("neurons", NEURONS, ids=str)
def test_rates_are_those_of_nengo(currents, neurons):
    inputs = np.concatenate([currents, [np.full(N_NEURONS, bad) for bad in (1.0, np.inf)]])
    gain, bias = np.linspace(0.5, 2, N_NEURONS), np.linspace(0.2, -0.2, N_NEURONS)
    found = lif.rates(
        *(values.astype(np.float32) for values in (inputs, gain, bias)),
        *(neurons.amplitude, neurons.tau_ref, neurons.tau_rc),
    )
    steady = nengo.LIFRate(neurons.tau_rc, neurons.tau_ref, amplitude=neurons.amplitude)
    # LIFRate.rates has no amplitude; its step has.
    expected = np.zeros_like(inputs)
    steady.step(DT, gain * inputs + bias, output=expected)
    # The slope at the threshold is infinite: a current that is rounded to single precision.
    clear = abs(gain * inputs + bias - 1) > 1e-3
    np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-4)
    assert found.dtype == np.float32


def test_height_is_divided_in_its_own_precision():
    found = lif.height(nengo.LIF(amplitude=0.01), DT, np.float32)
    assert found.dtype == np.float32
    assert found == np.float32(0.01) / np.float32(0.001)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
def test_spiking_neurons_are_listed_in_their_order(share):
    spiked = (np.random.default_rng(0).random(1000) < share).astype(np.uint8)
    found = np.full(1001, -1, np.int32)
    count = lif.which(spiked, spiked.view(np.uint64), found)
    np.testing.assert_array_equal(found[:count], np.flatnonzero(spiked))
