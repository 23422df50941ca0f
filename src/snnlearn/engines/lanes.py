"""Numbers that a kernel keeps in the registers of the processor, many at once.

Numba reads and writes an array's numbers in memory each time that a loop comes by them, also
where a processor could keep them. ``Lanes`` are so many numbers of float32 that the compiler
holds them in registers, whatever their width is: sums of many terms touch memory once for each
term. Each lane does what one number would do, so no bit depends on their number.

Places are those of the numbers of an array in memory, and are not checked.
"""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, models, register_model

_INT = ir.IntType(32)
_ALIGNMENT = 4  # bytes, of a single number


class Lanes(types.Type):
    """Numba's type of so many numbers of float32.

    Attributes
    ----------
    width : int
        How many.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(f"Lanes({width})")


@register_model(Lanes)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Lanes) -> None:
        super().__init__(manager, of, _vector(of.width))


def _vector(width: int) -> ir.Type:
    return ir.VectorType(ir.FloatType(), width)


def _place(context: Any, builder: Any, of: Any, array: Any, start: Any, width: int) -> Any:
    data = context.make_array(of)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _vector(width).as_pointer())


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def load(typing: Any, array: Any, start: Any, width: Any) -> Any:
    """Read numbers of an array.

    Parameters
    ----------
    typing : object
        Numba's own, which a kernel does not give.
    array : numpy.ndarray of float32, contiguous
        Of any shape.
    start : int
        Place of the first.
    width : int
        How many: written out, or a constant.

    Returns
    -------
    Lanes
        The numbers.
    """
    lanes = Lanes(width.literal_value)

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        numbers, first, _ = given
        place = _place(context, builder, signature.args[0], numbers, first, lanes.width)
        return builder.load(place, align=_ALIGNMENT)

    return lanes(array, types.intp, width), code


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, array: Any, start: Any, lanes: Any) -> Any:
    """Write numbers into an array.

    Parameters
    ----------
    typing : object
        Numba's own, which a kernel does not give.
    array : numpy.ndarray of float32, contiguous
        Of any shape. Changed in place.
    start : int
        Place of the first.
    lanes : Lanes
        The numbers.
    """

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        numbers, first, values = given
        place = _place(context, builder, signature.args[0], numbers, first, lanes.width)
        builder.store(values, place, align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), code


@intrinsic  # type: ignore[untyped-decorator]
def plus(typing: Any, lanes: Any, others: Any) -> Any:
    """Add lane by lane.

    Parameters
    ----------
    typing : object
        Numba's own, which a kernel does not give.
    lanes, others : Lanes
        As many of both.

    Returns
    -------
    Lanes
        The sums.
    """
    return lanes(lanes, others), lambda context, builder, signature, given: builder.fadd(*given)


@intrinsic  # type: ignore[untyped-decorator]
def times(typing: Any, lanes: Any, factor: Any) -> Any:
    """Multiply all lanes by a number.

    Parameters
    ----------
    typing : object
        Numba's own, which a kernel does not give.
    lanes : Lanes
        The numbers.
    factor : numpy.float32
        By which.

    Returns
    -------
    Lanes
        The products.
    """

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        one = builder.insert_element(
            ir.Constant(_vector(lanes.width), ir.Undefined), given[1], ir.Constant(_INT, 0)
        )
        first = ir.Constant(ir.VectorType(_INT, lanes.width), [0] * lanes.width)
        return builder.fmul(given[0], builder.shuffle_vector(one, one, first))

    return lanes(lanes, types.float32), code
