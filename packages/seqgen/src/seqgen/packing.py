"""Rows as sorted keys, so that the rows that begin with a prefix are one contiguous range.

A term is the symbol ``term - low``; the end of a row is the largest symbol, repeated to the full length. As many
symbols as fit are packed into each 64-bit word, the first term highest: words compare as rows do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.span import Span

Keys = list[NDArray[np.uint64]]


@dataclass(frozen=True)
class Packing:
    """How rows of a span become words.

    >>> packing = Packing(Span())
    >>> packing.end, packing.bits, packing.per_word, packing.words
    (256, 9, 7, 2)
    """

    span: Span

    @property
    def end(self) -> int:
        """The symbol of a row's end."""
        return self.span.high - self.span.low + 1

    @property
    def bits(self) -> int:
        """Bits of a symbol."""
        return self.end.bit_length()

    @property
    def per_word(self) -> int:
        """Symbols in a word."""
        return 64 // self.bits

    @property
    def words(self) -> int:
        """Words of a row."""
        return -(-self.span.length // self.per_word)

    def keys(self, values: NDArray[Any], lengths: NDArray[Any]) -> Keys:
        """Return the words of rows: values (rows, length), lengths (rows,)."""
        keys = [np.zeros(len(lengths), np.uint64) for _ in range(self.words)]
        for k in range(self.span.length):
            symbols = values[:, k].astype(np.int64) - self.span.low
            symbols = np.where(k < lengths, symbols, self.end).astype(np.uint64)
            keys[k // self.per_word] |= symbols << self._shift(k)
        return keys

    def symbols(self, keys: Keys, k: int, rows: Any = slice(None)) -> NDArray[np.int64]:
        """Return symbol ``k`` of some rows."""
        word = keys[k // self.per_word][rows]
        mask = np.uint64((1 << self.bits) - 1)
        return np.asarray((word >> self._shift(k)) & mask, np.int64)

    def bounds(self, prefixes: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
        """Yield, word by word, the smallest and largest word of rows that begin with ``prefixes`` (q, k)."""
        k = prefixes.shape[1]
        for first in range(0, k, self.per_word):
            smallest = np.zeros(len(prefixes), np.uint64)
            for place in range(first, min(first + self.per_word, k)):
                symbols = (prefixes[:, place] - self.span.low).astype(np.uint64)
                smallest |= symbols << self._shift(place)
            covered = min(self.per_word, k - first)
            rest = np.uint64((1 << (64 - covered * self.bits)) - 1)
            yield smallest, smallest | rest

    @property
    def count_dtype(self) -> np.dtype[Any]:
        """The smallest type that counts the symbols of a row."""
        return np.min_scalar_type(self.span.length)

    def common_prefixes(self, keys: Keys) -> NDArray[Any]:
        """Return for each row the number of symbols it shares with the row before it (0 for the first)."""
        common = np.zeros(len(keys[0]), self.count_dtype)
        alike = np.ones(max(len(keys[0]) - 1, 0), bool)
        for k in range(self.span.length):
            symbols = self.symbols(keys, k)
            alike &= symbols[1:] == symbols[:-1]
            common[1:] += alike
        return common

    def _shift(self, k: int) -> np.uint64:
        return np.uint64(64 - self.bits * (k % self.per_word + 1))


def search(
    words: NDArray[np.uint64],
    wanted: NDArray[np.uint64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    *,
    after: bool,
) -> NDArray[np.int64]:
    """Return where ``wanted`` (q,) would stand in the sorted ``words[low:high]``, after its equals or before."""
    low, high = low.copy(), high.copy()
    while True:
        open_ = low < high
        if not open_.any():
            return low
        middle = (low + high) // 2
        seen = words[np.where(open_, middle, 0)]
        goes_right = open_ & ((seen <= wanted) if after else (seen < wanted))
        low = np.where(goes_right, middle + 1, low)
        high = np.where(open_ & ~goes_right, middle, high)
