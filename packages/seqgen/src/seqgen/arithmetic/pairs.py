"""Pairs of digits by what they do to a carry or a borrow, and one of a set drawn at random."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pairs = NDArray[np.uint8]
"""(number, 2): the first number's digit and the second's."""


def _pairs(wanted: Callable[[int, int], bool]) -> Pairs:
    return np.array([(a, b) for a in range(10) for b in range(10) if wanted(a, b)], np.uint8)


CARRYING: Final = _pairs(lambda a, b: a + b >= 10)
"""A carry comes out of these whatever comes in."""

STOPPING: Final = _pairs(lambda a, b: a + b <= 8)
"""No carry comes out of these whatever comes in."""

BORROWING: Final = _pairs(lambda a, b: a < b)
"""A borrow comes out of these whatever comes in."""

LENDING: Final = _pairs(lambda a, b: a > b)
"""No borrow comes out of these whatever comes in."""
