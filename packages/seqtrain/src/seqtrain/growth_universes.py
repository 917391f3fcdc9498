"""Universes whose rules double: recurrences of order 2 from ever more starts, for `seqtrain growth` to list.

A recipe names them `seqtrain.growth_universes:doubled_0`, `doubled_1` and so on.
"""

import re

from seqgen.family import Family
from seqgen.law import Law
from seqgen.recurrence import Recurrence

MOST_DOUBLINGS = 6
"""From then on there are more combinations than seqgen lists."""

_STARTS = 10
"""Binary logarithm of the pairs of starts of the least of them; the last has all of 0..255 for both."""


def doubled(times: int) -> Family:
    """Return a(n) = c1*a(n-1) + c2*a(n-2) + constant, with twice as many pairs of starts for each doubling.

    >>> [doubled(times).size_of_product for times in (0, 1, 2)]
    [537600, 1075200, 2150400]
    """
    first, second = ((_STARTS + times + one) // 2 for one in (1, 0))
    law = Law(coefficients=(range(-2, 3), range(-2, 3)), constant=range(-10, 11))
    return Recurrence(name="doubled", laws=(law,), starts=(range(1 << first), range(1 << second)))


def universe_name(times: int) -> str:
    """Return what a recipe calls it.

    >>> universe_name(3)
    'seqtrain.growth_universes:doubled_3'
    """
    return f"{__name__}:doubled_{times}"


def __getattr__(name: str) -> Family:
    """Return the family that a recipe's universe names as an attribute of this module."""
    found = re.fullmatch(r"doubled_(\d)", name)
    if found is None or int(found[1]) > MOST_DOUBLINGS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return doubled(int(found[1]))
