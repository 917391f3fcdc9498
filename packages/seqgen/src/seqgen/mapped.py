"""Any family's terms with a law applied to all of them, or to every k-th."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import integers
from seqgen.combine import Combined, inner_part
from seqgen.counts import defined_until
from seqgen.family import Columns, Terms, Values
from seqgen.law import Law

_LONGEST_PERIOD = 1000
"""Every place of a period is a rule of its own."""


@dataclass(frozen=True, kw_only=True)
class Mapped(Combined):
    """A law of order 1 applied to a family's terms: scaled, offset, divided and rounded.

    Args:
        law: the law; what it looks at is the inner term of the same index.
    """

    law: Law

    def __post_init__(self) -> None:
        if not isinstance(self.law, Law) or self.law.order != 1:
            raise ValueError(f"law={self.law!r}: give a law of order 1")
        if 0 in self.law.coefficients[0]:
            raise ValueError(f"law={self.law!r}: give a coefficient that is not 0, so that the inner family matters")
        super().__post_init__()

    def own_axes(self) -> Mapping[str, Values]:
        """Return the law's parameters."""
        return self.law.axes()

    def admits(self, p: Columns) -> Any:
        """Return where the law is in lowest terms and the inner family admits its part."""
        return self.law.admits(p) & super().admits(p)

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return law(b(n))."""
        inner, counts = self.inner.evaluate(inner_part(p), n)
        values, defined = self.law.step(p, [inner])
        shape = np.broadcast_shapes(np.shape(values), inner.shape)
        return Terms(np.broadcast_to(values, shape), defined_until(defined, shape, counts))

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the inner terms, all of which must be right, and on the law's results."""
        del reach
        inner = self.inner.bound(n, None)
        return None if inner is None else max(inner, self.law.growth(inner))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the law and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        return [f"{name}(n) = {self.law.text(p, [f'{inner}(n)'])}", *clauses]


@dataclass(frozen=True, kw_only=True)
class EveryKth(Mapped):
    """A family's terms with a law of order 1 applied to every k-th one.

    Args:
        periods: values of k. Every place of the changed term is a rule of its own.
    """

    periods: Values

    def __post_init__(self) -> None:
        object.__setattr__(self, "periods", integers("periods", self.periods))
        if not 1 <= min(self.periods) <= max(self.periods) <= _LONGEST_PERIOD:
            raise ValueError(f"periods={self.periods!r}: give integers from 1 to {_LONGEST_PERIOD}")
        super().__post_init__()

    def choices(self) -> tuple[str, ...]:
        """Return the place, and those of the inner family."""
        return ("place", *super().choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the place (a period and the index of the first changed term) and the law's parameters."""
        return {"place": range(len(self._places)), **super().own_axes()}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return law(b(n)) where n is one of every k indices, b(n) elsewhere."""
        inner, counts = self.inner.evaluate(inner_part(p), n)
        k = np.arange(n)
        hits = np.array([k % period == first for period, first in self._places]).T
        hit = hits[:, np.atleast_1d(np.asarray(p["place"], np.int64))]
        values, defined = self.law.step(p, [inner])
        unharmed = None if defined is None else defined | ~hit
        return Terms(np.where(hit, values, inner), defined_until(unharmed, inner.shape, counts))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the choice between the two forms and the inner rule."""
        period, first = self._places[p["place"]]
        inner, clauses = self.inner_clauses(p, fresh)
        changed = self.law.text(p, [f"{inner}(n)"])
        return [f"{name}(n) = {changed} if n mod {period} = {first} else {inner}(n)", *clauses]

    @property
    def _places(self) -> list[tuple[int, int]]:
        return [(period, first) for period in self.periods for first in range(period)]
