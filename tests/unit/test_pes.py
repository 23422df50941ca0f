import numpy as np
import pytest

from snnlearn import pes

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


def test_decoders_are_left_alone():
    decoders = np.ones(3)
    pes.error(RATES, decoders, np.zeros(2), 1e-4, 0.001)
    assert decoders.tolist() == [1, 1, 1]


def test_steps_without_a_target_are_refused():
    with pytest.raises(ValueError, match="rates for 2 steps, but 3 targets"):
        pes.error(RATES, np.ones(3), np.zeros(3), 1e-4, 0.001)
