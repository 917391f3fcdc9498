"""A family of sequences that look at their own last digit: 7, 14, 18, 26, 32, 34, 38, 46, 52."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from seqgen import Columns, Family, Terms, Values


@dataclass(frozen=True, kw_only=True)
class LastDigit(Family):
    """Each term is the one before it, plus a multiple of its last digit, plus a constant."""

    name: str = "last-digit"
    start: Values = range(256)
    factor: Values = range(1, 4)
    constant: Values = range(-3, 4)

    def axes(self) -> Mapping[str, Values]:
        """Return the parameters, each with its values: a rule is one choice of all three."""
        return {"start": self.start, "factor": self.factor, "constant": self.constant}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return n terms of many rules at once, (n, rules); p holds a column of each parameter."""
        terms = [p["start"]]
        for _ in range(1, n):
            last = terms[-1]
            terms.append(last + p["factor"] * (last % 10) + p["constant"])
        return Terms(np.stack(np.broadcast_arrays(*terms))[:n])

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return one rule's formula for the sequence called name."""
        del fresh  # names for the parts of rules that are made of other sequences
        last = f"{name}(n-1)"
        return [
            f"{name}(0) = {p['start']}",
            f"{name}(n) = {last} + {p['factor']}*({last} mod 10) {p['constant']:+d}",
        ]
