"""Rows of a stream, with the rule behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seqgen.rule import Rule

Int64 = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows, with where they come from.

    Args:
        values: (rows, length) int64; a row's terms, then ``low`` of the universe's range.
        lengths: (rows,) int64; the terms of each row.
        ended: (rows,) bool; whether END follows a row's last term: its next one would leave the range or the integers.
            A row that is neither full nor ended was cut short by the stream (``shortest``).
        families: (rows,) int64; index of each row's family in its universe.
        rules: (rows,) int64; index of each row's rule in its family.
        indices: (rows,) int64; index of each row in its stream.
    """

    values: Int64
    lengths: Int64
    ended: NDArray[np.bool_]
    families: Int64
    rules: Int64
    indices: Int64

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.lengths)

    def terms(self) -> Iterator[list[int]]:
        """Yield the terms of each row as a list of Python integers."""
        for values, length in zip(self.values.tolist(), self.lengths.tolist(), strict=True):
            yield values[:length]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a stream: its terms, its rule and its index."""

    index: int
    terms: tuple[int, ...]
    rule: Rule
