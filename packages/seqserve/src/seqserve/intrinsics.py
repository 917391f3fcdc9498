"""What numba cannot say: fused multiply-adds, the bits of a number, and sums kept in registers.

Every sum here is a chain of fused multiply-adds in the order of its terms, which IEEE 754 defines to
the last bit. So a row's result does not depend on how many rows and columns share a block.
"""

# ruff: noqa: ARG001  (numba calls these with the types of all arguments, by position)

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic

LANES = 16
"""float32 numbers of a vector; where registers are shorter, LLVM takes several."""

_cgutils: Any = cgutils
_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_INT32 = ir.IntType(32)
_INT64 = ir.IntType(64)
_INDICES = ir.VectorType(_INT64, LANES)
_FIRST_LANE = ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES)
_ARGUMENTS = ("x", "x_at", "x_step", "w", "w_at", "w_step", "start", "start_at", "start_step", "y", "y_at", "y_step")


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make a function that numba replaces by the code that this one writes."""
    return numba_intrinsic(function)


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once: float32."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), code


@intrinsic
def power_of_two(typingctx: Any, shifted: Any) -> Any:
    """Return 2**n for a float32 that holds n + 1.5 * 2**23, n in -126..127."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # The lowest bits of such a number are those of n: they become the exponent.
        exponent = builder.shl(builder.bitcast(arguments[0], _INT32), _INT32(23))
        return builder.bitcast(builder.add(exponent, _INT32(127 << 23)), _FLOAT)

    return types.float32(types.float32), code


@intrinsic
def dot(typingctx: Any, x: Any, x_at: Any, y: Any, y_at: Any, vectors: Any) -> Any:
    """Return the sum of x[x_at + i] * y[y_at + i] over `vectors * LANES` numbers, lane by lane: float32."""
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x_pointer, y_pointer = (
            builder.gep(context.make_array(kind)(context, builder, array).data, [offset])
            for kind, array, offset in zip(signature.args[:4:2], arguments[:4:2], arguments[1:4:2], strict=True)
        )
        total = _cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * LANES))
        with _cgutils.for_range(builder, arguments[4]) as loop:
            offset = builder.mul(loop.index, _INT64(LANES))
            loaded = [_load(builder, pointer, offset) for pointer in (x_pointer, y_pointer)]
            builder.store(_fma(builder, loaded[0], loaded[1], builder.load(total)), total)
        return _across(builder, builder.load(total), builder.fadd)

    return types.float32(x, place, y, place, place), code


@intrinsic
def largest(typingctx: Any, x: Any, x_at: Any, count: Any) -> Any:
    """Return the largest of `count` numbers from x[x_at] on: float32. It reads whole vectors."""
    place = types.intp

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, first, count = arguments
        pointer = builder.gep(context.make_array(signature.args[0])(context, builder, array).data, [first])
        lowest = ir.Constant(_VECTOR, [float("-inf")] * LANES)
        highest = _cgutils.alloca_once_value(builder, lowest)
        with _cgutils.for_range_slice(builder, _INT64(0), count, _INT64(LANES)) as (offset, _):
            # Lanes behind the last number count as minus infinity.
            left = builder.insert_element(ir.Constant(_INDICES, ir.Undefined), builder.sub(count, offset), _INT32(0))
            left = builder.shuffle_vector(left, left, _FIRST_LANE)
            inside = builder.icmp_signed("<", ir.Constant(_INDICES, list(range(LANES))), left)
            found = builder.select(inside, _load(builder, pointer, offset), lowest)
            builder.store(_larger(builder, found, builder.load(highest)), highest)
        return _across(builder, builder.load(highest), lambda a, b: _larger(builder, a, b))

    return types.float32(x, place, place), code


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _across(builder: Any, lanes: Any, join: Callable[[Any, Any], Any]) -> Any:
    """Join all lanes, halves first: of 16 lanes 0 and 8, then these and 4 and 12, ..."""
    width = LANES
    while width > 1:
        width //= 2
        half = ir.Constant(ir.VectorType(_INT32, LANES), [*range(width, 2 * width)] + [0] * (LANES - width))
        lanes = join(lanes, builder.shuffle_vector(lanes, lanes, half))
    return builder.extract_element(lanes, _INT32(0))


def _load(builder: Any, pointer: Any, offset: Any) -> Any:
    """Load a vector from so many numbers behind a pointer."""
    return builder.load(builder.bitcast(builder.gep(pointer, [offset]), _VECTOR.as_pointer()), align=4)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    return builder.call(_cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32"), [a, b, c])


def _block(rows: int, vectors: int) -> Any:
    """Make a function that computes, for so many rows and `vectors * LANES` columns,

        y[y_at + r * y_step + j] = start[start_at + r * start_step + j]
                                   + sum over k < depth of x[x_at + r * x_step + k] * w[w_at + k * w_step + j]

    Arrays are float32 and contiguous, of any shape: places count from their first number.
    """  # noqa: D415

    @intrinsic
    def block(
        typingctx: Any, x: Any, x_at: Any, x_step: Any, w: Any, w_at: Any, w_step: Any,
        start: Any, start_at: Any, start_step: Any, y: Any, y_at: Any, y_step: Any, depth: Any,
    ) -> Any:  # fmt: skip
        place = types.intp
        signature = types.void(
            x, place, place, w, place, place, start, place, place, y, place, place, place
        )  # fmt: skip

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            given = dict(zip((*_ARGUMENTS, "depth"), arguments, strict=True))
            arrays = dict(zip(_ARGUMENTS[::3], signature.args[:12:3], strict=True))
            pointers = {
                name: context.make_array(kind)(context, builder, given[name]).data for name, kind in arrays.items()
            }
            _emit(builder, rows, vectors, pointers, given)
            return context.get_dummy_value()

        return signature, code

    return block


def _emit(builder: Any, rows: int, vectors: int, pointers: dict[str, Any], given: dict[str, Any]) -> None:
    """Write the block's loop: load the vectors of w once a round, and add them to every row's sums."""

    def constant(number: int) -> Any:
        return _INT64(number)

    def offset(name: str, row: Any, column: int = 0) -> Any:
        first = builder.add(given[f"{name}_at"], builder.mul(row, given[f"{name}_step"]))
        return builder.add(first, constant(column))

    places = [(r, v) for r in range(rows) for v in range(vectors)]
    first = [_load(builder, pointers["start"], offset("start", constant(r), v * LANES)) for r, v in places]
    x_rows = [builder.gep(pointers["x"], [offset("x", constant(r))]) for r in range(rows)]
    before = builder.block
    head, body, after = (builder.append_basic_block(name) for name in ("sums", "round", "summed"))
    builder.branch(head)
    builder.position_at_end(head)
    k, sums = builder.phi(_INT64), [builder.phi(_VECTOR) for _ in places]
    builder.cbranch(builder.icmp_signed("<", k, given["depth"]), body, after)
    builder.position_at_end(body)
    weights = [_load(builder, pointers["w"], offset("w", k, v * LANES)) for v in range(vectors)]
    numbers = [_spread(builder, builder.load(builder.gep(row, [k]), align=4)) for row in x_rows]
    later = [_fma(builder, numbers[r], weights[v], total) for (r, v), total in zip(places, sums, strict=True)]
    following = builder.add(k, constant(1))
    builder.branch(head)
    for phi, begun, found in zip([k, *sums], [constant(0), *first], [following, *later], strict=True):
        phi.add_incoming(begun, before)
        phi.add_incoming(found, body)
    builder.position_at_end(after)
    for (r, v), total in zip(places, sums, strict=True):
        pointer = builder.gep(pointers["y"], [offset("y", constant(r), v * LANES)])
        builder.store(total, builder.bitcast(pointer, _VECTOR.as_pointer()), align=4)


def _spread(builder: Any, number: Any) -> Any:
    """Return a vector that holds one number in all lanes."""
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    lanes = builder.insert_element(undefined, number, _INT32(0))
    return builder.shuffle_vector(lanes, undefined, _FIRST_LANE)


block_1x1, block_1x2, block_1x4 = _block(1, 1), _block(1, 2), _block(1, 4)
block_4x1, block_4x4 = _block(4, 1), _block(4, 4)
