"""What numba cannot say: fused multiply-adds, the bits of a number, and vectors read and written whole."""

# ruff: noqa: ARG001  (numba calls these with the types of all arguments, by position)

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from seqserve.vectors import (
    FLOAT,
    INT32,
    INT64,
    LANES,
    VECTOR,
    across,
    fma,
    inside,
    intrinsic,
    larger,
    load,
    spread,
    store,
)  # fmt: skip

_cgutils: Any = cgutils


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once: float32."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), code


_LOWEST = -87.0  # below it the exponential leaves the normal numbers
_LOG2_E = 1.4426950408889634
_SHIFT = 1.5 * 2**23  # added to a number, it rounds it to an integer
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440054690583e-4  # ln 2 in two parts, the first of few bits
_TAYLOR = tuple(1 / divisor for divisor in (5040, 720, 120, 24, 6, 2))


@intrinsic
def exponential(typingctx: Any, x: Any) -> Any:
    """Return e**x of a float32 x <= 0, to 2 units in the last place; below -87 that of -87."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _exponential(builder, arguments[0])

    return types.float32(types.float32), code


def _exponential(builder: Any, x: Any) -> Any:
    """Write e**x for a number or a vector: x = n ln 2 + r, and a polynomial of r."""
    lanes = isinstance(x.type, ir.VectorType)

    def constant(value: float, kind: Any = FLOAT) -> Any:
        value = np.float32(value).item() if kind is FLOAT else value
        return ir.Constant(ir.VectorType(kind, LANES), [value] * LANES) if lanes else ir.Constant(kind, value)

    x = builder.select(builder.fcmp_ordered(">", x, constant(_LOWEST)), x, constant(_LOWEST))
    shifted = fma(builder, x, constant(_LOG2_E), constant(_SHIFT))
    n = builder.fsub(shifted, constant(_SHIFT))
    r = fma(builder, n, constant(-_LN2_LOW), fma(builder, n, constant(-_LN2_HIGH), x))
    series = constant(_TAYLOR[0])
    for term in _TAYLOR[1:]:
        series = fma(builder, r, series, constant(term))
    # The lowest bits of `shifted` are those of n: they become the exponent of 2**n.
    bits = builder.bitcast(shifted, constant(0, INT32).type)
    power = builder.add(builder.shl(bits, constant(23, INT32)), constant(127 << 23, INT32))
    result = fma(builder, builder.fmul(r, r), series, builder.fadd(r, constant(1.0)))
    return builder.fmul(result, builder.bitcast(power, x.type))


@intrinsic
def dot(typingctx: Any, x: Any, x_at: Any, y: Any, y_at: Any, vectors: Any) -> Any:
    """Return the sum of x[x_at + i] * y[y_at + i] over `vectors * LANES` numbers, lane by lane: float32."""
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x_pointer, y_pointer = (
            builder.gep(context.make_array(kind)(context, builder, array).data, [offset])
            for kind, array, offset in zip(signature.args[:4:2], arguments[:4:2], arguments[1:4:2], strict=True)
        )
        total = _cgutils.alloca_once_value(builder, ir.Constant(VECTOR, [0.0] * LANES))
        with _cgutils.for_range(builder, arguments[4]) as loop:
            offset = builder.mul(loop.index, INT64(LANES))
            loaded = [load(builder, pointer, offset) for pointer in (x_pointer, y_pointer)]
            builder.store(fma(builder, loaded[0], loaded[1], builder.load(total)), total)
        return across(builder, builder.load(total), builder.fadd)

    return types.float32(x, place, y, place, place), code


@intrinsic
def exponentials(typingctx: Any, x: Any, x_at: Any, count: Any, y: Any, y_at: Any) -> Any:
    """Set y[y_at + i] to e**(x[x_at + i] - m), m being the largest of `count` numbers, and return their sum: float32.

    It reads and writes whole vectors; behind the last number it writes 0.
    """
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x_pointer, y_pointer = (
            builder.gep(context.make_array(kind)(context, builder, array).data, [offset])
            for kind, array, offset in zip(signature.args[::3], arguments[::3], arguments[1::3], strict=True)
        )
        count = arguments[2]
        highest = spread(builder, _highest(builder, x_pointer, count))
        total = _cgutils.alloca_once_value(builder, ir.Constant(VECTOR, [0.0] * LANES))
        with _cgutils.for_range_slice(builder, INT64(0), count, INT64(LANES)) as (offset, _):
            found = _exponential(builder, builder.fsub(load(builder, x_pointer, offset), highest))
            found = builder.select(inside(builder, offset, count), found, ir.Constant(VECTOR, [0.0] * LANES))
            store(builder, found, y_pointer, offset)
            builder.store(builder.fadd(builder.load(total), found), total)
        return across(builder, builder.load(total), builder.fadd)

    return types.float32(x, place, place, y, place), code


@intrinsic
def scale(typingctx: Any, x: Any, x_at: Any, vectors: Any, factor: Any) -> Any:
    """Multiply `vectors * LANES` numbers from x[x_at] on by a number."""
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, first, vectors, factor = arguments
        pointer = builder.gep(context.make_array(signature.args[0])(context, builder, array).data, [first])
        factors = spread(builder, factor)
        with _cgutils.for_range(builder, vectors) as loop:
            offset = builder.mul(loop.index, INT64(LANES))
            store(builder, builder.fmul(load(builder, pointer, offset), factors), pointer, offset)
        return context.get_dummy_value()

    return types.void(x, place, place, types.float32), code


@intrinsic
def largest(typingctx: Any, x: Any, x_at: Any, count: Any) -> Any:
    """Return the largest of `count` numbers from x[x_at] on: float32. It reads whole vectors."""
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, first, count = arguments
        pointer = builder.gep(context.make_array(signature.args[0])(context, builder, array).data, [first])
        return _highest(builder, pointer, count)

    return types.float32(x, place, place), code


@intrinsic
def place_of(typingctx: Any, x: Any, count: Any, number: Any) -> Any:
    """Return the first place below `count` at which x holds a number, or `count`; it reads whole vectors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, count, number = arguments
        pointer = context.make_array(signature.args[0])(context, builder, array).data
        wanted = spread(builder, number)
        found = _cgutils.alloca_once_value(builder, count)
        with _cgutils.for_range_slice(builder, INT64(0), count, INT64(LANES)) as (offset, _):
            equal = builder.fcmp_ordered("==", load(builder, pointer, offset), wanted)
            lanes = builder.bitcast(equal, ir.IntType(LANES))
            with builder.if_then(builder.icmp_unsigned("!=", lanes, lanes.type(0))):
                first = builder.zext(builder.cttz(lanes, ir.Constant(ir.IntType(1), 1)), INT64)
                place = builder.add(offset, first)
                earlier = builder.icmp_signed("<", place, builder.load(found))
                builder.store(builder.select(earlier, place, builder.load(found)), found)
        return builder.load(found)

    return types.intp(x, types.intp, types.float32), code


def _highest(builder: Any, pointer: Any, count: Any) -> Any:
    """Find the largest of `count` numbers behind a pointer."""
    lowest = ir.Constant(VECTOR, [float("-inf")] * LANES)
    highest = _cgutils.alloca_once_value(builder, lowest)
    with _cgutils.for_range_slice(builder, INT64(0), count, INT64(LANES)) as (offset, _):
        found = builder.select(inside(builder, offset, count), load(builder, pointer, offset), lowest)
        builder.store(larger(builder, found, builder.load(highest)), highest)
    return across(builder, builder.load(highest), lambda a, b: larger(builder, a, b))
