"""What may follow a prefix, read off the sorted rows: rows that share k symbols branch by their next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqgen.distribution import Distributions

if TYPE_CHECKING:
    from seqgen.posterior import Posterior


@dataclass(frozen=True)
class Branches:
    """The next outcomes of some queries, laid end to end.

    A node of depth k is all rows that share their first k symbols; its branches are nodes of depth k + 1.

    Args:
        queries: (q,) int64, whose they are.
        counts: (q,) int64, how many each has.
        nodes: (m,) int64, the branches as nodes, numbered as their rows are sorted.
        symbols: (m,) int64, as `seqgen.packing` numbers them, ascending for each query.
        weights: (m,) int64, of their rows.
    """

    queries: NDArray[np.int64]
    counts: NDArray[np.int64]
    nodes: NDArray[np.int64]
    symbols: NDArray[np.int64]
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, posterior: Posterior, depth: int, queries: NDArray[np.int64], nodes: NDArray[np.int64]) -> Branches:
        """Return the branches of each query's node of that depth."""
        starts, first_branch = posterior.starts(depth + 1), posterior.first_branches(depth)
        first, last = first_branch[nodes].astype(np.int64), first_branch[nodes + 1].astype(np.int64)
        branches = ranges_of(first, last)
        begins = starts[branches].astype(np.int64)
        # One more entry in `starts` would serve, but cost a copy of millions for each request.
        ends = starts[np.minimum(branches + 1, len(starts) - 1)].astype(np.int64)
        ends[branches == len(starts) - 1] = len(posterior)
        return cls(
            queries=queries,
            counts=last - first,
            nodes=branches,
            symbols=posterior.packing.symbols(posterior.keys, depth, begins),
            weights=posterior.cumulative[ends] - posterior.cumulative[begins],
        )

    def taken(self, symbols: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of the queries have a branch of their symbol, and that branch as a node."""
        found = np.flatnonzero(self.symbols == np.repeat(symbols, self.counts))
        place = np.repeat(np.arange(len(self.queries)), self.counts)[found]
        return place, self.nodes[found]


def distributions(posterior: Posterior, parts: list[Branches], count: int) -> Distributions:
    """Return the branches of all parts as the distributions of the queries 0 to count - 1."""
    sizes = np.zeros(count, np.int64)
    for part in parts:
        sizes[part.queries] = part.counts
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    symbols, weights = np.empty(first[-1], np.int64), np.empty(first[-1], np.int64)
    for part in parts:
        place = ranges_of(first[part.queries], first[part.queries] + part.counts)
        symbols[place] = part.symbols
        weights[place] = part.weights
    return Distributions(
        first=first,
        terms=symbols + posterior.universe.low,
        is_end=symbols == posterior.packing.end,
        weights=weights,
    )


def along(posterior: Posterior, rows: NDArray[np.int64], lengths: NDArray[np.int64]) -> Distributions:
    """Return the distributions after every prefix of many rows; see `Posterior.along`."""
    _require(rows, lengths, posterior.universe.length)
    count, most = rows.shape
    symbols = rows - posterior.universe.low
    # END has a symbol too, and is no term that a row could go on from.
    symbols = np.where((symbols >= 0) & (symbols < posterior.packing.end), symbols, -1)
    alive, nodes = np.arange(count), np.zeros(count, np.int64)
    parts = []
    for depth in range(most + 1):
        branches = Branches.of(posterior, depth, alive * most + depth - 1, nodes)
        if depth:
            parts.append(branches)
        if depth == most:
            break
        place, nodes = branches.taken(symbols[alive, depth])
        alive = alive[place]
        goes_on = lengths[alive] > depth
        alive, nodes = alive[goes_on], nodes[goes_on]
    return distributions(posterior, parts, count * most)


def _require(rows: NDArray[Any], lengths: NDArray[Any], length: int) -> None:
    if rows.ndim != 2 or rows.dtype != np.int64 or not 1 <= rows.shape[1] < length:
        raise ValueError(f"rows: give int64 of shape (q, n), n from 1 to {length - 1}; got {rows.dtype} {rows.shape}")
    if lengths.shape != rows.shape[:1] or not ((lengths >= 0) & (lengths <= rows.shape[1])).all():
        raise ValueError(f"lengths={lengths!r}: give {len(rows)} integers from 0 to {rows.shape[1]}")


def ranges_of(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``first[0]..last[0]-1, first[1]..last[1]-1, ...`` as one array.

    >>> ranges_of(np.array([3, 7]), np.array([5, 8])).tolist()
    [3, 4, 7]
    """
    counts = last - first
    before = np.cumsum(counts) - counts
    return np.repeat(first - before, counts) + np.arange(int(counts.sum()))
