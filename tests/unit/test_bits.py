import numpy as np
import pytest

from snnlearn.engines import bits
from snnlearn.engines.kernels import kernel


@kernel
def lowest(numbers):
    return bits.lowest(numbers)


@pytest.mark.parametrize("numbers", [{0}, {5}, {63}, {3, 4, 60}, {0, 63}])
def test_the_least_number_of_a_set_is_found(numbers):
    assert lowest(np.uint64(sum(2**number for number in numbers))) == min(numbers)
    assert max(numbers) < bits.SIZE
