"""Vectors of float32 in the code that numba's intrinsics write."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic

LANES = 16
"""float32 numbers of a vector; where registers are shorter, LLVM takes several."""

FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
_INDICES = ir.VectorType(INT64, LANES)
_FIRST_LANE = ir.Constant(ir.VectorType(INT32, LANES), [0] * LANES)
_cgutils: Any = cgutils


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make a function that numba replaces by the code that this one writes."""
    return numba_intrinsic(function)


def inside(builder: Any, offset: Any, count: Any) -> Any:
    """Say of each lane of the vector at an offset whether it lies below `count`."""
    left = builder.insert_element(ir.Constant(_INDICES, ir.Undefined), builder.sub(count, offset), INT32(0))
    left = builder.shuffle_vector(left, left, _FIRST_LANE)
    return builder.icmp_signed("<", ir.Constant(_INDICES, list(range(LANES))), left)


def larger(builder: Any, a: Any, b: Any) -> Any:
    """Return the larger of two numbers, lane by lane; b where one is none."""
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def across(builder: Any, lanes: Any, join: Callable[[Any, Any], Any]) -> Any:
    """Join all lanes, halves first: of 16 lanes 0 and 8, then these and 4 and 12, ..."""
    width = LANES
    while width > 1:
        width //= 2
        half = ir.Constant(ir.VectorType(INT32, LANES), [*range(width, 2 * width)] + [0] * (LANES - width))
        lanes = join(lanes, builder.shuffle_vector(lanes, lanes, half))
    return builder.extract_element(lanes, INT32(0))


def load(builder: Any, pointer: Any, offset: Any) -> Any:
    """Load a vector from so many numbers behind a pointer."""
    return builder.load(builder.bitcast(builder.gep(pointer, [offset]), VECTOR.as_pointer()), align=4)


def store(builder: Any, vector: Any, pointer: Any, offset: Any) -> None:
    """Store a vector so many numbers behind a pointer."""
    builder.store(vector, builder.bitcast(builder.gep(pointer, [offset]), VECTOR.as_pointer()), align=4)


def fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c of numbers or vectors, rounded once."""
    name = f"llvm.fma.v{LANES}f32" if a.type == VECTOR else "llvm.fma.f32"
    return builder.call(
        _cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name), [a, b, c]
    )


def spread(builder: Any, number: Any) -> Any:
    """Return a vector that holds one number in all lanes."""
    undefined = ir.Constant(VECTOR, ir.Undefined)
    lanes = builder.insert_element(undefined, number, INT32(0))
    return builder.shuffle_vector(lanes, undefined, _FIRST_LANE)
