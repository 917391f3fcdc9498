"""Families made of two others: interleaved, chosen between by a condition, or one read at the other's places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.combine import LARGEST_PLACE, part, read_at
from seqgen.counts import FOREVER, defined_until, earlier
from seqgen.family import Columns, Family, Terms, Values
from seqgen.switch import Predicate


@dataclass(frozen=True, kw_only=True)
class Pair(Family):
    """What families of two families share: the parameters of both, after ``first.`` and ``second.``.

    Args:
        first: one family.
        second: the other.
    """

    first: Family
    second: Family

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            if not isinstance(getattr(self, name), Family):
                raise TypeError(f"{name}={getattr(self, name)!r}: give a Family")
        super().__post_init__()

    def choices(self) -> tuple[str, ...]:
        """Return those of both families."""
        first = tuple(f"first.{name}" for name in self.first.choices())
        return (*first, *(f"second.{name}" for name in self.second.choices()))

    def own_axes(self) -> Mapping[str, Values]:
        """Return the parameters that neither family has."""
        return {}

    def axes(self) -> Mapping[str, Values]:
        """Return its own parameters, then those of the two families."""
        axes = dict(self.own_axes())
        for prefix, family in (("first.", self.first), ("second.", self.second)):
            axes |= {prefix + name: values for name, values in family.axes().items()}
        return axes

    def admits(self, p: Columns) -> Any:
        """Return where both families admit their parts."""
        return self.first.admits(part(p, "first.")) & self.second.admits(part(p, "second."))

    def both(self, p: Columns, n: int, m: int) -> tuple[Terms, Terms]:
        """Return ``n`` terms of the first family and ``m`` of the second."""
        return self.first.evaluate(part(p, "first."), n), self.second.evaluate(part(p, "second."), m)

    def both_clauses(self, p: Mapping[str, int], fresh: Iterator[str]) -> tuple[str, str, list[str]]:
        """Return the names of the two sequences and their clauses."""
        first = next(fresh)
        clauses = self.first.clauses(part(p, "first."), first, fresh)
        second = next(fresh)
        return first, second, clauses + self.second.clauses(part(p, "second."), second, fresh)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return the larger of both bounds."""
        bounds = [self.first.bound(n, reach), self.second.bound(n, reach)]
        return None if None in bounds else max(b for b in bounds if b is not None)


@dataclass(frozen=True, kw_only=True)
class Interleaved(Pair):
    """The terms of two families in turn.

    Args:
        turn: which family gives a(0): 0 the first, 1 the second. Both values where the families differ, so that a row
            that starts one term later is a rule again.
    """

    turn: Values = (0,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not set(self.turn) <= {0, 1}:
            raise ValueError(f"turn={self.turn!r}: give 0, 1 or both")

    def choices(self) -> tuple[str, ...]:
        """Return the turn, and those of both families."""
        return ("turn", *super().choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the turn."""
        return {"turn": self.turn}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return b(0), c(0), b(1), c(1), ... or c(0), b(0), c(1), b(1), ..."""
        pairs = (n + 1) // 2
        (first, first_counts), (second, second_counts) = self.both(p, pairs, pairs)
        swapped = np.atleast_1d(p["turn"] == 1)
        rows = max(first.shape[1], second.shape[1], len(swapped))
        values = np.empty((2 * pairs, rows), np.result_type(first, second))
        values[0::2], values[1::2] = np.where(swapped, second, first), np.where(swapped, first, second)
        ends = earlier(_doubled(first_counts, swapped), _doubled(second_counts, ~swapped))
        return Terms(values[:n], ends if ends is None else np.broadcast_to(ends, (rows,)))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return whose turn it is and the two rules."""
        first, second, clauses = self.both_clauses(p, fresh)
        even, odd = (second, first) if p["turn"] else (first, second)
        return [f"{name}(n) = {even}(n/2) if n mod 2 = 0 else {odd}((n-1)/2)", *clauses]


@dataclass(frozen=True, kw_only=True)
class Chosen(Pair):
    """Term n of the first family where a predicate holds of the terms before it, of the second where it does not.

    The first terms, as many as the predicate looks at, are the first family's.

    Args:
        predicate: the condition.
    """

    predicate: Predicate

    def __post_init__(self) -> None:
        if not isinstance(self.predicate, Predicate):
            raise TypeError(f"predicate={self.predicate!r}: give a Predicate")
        super().__post_init__()

    def own_axes(self) -> Mapping[str, Values]:
        """Return the predicate's parameters."""
        return self.predicate.axes()

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return the terms, each from one of the two families."""
        (first, first_counts), (second, second_counts) = self.both(p, n, n)
        shape = (n, max((np.size(column) for column in p.values()), default=1))
        first, second = np.broadcast_to(first, shape), np.broadcast_to(second, shape)
        values = first.copy()
        counts = np.full(values.shape[1], FOREVER)
        for k in range(n):
            holds: Any = True
            if k >= self.predicate.order:
                holds = self.predicate.holds(p, values, k)
                values[k] = np.where(holds, first[k], second[k])
            ends = np.where(holds, _ended_by(first_counts, k), _ended_by(second_counts, k))
            counts = np.where(ends, np.minimum(counts, k), counts)
        return Terms(values, counts)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return the larger of both bounds: all terms of both must be right, seen or not."""
        del reach
        return super().bound(n, None)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the choice and the two rules."""
        first, second, clauses = self.both_clauses(p, fresh)
        starts = [f"{name}({i}) = {first}({i})" for i in range(self.predicate.order)]
        condition = self.predicate.text(p, name)
        return [*starts, f"{name}(n) = {first}(n) if {condition} else {second}(n)", *clauses]


@dataclass(frozen=True, kw_only=True)
class Composed(Pair):
    """The first family's terms at the places that the second gives: a(n) = b(c(n)).

    A rule ends where c(n) is negative or beyond 255.
    """

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return b(c(n))."""
        places, place_counts = self.second.evaluate(part(p, "second."), n)
        inside = (places >= 0) & (places <= LARGEST_PLACE)
        safe = np.where(inside, places, 0).astype(np.int64)
        outer, outer_counts = self.first.evaluate(part(p, "first."), int(safe.max(initial=0)) + 1)
        if outer_counts is not None:
            inside = inside & (safe < outer_counts)
        values = read_at(outer, safe)
        return Terms(values, defined_until(inside, values.shape, place_counts))

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the places and on all terms they can name."""
        del reach
        places = self.second.bound(n, None)
        terms = self.first.bound(LARGEST_PLACE + 1, None)
        return None if places is None or terms is None else max(places, terms)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the composition and the two rules."""
        first, second, clauses = self.both_clauses(p, fresh)
        return [f"{name}(n) = {first}({second}(n))", *clauses]


def _doubled(counts: Any, is_odd: Any) -> Any:
    """Return where a sequence that is read at every other index, even or odd, ends."""
    if counts is None:
        return None
    near = np.minimum(counts, FOREVER // 4)
    return np.where(counts == FOREVER, FOREVER, 2 * near + is_odd)


def _ended_by(counts: Any, k: int) -> Any:
    return False if counts is None else counts <= k
