"""Sums of products kept in registers, for several rows and columns at a time.

Every sum is a chain of fused multiply-adds in the order of its terms, which IEEE 754 defines to the last bit: a row's
result does not depend on how many rows and columns share a block.
"""

# ruff: noqa: ARG001  (numba calls these with the types of all arguments, by position)

from typing import Any

from numba import types

from seqserve.vectors import INT64, LANES, VECTOR, fma, intrinsic, load, spread, store

_ARRAYS = ("x", "w", "start", "y")


def _block(rows: int, vectors: int) -> Any:
    """Make a function that computes, for so many rows and `vectors * LANES` columns,

        y[y_at + r * y_row + j] = start[start_at + r * start_row + j]
                                  + sum over k < depth of x[x_at + r * x_row + k] * w[w_at + r * w_row + k * w_step + j]

    Arrays are float32 and contiguous, of any shape: places count from their first number. Rows share weights where
    `w_row` is 0: they are loaded once for all of them.
    """  # noqa: D415

    @intrinsic
    def block(
        typingctx: Any, x: Any, x_at: Any, x_row: Any, w: Any, w_at: Any, w_row: Any,
        start: Any, start_at: Any, start_row: Any, y: Any, y_at: Any, y_row: Any, w_step: Any, depth: Any,
    ) -> Any:  # fmt: skip
        place = types.intp
        signature = types.void(
            x, place, place, w, place, place, start, place, place, y, place, place, place, place
        )  # fmt: skip

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            names = [f"{array}{part}" for array in _ARRAYS for part in ("", "_at", "_row")]
            given = dict(zip((*names, "w_step", "depth"), arguments, strict=True))
            arrays = dict(zip(_ARRAYS, signature.args[:12:3], strict=True))
            pointers = {
                name: context.make_array(kind)(context, builder, given[name]).data for name, kind in arrays.items()
            }
            _emit(builder, rows, vectors, pointers, given)
            return context.get_dummy_value()

        return signature, code

    return block


def _emit(builder: Any, rows: int, vectors: int, pointers: dict[str, Any], given: dict[str, Any]) -> None:
    """Write the block's loop over k: numbers of x are spread over vectors, multiplied with those of w, and added."""

    def of_rows(name: str) -> list[Any]:
        """Return where each row begins in an array."""
        steps = [builder.mul(given[f"{name}_row"], INT64(row)) for row in range(rows)]
        return [builder.gep(pointers[name], [builder.add(given[f"{name}_at"], step)]) for step in steps]

    places = [(r, v) for r in range(rows) for v in range(vectors)]
    x_rows, w_rows, start_rows, y_rows = map(of_rows, _ARRAYS)
    first = [load(builder, start_rows[r], INT64(v * LANES)) for r, v in places]
    before = builder.block
    head, body, after = (builder.append_basic_block(name) for name in ("sums", "round", "summed"))
    builder.branch(head)
    builder.position_at_end(head)
    k, sums = builder.phi(INT64), [builder.phi(VECTOR) for _ in places]
    builder.cbranch(builder.icmp_signed("<", k, given["depth"]), body, after)
    builder.position_at_end(body)
    w_at = [builder.add(builder.mul(k, given["w_step"]), INT64(v * LANES)) for v in range(vectors)]
    numbers = [spread(builder, builder.load(builder.gep(row, [k]), align=4)) for row in x_rows]
    later = [
        fma(builder, numbers[r], load(builder, w_rows[r], w_at[v]), total)
        for (r, v), total in zip(places, sums, strict=True)
    ]
    following = builder.add(k, INT64(1))
    builder.branch(head)
    for phi, begun, found in zip([k, *sums], [INT64(0), *first], [following, *later], strict=True):
        phi.add_incoming(begun, before)
        phi.add_incoming(found, body)
    builder.position_at_end(after)
    for (r, v), total in zip(places, sums, strict=True):
        store(builder, total, y_rows[r], INT64(v * LANES))


block_1x1, block_1x2, block_1x4 = _block(1, 1), _block(1, 2), _block(1, 4)
block_2x1, block_2x2, block_4x1, block_4x2, block_4x4 = (
    _block(2, 1), _block(2, 2), _block(4, 1), _block(4, 2), _block(4, 4)
)  # fmt: skip
block_8x1, block_8x2 = _block(8, 1), _block(8, 2)
