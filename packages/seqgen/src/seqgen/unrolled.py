"""Families whose terms are computed one after the other, each from those before it."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import largest
from seqgen.counts import FOREVER, earlier
from seqgen.family import Columns, Family, Terms, Values


@dataclass(frozen=True, kw_only=True)
class Unrolled(Family):
    """What families with first terms and a way to the next one share.

    Args:
        starts: values of a(0), a(1), ...: as many as the next term looks back.
    """

    starts: tuple[Values, ...] = ()

    def __post_init__(self) -> None:
        if len(self.starts) < self.order:
            raise ValueError(f"starts: {self.name} looks back {self.order} terms; give as many, not {len(self.starts)}")
        super().__post_init__()

    @property
    @abstractmethod
    def order(self) -> int:
        """How many terms the next one looks back."""

    @abstractmethod
    def next_term(self, p: Columns, history: Any, k: int) -> tuple[Any, Any | None]:
        """Return term k from the rows of ``history`` (n, rows) before it, and where it is defined (None: all)."""

    @property
    @abstractmethod
    def growth(self) -> Sequence[Callable[[int], int]]:
        """Bounds on all that :meth:`next_term` computes, as functions of the magnitude of the terms before."""

    def start_axes(self) -> dict[str, Values]:
        """Return the starts as parameters."""
        return {f"a{i}": values for i, values in enumerate(self.starts)}

    def start_clauses(self, p: Mapping[str, int], name: str) -> list[str]:
        """Return the first terms as clauses of a formula."""
        return [f"{name}({i}) = {p[f'a{i}']}" for i in range(len(self.starts))]

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return the terms, each from those before it."""
        history, counts = _blank(p, n), None
        order = len(self.starts)
        for k in range(min(order, n)):
            history[k] = p[f"a{k}"]
        for k in range(order, n):
            history[k], defined = self.next_term(p, history, k)
            if defined is not None:
                counts = earlier(np.where(defined, FOREVER, k), counts)
        return Terms(history, counts)

    def bound(self, n: int, reach: int | None) -> int:
        """Return a bound on the terms: the starts' magnitude, grown n times."""
        magnitude = worst = max((largest(values) for values in self.starts), default=0)
        for _ in range(n):
            known = magnitude if reach is None else min(magnitude, reach)
            magnitude = max([known, *(grow(known) for grow in self.growth)])
            worst = max(worst, magnitude)
        return worst


def _blank(p: Columns, n: int) -> Any:
    columns = [column for column in p.values() if isinstance(column, np.ndarray)]
    rows = max((len(column) for column in columns), default=1)
    return np.empty((n, rows), object if any(column.dtype == object for column in columns) else np.int64)
