import numpy as np
import pandas as pd
import pytest

from snnlearn.learning import decays, pes

TIME = 0.001 * np.arange(1, 10_001)

#: An input that is as often positive as negative.
X = np.random.default_rng(0).normal(0, 0.5, len(TIME))


@pytest.mark.parametrize("rate", [0.3, 1.0, 2.36, 5.0])
@pytest.mark.parametrize("scale", [0.1, -3.0])
def test_known_decay_is_found(rate, scale):
    assert decays.decay_rate(TIME, scale * np.exp(-rate * TIME)) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.36, 5.0])
def test_known_decay_is_found_in_noise(rate):
    """As well as any estimate can (Cramér and Rao), and three such deviations off at most."""
    noise, decay = np.random.default_rng(0).normal(0, 0.06, len(TIME)), np.exp(-rate * TIME)
    slopes = np.stack([decay, -0.5 * TIME * decay])
    deviation = 0.06 * np.sqrt(np.linalg.inv(slopes @ slopes.T)[1, 1])
    found = decays.decay_rate(TIME, 0.5 * decay + noise)
    assert found == pytest.approx(rate, abs=3 * deviation)


@pytest.mark.parametrize("error", [0 * TIME + 0.5, 0.1 * TIME], ids=["constant", "growing"])
def test_error_that_does_not_decay_has_no_rate(error):
    assert np.isnan(decays.decay_rate(TIME, error))


@pytest.mark.parametrize("rates", [(1.5, 0.6), (0.6, 1.5), (3.0, 0.4), (1.0, 1.0)])
def test_both_modes_are_found_in_noise(rates):
    offset, slope = 0.5, -1.0
    noise = np.random.default_rng(1).normal(0, 0.06, len(TIME))
    error = offset * np.exp(-rates[0] * TIME) + slope * np.exp(-rates[1] * TIME) * X
    found = decays.mode_decay_rates(TIME, error + noise, X, (offset, slope))
    assert found == pytest.approx(rates, rel=0.03)


def test_a_mode_that_does_not_decay_has_no_rate():
    error = 0.5 - np.exp(-TIME) * X
    offset, slope = decays.mode_decay_rates(TIME, error, X, (0.5, -1.0))
    assert np.isnan(offset)
    assert slope == pytest.approx(1, rel=1e-4)


def test_line_is_the_best_one():
    assert decays.line(X, 0.3 - 0.7 * X) == pytest.approx((0.3, -0.7))


def made(constant: bool) -> pd.DataFrame:
    """Traces of a channel whose error decays in two modes, seen 10 ms late."""
    x = 0 * X + 0.5 if constant else X
    shown = np.exp(-(TIME - 0.01))
    error = (0.5 - 0.8) * shown if constant else 0.5 * shown**1.5 - shown**0.6 * x
    return pd.DataFrame(
        {
            "time": TIME,
            "stimulus": x,
            "pre": x,
            "post": x + error,
            "error_unlearned": 0.5 - x,
            "error_noise_free": 0.5 * np.exp(-1.4 * TIME) - np.exp(-0.5 * TIME) * x,
            "decay_rate_theory": 2.0,
            "mode_1_theory": 1.3,
            "mode_2_theory": 0.4,
        }
    )


def test_rates_with_a_changing_input():
    found = decays.rates(made(constant=False), 0.01, [0.005])
    expected = {"offset": (1.5, 1.4, 1.3), "slope": (0.6, 0.5, 0.4)}
    for mode, (measured, noise_free, theory) in expected.items():
        assert found[f"{mode}_decay_rate"] == pytest.approx(measured, rel=1e-4)
        assert found[f"{mode}_decay_rate_noise_free"] == pytest.approx(noise_free, rel=1e-4)
        assert found[f"{mode}_decay_rate_theory"] == pytest.approx(theory)
    assert np.isnan(found["decay_rate"])
    assert found["decay_rate_theory"] == 2
    assert found["decay_rate_lagged"] == pes.lagged_rate(2, [0.005])


def test_the_rate_at_a_constant_input():
    found = decays.rates(made(constant=True), 0.01, [0.005])
    assert found["decay_rate"] == pytest.approx(1, rel=1e-4)
    assert all(np.isnan(rate) for name, rate in found.items() if name.startswith(("off", "slope")))
