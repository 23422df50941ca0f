import nengo
import numpy as np
import pytest

from snnlearn.engines import tuning


@pytest.mark.parametrize(
    "neurons", [nengo.LIF(), nengo.LIF(tau_rc=0.03, amplitude=0.01), nengo.RectifiedLinear()]
)
@pytest.mark.parametrize(("points", "size"), [(1001, 60), (7, 3), (2, 2 * tuning.BLOCK)])
def test_rates_have_nengos_bits(neurons, points, size):
    """With blocks that do and do not divide the points, and rows longer than a block."""
    rng = np.random.default_rng(0)
    x, gain, bias = (
        rng.uniform(-1, 1, (points, size)),
        rng.uniform(0, 9, size),
        rng.normal(size=size),
    )
    expected = neurons.rates(x, gain, bias)
    assert 0.1 < (expected > 0).mean() < 0.9
    np.testing.assert_array_equal(tuning.rates(neurons, x, gain, bias), expected)
