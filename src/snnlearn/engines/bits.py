"""Sets of small numbers, as the bits of an integer."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

#: How many numbers, from 0 on, a set can have.
SIZE = 64


@intrinsic  # type: ignore[untyped-decorator]
def lowest(typing: Any, numbers: Any) -> Any:
    """Find the least number of a set.

    Parameters
    ----------
    typing : object
        Numba's own, which a kernel does not give.
    numbers : numpy.uint64
        The set; not empty.

    Returns
    -------
    int
        The number.
    """

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code
