import numpy as np
import pytest

from snnlearn.learning import pes

RATES = np.array([[10.0, 0.0, 200.0], [30.0, 40.0, 0.0]])


def test_decay_rate_is_the_learning_rate_times_the_mean_square():
    found = pes.decay_rate(RATES, learning_rate=1e-4)
    assert found == pytest.approx([1e-4 * 40_100 / 3, 1e-4 * 2500 / 3])


def test_decay_rate_does_not_depend_on_the_number_of_neurons():
    twice = np.concatenate([RATES, RATES], axis=1)
    np.testing.assert_allclose(pes.decay_rate(twice, 1e-4), pes.decay_rate(RATES, 1e-4))


@pytest.mark.parametrize("dt", [0.001, 0.0005])
def test_error_of_a_constant_input_decays_by_gamma_in_every_step(dt):
    rates, decoders, target, learning_rate = RATES[0], np.array([0.01, 0.5, -0.002]), 0.7, 2e-4
    steps = 400
    found = pes.error(
        np.tile(rates, (steps, 1)), decoders, np.full(steps, target), learning_rate, dt
    )
    gamma = 1 - learning_rate * dt / 3 * 40_100
    first = 0.1 - 0.4 - target
    np.testing.assert_allclose(found, first * gamma ** np.arange(steps), rtol=1e-10)
    # In continuous time that is the rate of decay, but for what a step adds to second order.
    rate = -np.log(found[-1] / found[0]) / (dt * (steps - 1))
    assert rate == pytest.approx(pes.decay_rate(rates, learning_rate), rel=0.01)


def test_what_is_learned_at_one_input_is_kept_at_another():
    """Two inputs that excite different neurons are learned one after the other."""
    rates = np.repeat([[100.0, 0.0], [0.0, 100.0]], 5000, axis=0)
    found = pes.error(rates, np.zeros(2), np.repeat([1.0, 0.5], 5000), 1e-3, 0.001)
    assert found[0] == -1.0
    assert found[5000] == -0.5
    assert found[4999] == pytest.approx(0, abs=1e-9)


def test_error_is_that_of_the_rule_step_by_step():
    rng = np.random.default_rng(1)
    rates, decoders = rng.uniform(0, 200, (700, 20)), rng.normal(0, 1e-3, 20)
    target, learning_rate = rng.normal(size=700), rng.uniform(0, 1e-3, 700)
    found = pes.error(rates, decoders, target, learning_rate, 0.001)
    for a, x, eta, e in zip(rates, target, learning_rate, found, strict=True):
        assert e == pytest.approx(a @ decoders - x, rel=1e-12, abs=1e-12)
        decoders -= eta * 0.001 / 20 * (a @ decoders - x) * a


def test_decoders_are_left_alone():
    decoders = np.ones(3)
    pes.error(RATES, decoders, np.zeros(2), 1e-4, 0.001)
    assert decoders.tolist() == [1, 1, 1]


def test_steps_without_a_target_are_refused():
    with pytest.raises(ValueError, match="rates for 2 steps, but 3 targets"):
        pes.error(RATES, np.ones(3), np.zeros(3), 1e-4, 0.001)


@pytest.mark.parametrize("k", [0.5, 3.0, 20.0])
def test_one_filter_in_the_loop_makes_the_rate_that_of_a_second_order_system(k):
    """τ s² + s + k = 0."""
    expected = (1 - np.sqrt(1 - 4 * k * 0.01)) / 0.02
    assert pes.lagged_rate(k, [0.01]) == pytest.approx(expected)
    assert pes.lagged_rate(k, []) == pytest.approx(k)


def test_several_filters_add_up_to_first_order():
    assert pes.lagged_rate(0.1, [0.005] * 3) == pytest.approx(0.1 * (1 + 0.1 * 0.015), rel=1e-5)


@pytest.mark.parametrize(
    ("k", "synapses"), [(26.0, [0.01]), (0.106 / 0.005, [0.005] * 3)], ids=["one", "three"]
)
def test_there_is_no_rate_where_the_error_oscillates(k, synapses):
    """Beyond 1/4 of 1/τ for one filter, and 27/256 of it for three (s = -1/(4τ) is double)."""
    assert np.isnan(pes.lagged_rate(k, synapses))
    assert np.isfinite(pes.lagged_rate(0.9 * k, synapses))


def test_modes_add_up_to_the_rate_at_constant_inputs():
    rates = np.random.default_rng(0).uniform(0, 200, (50, 3))
    eta = np.full(50, 1e-4)
    found = pes.modes(rates, eta)
    assert found.sum() == pytest.approx(pes.decay_rate(rates, 1e-4).mean())
    assert (np.diff(found) < 0).all()
    eta[25:] = 0
    np.testing.assert_allclose(pes.modes(rates, eta), pes.modes(rates[:25], eta[:25]))
    assert pes.modes(rates, 0 * eta).tolist() == [0, 0, 0]


def test_a_mode_decays_at_its_rate():
    """Two inputs take turns; their errors are the sum of two modes, each with its own decay."""
    steps, dt, eta = 20_000, 0.0001, 1e-4
    rates = np.tile([[100.0, 40.0], [100.0, -40.0]], (steps // 2, 1))
    found = pes.error(rates, np.zeros(2), np.tile([1.0, 0.2], steps // 2), eta, dt)
    common, opposite = found[::2] + found[1::2], found[::2] - found[1::2]
    for mode, rate in zip((common, opposite), pes.modes(rates, np.full(steps, eta)), strict=True):
        fitted = -np.polyfit(2 * dt * np.arange(steps // 2), np.log(np.abs(mode)), 1)[0]
        assert fitted == pytest.approx(rate, rel=0.01)
