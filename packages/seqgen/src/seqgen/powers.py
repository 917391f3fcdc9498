"""A geometric sequence rounded once, at the end: floor(start * (p/q)^n), which keeps its fractions in between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import largest
from seqgen.counts import defined_until
from seqgen.family import Columns, Family, Terms, Values
from seqgen.law import Rounding


@dataclass(frozen=True, kw_only=True)
class RoundedPowers(Family):
    """The terms start * (numerator/denominator)^n, each rounded by itself.

    A row that starts one term later is a rule again only where nothing was rounded: the fractions are not seen.

    Args:
        start: values of the first term.
        numerator: values of the factor's numerator.
        denominator: values of its denominator, all positive.
        rounding: ``floor`` or ``ceil``; ``exact`` ends the sequence at its first term that is no integer.

    >>> RoundedPowers(name="1.5^n", start=(1,), numerator=(3,), denominator=(2,))[0].terms(8)
    [1, 1, 2, 3, 5, 7, 11, 17]
    """

    start: Values
    numerator: Values
    denominator: Values
    rounding: Rounding = "floor"

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.denominator) < 1:
            raise ValueError(f"denominator={self.denominator!r}: give positive integers")

    def axes(self) -> Mapping[str, Values]:
        """Return the start and the factor's two parts."""
        return {"start": self.start, "numerator": self.numerator, "denominator": self.denominator}

    def admits(self, p: Columns) -> Any:
        """Return where the factor is in lowest terms."""
        return np.gcd(p["numerator"], p["denominator"]) == 1

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return the rounded products."""
        above, below = p["start"], 1
        rows, remainders = [], []
        for _ in range(n):
            rows.append(-(-above // below) if self.rounding == "ceil" else above // below)
            remainders.append(above % below)
            above, below = above * p["numerator"], below * p["denominator"]
        shape = np.broadcast_shapes(*(np.shape(column) for column in p.values()), (1,))
        terms = np.array([np.broadcast_to(row, shape) for row in rows]).reshape(n, *shape)
        if self.rounding != "exact" or not n:
            return Terms(terms)
        whole = np.array([np.broadcast_to(rest == 0, shape) for rest in remainders])
        return Terms(terms, defined_until(whole, terms.shape))

    def bound(self, n: int, reach: int | None) -> int:
        """Return a bound on the products above and below the line."""
        del reach
        factor = max(largest(self.numerator), largest(self.denominator))
        return (largest(self.start) + 1) * int(factor**n)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the rounded product."""
        del fresh
        factor = f"({p['numerator']}/{p['denominator']})" if p["denominator"] > 1 else f"({p['numerator']})"
        product = f"{p['start']}*{factor}^n" if p["start"] >= 0 else f"({p['start']})*{factor}^n"
        return [f"{name}(n) = {product}" if self.rounding == "exact" else f"{name}(n) = {self.rounding}({product})"]
