"""An endless stream of rows, every one of which can be had at once by its index."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import SupportsIndex, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqgen.arguments import integer
from seqgen.batch import Batch, Row
from seqgen.philox import MAX_INDEX, MAX_SEED, Words, index_array, multiply_high, stream_key, words, words_at
from seqgen.universe import Universe

_AT_ONCE = 1 << 14
"""Rows made together: what they need stays in the processor's cache."""


@dataclass(frozen=True)
class Stream:
    """The rows that a universe, a purpose and a seed stand for.

    Row i is a pure function of (stream version, purpose, seed, i) and the universe: slices, single rows, shuffles,
    shards, workers and machines agree on it.

    Args:
        universe: where the rules come from.
        purpose: what the rows are for (``train``, ``validation``, ...). Streams of different purposes or seeds are
            independent.
        seed: 0 to 2**64 - 1.
        start: index of this stream's first row in the whole stream.
        step: distance of this stream's rows in the whole stream.
        shortest: rows of several lengths: each is cut after a number of terms that is drawn, evenly, from this one to
            the universe's length. None: none is cut.

    **Stability.** A row never changes within a stream version and a universe version; known-answer tests hold this.

    >>> from seqgen import phase
    >>> stream = Stream(phase(1), purpose="train", seed=7)
    >>> stream[1000].terms == tuple(next(stream[1000:1001].terms()))
    True
    """

    universe: Universe
    purpose: str = "train"
    seed: int = 0
    start: int = 0
    step: int = 1
    shortest: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.universe, Universe):
            raise TypeError(f"universe={self.universe!r}: give a Universe, as seqgen.universe makes it by name")
        stream_key(self.purpose, self.seed)
        for name, least, largest in (("seed", 0, MAX_SEED), ("start", 0, MAX_INDEX), ("step", 1, MAX_INDEX + 1)):
            object.__setattr__(self, name, integer(name, getattr(self, name), least, largest))
        if self.shortest is not None:
            object.__setattr__(self, "shortest", integer("shortest", self.shortest, 1, self.universe.length))

    def __len__(self) -> int:
        """The number of rows: indices end at 2**63 - 2."""
        return (MAX_INDEX - self.start) // self.step + 1

    @overload
    def __getitem__(self, index: SupportsIndex) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Batch: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Row | Batch:
        """Return one row, or the rows of a slice with both ends given."""
        if isinstance(index, slice):
            return self._slice(index)
        number = integer("index", index)
        if not 0 <= number < len(self):
            raise IndexError(f"index={number}: rows are counted from 0 to {len(self) - 1}")
        batch = self.take([number])
        rule = self.universe.rule(int(batch.families[0]), int(batch.rules[0]))
        (terms,) = batch.terms()
        return Row(index=int(batch.indices[0]), terms=tuple(terms), rule=rule)

    def take(self, indices: ArrayLike) -> Batch:
        """Return the rows at ``indices``: any non-negative integers, in any order, repeated or not."""
        wanted = np.ravel(index_array(indices))
        if wanted.size and int(wanted.max()) >= len(self):
            raise IndexError(f"indices hold {wanted.max()}: rows are counted from 0 to {len(self) - 1}")
        wanted = self.start + self.step * wanted
        return self._batch(words_at(self.purpose, self.seed, wanted), wanted)

    def shard(self, rank: int, world: int) -> "Stream":
        """Return every ``world``-th row from row ``rank`` on: the part of one worker of ``world``."""
        rank, world = integer("rank", rank), integer("world", world, 1)
        if not 0 <= rank < world:
            raise ValueError(f"rank={rank}, world={world}: give 0 <= rank < world")
        return replace(self, start=self.start + self.step * rank, step=self.step * world)

    def batches(self, rows: int, start: int = 0) -> Iterator[Batch]:
        """Yield batches of ``rows`` rows without end, from row ``start`` on: to resume, give the next row."""
        rows, start = integer("rows", rows, 1), integer("start", start, 0)
        while True:
            yield self[start : start + rows]
            start += rows

    def _slice(self, wanted: slice) -> Batch:
        start = 0 if wanted.start is None else integer("start", wanted.start)
        if wanted.stop is None:
            raise ValueError("a stream does not end: give the slice an end, such as stream[0:32]")
        stop = integer("stop", wanted.stop)
        step = 1 if wanted.step is None else integer("step", wanted.step)
        if start < 0 or stop < start or stop > len(self) or step < 1:
            raise IndexError(f"stream[{start}:{stop}:{step}]: give 0 <= start <= stop <= {len(self)} and a step from 1")
        if self.step * step > 1:
            return self.take(np.arange(start, stop, step))
        first = self.start + start
        indices = np.arange(first, first + stop - start)
        return self._batch(words(self.purpose, self.seed, first, stop - start), indices)

    def _batch(self, row_words: Words, indices: NDArray[np.int64]) -> Batch:
        count, universe = len(indices), self.universe
        universe.expect(count)
        families, rules, lengths = (np.empty(count, np.int64) for _ in range(3))
        values = np.empty((count, universe.length), np.int64)
        for first in range(0, count, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            families[part], rules[part] = universe.locate(row_words[part])
            values[part], lengths[part] = universe.rows(families[part], rules[part])
        shown = self._shown(indices)
        ended = lengths < shown
        if self.shortest is not None:
            lengths = np.minimum(lengths, shown)
            values[np.arange(universe.length) >= lengths[:, None]] = universe.low
        return Batch(values=values, lengths=lengths, ended=ended, families=families, rules=rules, indices=indices)

    def _shown(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (rows,) after how many terms each row is cut."""
        longest = self.universe.length
        if self.shortest is None:
            return np.full(len(indices), longest)
        drawn = words_at(self.purpose, self.seed, indices, part="length")
        return self.shortest + multiply_high(drawn, longest - self.shortest + 1).astype(np.int64)
