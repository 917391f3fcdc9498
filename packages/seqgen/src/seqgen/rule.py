"""One rule: an exact, unbounded integer sequence that can be written down, saved and found again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import numpy as np

from seqgen.arguments import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seqgen.family import Family

_MOST_TERMS = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a family.

    >>> from seqgen import families
    >>> rule = families.arithmetic().rule({"c1": 1, "constant": 3, "a0": 5})
    >>> rule.terms(4), rule.formula
    ([5, 8, 11, 14], 'a(0) = 5; a(n) = a(n-1) + 3')
    """

    family: Family
    parameters: Mapping[str, int]

    def __hash__(self) -> int:
        return hash((self.family.name, frozenset(self.parameters.items())))

    def terms(self, n: int) -> list[int]:
        """Return the first ``n`` terms, exact, whatever their size.

        Fewer are returned where the rule ends: its next term would not be an integer.
        """
        count = integer("n", n, 0, _MOST_TERMS)
        # One-element columns of Python integers: the family's own arithmetic, exact at any size.
        columns: dict[str, Any] = {name: np.array([value], dtype=object) for name, value in self.parameters.items()}
        values, counts = self.family.evaluate(columns, count)
        defined = count if counts is None else min(count, int(counts[0]))
        return [int(values[k, 0]) for k in range(defined)]

    @property
    def formula(self) -> str:
        """The rule as text.

        Clauses are separated by ``;``. ``a`` is the sequence, ``n`` counts from 0; ``a(0) = 1`` gives a term and
        ``a(n) = ...`` all that are not given. Other letters name sequences it is made of. Operators are those of
        Python, but ``mod`` is its ``%``, ``=`` in a condition its ``==``, ``^`` its ``**``, and ``/`` is exact;
        ``floor`` and ``ceil`` round, ``[x, y][k]`` picks, ``x if c else y`` chooses. A term that is no integer ends the
        sequence, and so does reading another one before its start or, in a composition, beyond place 255.
        """
        # No generator: a Ctrl-C as one is closed would be lost.
        fresh = chain("bcdefghij", map("b{}".format, count(1)))
        return "; ".join(self.family.clauses(self.parameters, "a", fresh))

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as plain JSON values: its family's name and its parameters."""
        return {"family": self.family.name, "parameters": dict(self.parameters)}
