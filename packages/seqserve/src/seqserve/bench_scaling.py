"""How much more several threads do than one, and how much more they could do on this machine."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from seqmodel.benchmark import Ratio, Shape, Timing, take_turns
from seqmodel.table import aligned
from seqserve.kernel_cache import compiled
from seqserve.kernel_weights import panels
from seqserve.rows import product

_ROWS, _DEPTH, _WIDTH = 64, 128, 256
_TIMES = 500
"""Products of one thread: about 10 ms."""


class Roof:
    """Products of matrices by the engine's own code, small enough for the cache that each processor has.

    Args:
        threads: How many share them.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        weights = panels(np.ones((_DEPTH, _WIDTH), dtype=np.float32))
        self._operands = [
            (np.ones((_ROWS, _DEPTH), np.float32), weights.copy(), np.zeros(_WIDTH, np.float32)) for _ in range(threads)
        ]

    def one(self) -> None:
        """Multiply all in this thread."""
        for part in range(self._threads):
            self._multiply(part)

    def shared(self) -> None:
        """Multiply all, an equal part in each thread."""
        list(self._pool.map(self._multiply, range(self._threads)))

    def _multiply(self, part: int) -> None:
        x, weights, bias = self._operands[part]
        _products(_TIMES, x, weights, bias, np.empty((_ROWS, _WIDTH), np.float32))


@compiled
def _products(times: int, x: Any, weights: Any, bias: Any, y: Any) -> None:
    for _ in range(times):
        product(x, x.shape[0], x.shape[1], weights, bias, y)


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The same work by one thread and by several, and beside it work that nothing but arithmetic could slow.

    Attributes:
        shape: The model's.
        batch: Sequences.
        one: The engine's timing with one thread.
        shared: With several.
        roof_one: One thread's timing with all products of matrices that the next one shares out.
        roof_shared: That of several threads with an equal part of them each.
    """

    shape: Shape
    batch: int
    one: Timing
    shared: Timing
    roof_one: Timing
    roof_shared: Timing

    @classmethod
    def of(cls, shape: Shape, batch: int, *works: tuple[float, ...]) -> Self:
        """Return a scaling from the seconds of its four timings."""
        one, shared, roof_one, roof_shared = (Timing(name="", setting="", seconds=seconds) for seconds in works)
        return cls(shape=shape, batch=batch, one=one, shared=shared, roof_one=roof_one, roof_shared=roof_shared)

    @classmethod
    def measured(
        cls, shape: Shape, batch: int, one: Callable[[], object], shared: Callable[[], object], roof: Roof, rounds: int
    ) -> Self:
        """Let one thread and several do the same, in turn; and beside them products of matrices."""
        works = (one, shared, roof.one, roof.shared)
        seconds = take_turns(dict(enumerate(works)), rounds, lambda _: None)
        return cls.of(shape, batch, *seconds.values())

    @property
    def ratio(self) -> Ratio:
        """How many times as long one thread took."""
        return Ratio.of(self.one, self.shared)

    @property
    def roof(self) -> Ratio:
        """The same of products of matrices: what the processors have to give to threads that wait for nothing."""
        return Ratio.of(self.roof_one, self.roof_shared)


def scaling_text(threads: int, found: Sequence[Scaling]) -> str:
    """Return a table of what several threads gain."""
    header = ("d_model", "batch", "1 thread ms", f"{threads} threads ms", "times", "90 % interval", "products", "90 %")
    rows: list[tuple[str, ...]] = [header]
    for each in found:
        row = (
            f"{each.shape.d_model}",
            f"{each.batch}",
            *(f"{one.median * 1e3:.3f}" for one in (each.one, each.shared)),
        )
        ratios = ((f"{one.medians:.2f}", f"{one.low:.2f}-{one.high:.2f}") for one in (each.ratio, each.roof))
        rows.append((*row, *(text for ratio in ratios for text in ratio)))
    return (
        f"{threads} threads beside one in the same rounds, and what they gain with products of matrices in the "
        f"caches, which wait for nothing but arithmetic\n{aligned(rows)}"
    )
