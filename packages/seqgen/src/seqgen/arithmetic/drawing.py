"""Random numbers for questions: everything is a function of (purpose, seed, part, index).

The words are those of `seqgen.philox`; each use of them is a part of its own, with ``question-`` before its name.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic.columns import Digits, Flags
from seqgen.philox import MAX_INDEX, Words, multiply_high, words

_DIGITS_PER_WORD = 10


@dataclass(frozen=True)
class Draws:
    """What is drawn for ``count`` consecutive indices from ``first`` on.

    >>> Draws("train", 7, 5, 2).below("place", 10) == Draws("train", 7, 0, 9).below("place", 10)[5:7]
    array([ True,  True])
    """

    purpose: str
    seed: int
    first: int
    count: int

    def words(self, part: str) -> Words:
        """Return (count,) uniform 64-bit words."""
        return words(self.purpose, self.seed, self.first, self.count, f"question-{part}")

    def shares(self, part: str, block: int = 1) -> NDArray[np.float64]:
        """Return (count,) numbers that are uniform from 0 to 1, 1 excluded; one for each ``block`` of indices."""
        first_block = self.first // block
        blocks = (min(self.first + self.count, MAX_INDEX + 1) - 1) // block - first_block + 1
        drawn = words(self.purpose, self.seed, first_block, blocks, f"question-{part}")
        uniform = (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return (
            uniform[(np.arange(self.first, self.first + self.count) // block) - first_block] if block > 1 else uniform
        )

    def below(self, part: str, limit: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (count,) integers from 0 to ``limit - 1``, evenly; ``limit`` is one number, or one for each row."""
        drawn = self.words(part)
        if isinstance(limit, int):
            return multiply_high(drawn, limit).astype(np.int64)
        # 32 bits are enough for limits that are numbers of digits.
        return ((drawn >> np.uint64(32)) * limit.astype(np.uint64) >> np.uint64(32)).astype(np.int64)

    def digits(self, part: str, digits: int) -> Digits:
        """Return (count, digits) uniform digits."""
        drawn = np.empty((self.count, digits), np.uint8)
        for start in range(0, digits, _DIGITS_PER_WORD):
            rest = multiply_high(self.words(f"{part}-{start}"), 10**_DIGITS_PER_WORD)
            for column in range(start, min(start + _DIGITS_PER_WORD, digits)):
                rest, digit = np.divmod(rest, np.uint64(10))
                drawn[:, column] = digit
        return drawn

    def flags(self, part: str, share: float) -> Flags:
        """Return (count,) flags that are true with probability ``share``."""
        return self.shares(part) < share
