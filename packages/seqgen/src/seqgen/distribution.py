"""The exact distribution of a next term: integer weights, END among the outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer

END = None
"""The outcome that there is no next term: it would leave the range or the integers."""


@dataclass(frozen=True)
class Distribution:
    """Outcomes and their integer weights, terms ascending and END (None) last.

    A prefix that no rule explains has no outcomes.

    >>> d = Distribution((3, 5, END), (1, 2, 1))
    >>> d.probability(5), d.mode, d.median
    (Fraction(1, 2), 5, 5)
    """

    outcomes: tuple[int | None, ...]
    weights: tuple[int, ...]

    def __bool__(self) -> bool:
        """Whether any rule explains the prefix."""
        return bool(self.outcomes)

    @property
    def total(self) -> int:
        """The weight of all rules that explain the prefix."""
        return sum(self.weights)

    def probability(self, outcome: int | None) -> Fraction:
        """Return the probability of a term or of END (None). Raises ValueError where no rule explains the prefix."""
        if not self.outcomes:
            raise ValueError("no rule explains the prefix: it has no next-term distribution")
        if outcome not in self.outcomes:
            return Fraction(0)
        return Fraction(self.weights[self.outcomes.index(outcome)], self.total)

    @property
    def mode(self) -> int | None:
        """The likeliest outcome; of several the smallest term, END last."""
        return self.outcomes[self.weights.index(max(self.weights))] if self.outcomes else END

    @property
    def median(self) -> int | None:
        """The smallest term with half of the terms' weight up to it; END (None) without terms."""
        terms = [(t, w) for t, w in zip(self.outcomes, self.weights, strict=True) if t is not None]
        half = sum(w for _, w in terms)
        reached = 0
        for term, weight in terms:
            reached += weight
            if 2 * reached >= half:
                return term
        return END

    @property
    def entropy(self) -> float:
        """The entropy in nats."""
        return math.fsum(w / self.total * math.log(self.total / w) for w in self.weights)


@dataclass(frozen=True)
class Distributions:
    """The next-term distributions of many prefixes, laid end to end.

    Args:
        first: (q + 1,) int64; outcomes of query i are ``first[i]`` to ``first[i + 1]``, none where no rule explains it.
        terms: (m,) int64 outcomes, ascending for each query, its END last.
        is_end: (m,) bool, where the outcome is END; ``terms`` means nothing there.
        weights: (m,) int64 integer weights.
    """

    first: NDArray[np.int64]
    terms: NDArray[np.int64]
    is_end: NDArray[np.bool_]
    weights: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of queries."""
        return len(self.first) - 1

    def __getitem__(self, i: int) -> Distribution:
        """Return the distribution of query ``i``."""
        i = integer("i", i)
        if not 0 <= i < len(self):
            raise IndexError(f"i={i}: there are {len(self)} queries")
        part = slice(self.first[i], self.first[i + 1])
        outcomes: Sequence[int | None] = [
            END if ended else term
            for term, ended in zip(self.terms[part].tolist(), self.is_end[part].tolist(), strict=True)
        ]
        return Distribution(tuple(outcomes), tuple(self.weights[part].tolist()))

    def __iter__(self) -> Iterator[Distribution]:
        """Iterate over the queries' distributions."""
        return (self[i] for i in range(len(self)))
