"""Partial sums of any family: steps that follow a rule of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import largest
from seqgen.combine import Combined, inner_part
from seqgen.counts import FOREVER
from seqgen.family import Columns, Terms, Values


@dataclass(frozen=True, kw_only=True)
class Sums(Combined):
    """Partial sums: steps that follow a rule of their own.

    Args:
        start: values of the first term; the inner family gives the steps.
    """

    start: Values

    def own_axes(self) -> Mapping[str, Values]:
        """Return the start."""
        return {"start": self.start}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return start, start + b(0), start + b(0) + b(1), ..."""
        steps, counts = self.inner.evaluate(inner_part(p), max(n - 1, 0))
        rows = np.broadcast_shapes(steps.shape[1:], np.shape(p["start"]))
        first = np.broadcast_to(p["start"], (1, *rows))
        terms = np.cumsum(np.concatenate([first, np.broadcast_to(steps, (len(steps), *rows))])[:n], axis=0)
        return Terms(terms, None if counts is None else _one_later(counts))

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the sums; a step between two terms in reach is at most twice the reach."""
        steps = self.inner.bound(n, None if reach is None else 2 * reach)
        return None if steps is None else largest(self.start) + n * steps

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the sum and the steps' rule."""
        step, steps = self.inner_clauses(p, fresh)
        return [
            f"{name}(0) = {p['start']}",
            f"{name}(n) = {name}(n-1) + {step}(n-1)",
            *steps,
        ]


def _one_later(counts: Any) -> Any:
    return np.where(counts == FOREVER, counts, counts + 1)
