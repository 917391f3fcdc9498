"""Random numbers for questions: everything is a function of (purpose, seed, part, index).

The words are those of `seqgen.philox`; each use of them is a part of its own, with ``question-`` before its name.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic.columns import Digits
from seqgen.philox import Words, multiply_high, words

_DIGITS_PER_WORD = 10
"""So few that all are equally likely to one part in a thousand million."""


@dataclass(frozen=True, eq=False)
class Draws:
    """What is drawn for ``count`` consecutive indices from ``first`` on, or for some of them.

    Attributes:
        rows: (N,) which of these indices are wanted, counted from ``first``; None: all.

    >>> Draws("train", 7, 5, 2).below("place", 10) == Draws("train", 7, 0, 9).below("place", 10)[5:7]
    array([ True,  True])
    """

    purpose: str
    seed: int
    first: int
    count: int
    rows: NDArray[np.int64] | None = None

    def at(self, rows: NDArray[np.int64]) -> "Draws":
        """Return what is drawn for some of these indices."""
        return replace(self, rows=rows)

    def words(self, part: str) -> Words:
        """Return (N,) uniform 64-bit words."""
        drawn = words(self.purpose, self.seed, self.first, self.count, f"question-{part}")
        return drawn if self.rows is None else drawn[self.rows]

    def shares(self, part: str, block: int = 1) -> NDArray[np.float64]:
        """Return (N,) numbers that are uniform from 0 to 1, 1 excluded; one for each ``block`` of indices."""
        if block == 1:
            return _share(self.words(part))
        first_block = self.first // block
        blocks = (self.first + self.count - 1) // block - first_block + 1
        drawn = words(self.purpose, self.seed, first_block, blocks, f"question-{part}")
        chosen = np.arange(self.first, self.first + self.count) if self.rows is None else self.first + self.rows
        return _share(drawn)[chosen // block - first_block]

    def below(self, part: str, limit: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (N,) integers from 0 to ``limit - 1``, evenly; ``limit`` is one number, or a small one for each."""
        drawn = self.words(part)
        if isinstance(limit, int):
            return multiply_high(drawn, limit).astype(np.int64)
        return ((drawn >> np.uint64(32)) * limit.astype(np.uint64) >> np.uint64(32)).astype(np.int64)

    def digits(self, part: str, digits: int) -> Digits:
        """Return (N, digits) uniform digits."""
        drawn = np.empty((self.count if self.rows is None else len(self.rows), digits), np.uint8)
        for start in range(0, digits, _DIGITS_PER_WORD):
            rest = multiply_high(self.words(f"{part}-{start}"), 10**_DIGITS_PER_WORD)
            for column in range(start, min(start + _DIGITS_PER_WORD, digits)):
                rest, digit = np.divmod(rest, np.uint64(10))
                drawn[:, column] = digit
        return drawn


def _share(drawn: Words) -> NDArray[np.float64]:
    return (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53
