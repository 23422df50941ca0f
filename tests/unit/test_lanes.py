import numpy as np
import pytest

from snnlearn.engines import lanes
from snnlearn.engines.kernels import kernel


def combine(width):
    """A kernel that replaces some numbers by a + b c."""

    @kernel
    def combined(a, b, c, start):
        product = lanes.times(lanes.load(b, start, width), c)
        lanes.store(a, start, lanes.plus(lanes.load(a, start, width), product))

    return combined


@pytest.mark.parametrize("width", [1, 8, 32])
@pytest.mark.parametrize("shape", [(47,), (7, 9)])
def test_each_lane_does_what_one_number_would_do(width, shape):
    a, b = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    factor = np.float32(1.7)
    expected = a.copy()
    expected.flat[3 : 3 + width] += (factor * b).flat[3 : 3 + width]
    combine(width)(a, b, factor, 3)
    np.testing.assert_array_equal(a, expected)
