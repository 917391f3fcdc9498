"""Pairs of digits, sorted by what they do to a carry or a borrow."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic.columns import Digits

Pairs = NDArray[np.uint8]
"""(number, 2): a digit of the first number and one of the second."""


def _pairs(wanted: Callable[[int, int], bool]) -> Pairs:
    return np.array([(a, b) for a in range(10) for b in range(10) if wanted(a, b)], np.uint8)


STOPPING: Final = _pairs(lambda a, b: a + b < 9)
"""No carry comes out of these, whatever comes in."""

NINES: Final = _pairs(lambda a, b: a + b == 9)
"""Out of these comes the carry that comes in."""

CARRYING: Final = _pairs(lambda a, b: a + b > 9)
"""A carry comes out of these, whatever comes in."""

LENDING: Final = _pairs(lambda a, b: a > b)
"""No borrow comes out of these, whatever comes in."""

EQUAL: Final = _pairs(lambda a, b: a == b)
"""Out of these comes the borrow that comes in."""

BORROWING: Final = _pairs(lambda a, b: a < b)
"""A borrow comes out of these, whatever comes in."""


class PairSets:
    """Sets of pairs, from which rows take the one that a number chooses.

    >>> sets = PairSets([NINES, EQUAL])
    >>> sets.sizes.tolist()
    [10, 10]
    >>> first, second = sets.take(np.array([0, 1]), np.array([2, 2]))
    >>> list(zip(first.tolist(), second.tolist()))
    [(2, 7), (2, 2)]
    """

    def __init__(self, sets: list[Pairs]) -> None:
        self.sizes = np.array([len(pairs) for pairs in sets])
        self._starts = np.cumsum(self.sizes) - self.sizes
        self._pairs = np.concatenate(sets)

    def take(self, of: NDArray[np.int64], number: NDArray[np.int64]) -> tuple[Digits, Digits]:
        """Return (rows,) first and second digits: of set ``of[row]`` the pair ``number[row]``."""
        chosen = self._pairs[self._starts[of] + number]
        return chosen[:, 0], chosen[:, 1]
