"""Families made of one other family, whatever it is: its sums, its remainders, its terms changed or reversed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import integers, largest
from seqgen.family import Columns, Family, Terms, Values
from seqgen.law import Law

INNER = "inner."

LARGEST_PLACE = 255
"""No family reads a later term than this of another out of turn."""

_LONGEST_PERIOD = 1000
"""Every place of a period is a rule of its own."""


@dataclass(frozen=True, kw_only=True)
class Combined(Family):
    """What the combinators share: the parameters of the inner family beside their own.

    Args:
        inner: the family it is made of. Its own filter and span play no part: the result's decide.
    """

    inner: Family

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Family):
            raise TypeError(f"inner={self.inner!r}: give a Family")
        super().__post_init__()

    def choices(self) -> tuple[str, ...]:
        """Return those of the inner family."""
        return tuple(INNER + name for name in self.inner.choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the parameters that the inner family does not have."""
        return {}

    def axes(self) -> Mapping[str, Values]:
        """Return its own parameters, then the inner family's, their names after ``inner.``."""
        inner = {INNER + name: values for name, values in self.inner.axes().items()}
        return {**self.own_axes(), **inner}

    def admits(self, p: Columns) -> Any:
        """Return where the inner family admits its part."""
        return self.inner.admits(inner_part(p))

    def inner_clauses(self, p: Mapping[str, int], fresh: Iterator[str]) -> tuple[str, list[str]]:
        """Return the inner sequence's name and its clauses."""
        name = next(fresh)
        return name, self.inner.clauses(inner_part(p), name, fresh)


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
        first = np.broadcast_to(p["start"], (1, *steps.shape[1:]))
        terms = np.cumsum(np.concatenate([first, steps])[:n], axis=0)
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


@dataclass(frozen=True, kw_only=True)
class Modulo(Combined):
    """The remainders of a family's terms.

    Args:
        modulus: values of the modulus, all positive.
        reduced: inner parameters that must lie below the modulus, so that no sequence is listed twice.
    """

    modulus: Values
    reduced: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.modulus) < 1:
            raise ValueError(f"modulus={self.modulus!r}: give positive integers")
        for name in self.reduced:
            if name not in self.inner.ranges:
                raise ValueError(f"reduced={self.reduced!r}: {self.inner.name} has no parameter {name!r}")

    def own_axes(self) -> Mapping[str, Values]:
        """Return the modulus."""
        return {"modulus": self.modulus}

    def admits(self, p: Columns) -> Any:
        """Return where the inner family admits its part and what must be reduced is."""
        admitted = super().admits(p)
        for name in self.reduced:
            admitted = admitted & (p[INNER + name] < p["modulus"])
        return admitted

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return each inner term modulo the modulus, from 0 to modulus - 1."""
        terms, counts = self.inner.evaluate(inner_part(p), n)
        return Terms(terms % p["modulus"], counts)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the inner terms, all of which must be right."""
        del reach
        inner = self.inner.bound(n, None)
        return None if inner is None else max(inner, largest(self.modulus))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the remainder and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        return [f"{name}(n) = {inner}(n) mod {p['modulus']}", *clauses]


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
        return Terms(np.broadcast_to(values, inner.shape), _defined_until(defined, inner.shape, counts))

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
        return Terms(np.where(hit, values, inner), _defined_until(unharmed, inner.shape, counts))

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the choice between the two forms and the inner rule."""
        period, first = self._places[p["place"]]
        inner, clauses = self.inner_clauses(p, fresh)
        changed = self.law.text(p, [f"{inner}(n)"])
        return [f"{name}(n) = {changed} if n mod {period} = {first} else {inner}(n)", *clauses]

    @property
    def _places(self) -> list[tuple[int, int]]:
        return [(period, first) for period in self.periods for first in range(period)]


@dataclass(frozen=True, kw_only=True)
class AlternatingSigns(Combined):
    """An offset, plus and minus a family's terms in turn.

    Args:
        offset: values of the offset.
        first: values of the first sign, 1 and -1.
    """

    offset: Values = (0,)
    first: Values = (1, -1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not set(self.first) <= {1, -1}:
            raise ValueError(f"first={self.first!r}: give signs, 1 and -1")

    def choices(self) -> tuple[str, ...]:
        """Return the first sign, and those of the inner family."""
        return ("first", *super().choices())

    def own_axes(self) -> Mapping[str, Values]:
        """Return the offset and the first sign."""
        return {"offset": self.offset, "first": self.first}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return offset + first * (-1)**n * b(n)."""
        terms, counts = self.inner.evaluate(inner_part(p), n)
        signed = terms * p["first"]
        signed[1::2] *= -1
        return Terms(signed + p["offset"], counts)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return a bound on the terms, whose inner part lies within the reach and the offset."""
        offset = largest(self.offset)
        inner = self.inner.bound(n, None if reach is None else reach + offset)
        return None if inner is None else inner + offset

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the sign, the offset and the inner rule."""
        inner, clauses = self.inner_clauses(p, fresh)
        exponent = "n" if p["first"] == 1 else "(n+1)"
        offset = f" {'-' if p['offset'] < 0 else '+'} {abs(p['offset'])}" if p["offset"] else ""
        return [f"{name}(n) = (-1)^{exponent}*{inner}(n){offset}", *clauses]


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


def part(p: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the parameters whose names start with ``prefix``, without it."""
    return {name.removeprefix(prefix): v for name, v in p.items() if name.startswith(prefix)}


def inner_part(p: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inner family's parameters under their own names."""
    return part(p, INNER)


def read_at(terms: Any, places: Any) -> Any:
    """Return the terms (m, rows) at ``places`` (n, rows), where either may have one column for all rows."""
    rows = max(terms.shape[1], places.shape[1])
    wide = np.broadcast_to(terms, (len(terms), rows))
    return np.take_along_axis(wide, np.broadcast_to(places, (len(places), rows)), axis=0)


def _defined_until(defined: Any, shape: tuple[int, ...], counts: Any) -> Any:
    """Return the counts of defined terms, from where each of (n, rows) is ``defined`` and the counts before."""
    if defined is None:
        return counts
    everywhere = np.broadcast_to(np.asarray(defined, bool), np.broadcast_shapes(np.shape(defined), shape))
    lasting = np.logical_and.accumulate(everywhere, axis=0).sum(axis=0)
    own = np.where(lasting == len(everywhere), np.iinfo(np.int64).max, lasting)
    return own if counts is None else np.minimum(own, counts)


def _one_later(counts: Any) -> Any:
    return np.where(counts == np.iinfo(np.int64).max, counts, counts + 1)
