"""Any family's first terms, last first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from seqgen.combine import LARGEST_PLACE, Combined, inner_part, read_at
from seqgen.family import Columns, Terms, Values


@dataclass(frozen=True, kw_only=True)
class Reversed(Combined):
    """A family's first terms, last first: growth becomes decay. The rule ends after b(0).

    Args:
        last: values of the index at which it begins.
    """

    last: Values

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= min(self.last) <= max(self.last) <= LARGEST_PLACE:
            raise ValueError(f"last={self.last!r}: give indices from 0 to {LARGEST_PLACE}")

    def choices(self) -> tuple[str, ...]:
        """Return the index at which it begins, and those of the inner family."""
        return ("last", *super().choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the index at which it begins."""
        return {"last": self.last}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return b(last), b(last - 1), ..., b(0)."""
        last = np.atleast_1d(np.asarray(p["last"], np.int64))
        inner, counts = self.inner.evaluate(inner_part(p), int(last.max(initial=0)) + 1)
        values = read_at(inner, np.maximum(last - np.arange(n)[:, None], 0))
        # A rule whose inner sequence ends before the place it begins at has no terms at all.
        whole = last + 1 if counts is None else np.where(counts > last, last + 1, 0)
        return Terms(values, np.broadcast_to(whole, values.shape[1:]))

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the inner terms, all of which must be right."""
        del n, reach
        return self.inner.bound(max(self.last) + 1, None)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the reversal and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        return [f"{name}(n) = {inner}({p['last']}-n)", *clauses]
