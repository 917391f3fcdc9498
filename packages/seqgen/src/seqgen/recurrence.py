"""Recurrences: the next term follows from the last ones by one law, or by several in turn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import frozen, largest
from seqgen.family import Columns, Family, Terms, Values
from seqgen.law import Law, before


@dataclass(frozen=True, kw_only=True)
class Recurrence(Family):
    """Terms that follow from earlier ones by a law, or by a cycle of laws.

    Args:
        laws: the laws, applied in turn.
        starts: values of a(0), a(1), ...: as many as the laws look back.
        turn: which law makes the first term that follows the starts; more than one value where the laws differ in
            kind, so that a window that starts mid-sequence is again a rule.

    >>> doubling = Recurrence(name="doubling", laws=(Law(coefficients=((2,),)),), starts=((1, 3),))
    >>> [rule.terms(4) for rule in doubling]
    [[1, 2, 4, 8], [3, 6, 12, 24]]
    """

    laws: tuple[Law, ...]
    starts: tuple[Values, ...] = ()
    turn: Values = (0,)

    def __post_init__(self) -> None:
        laws = frozen(self.laws)
        if not isinstance(laws, tuple) or not laws or not all(isinstance(law, Law) for law in laws):
            raise TypeError(f"laws={laws!r}: give a tuple of at least one Law")
        order = max(law.order for law in laws)
        if len(self.starts) < order:
            raise ValueError(f"starts: {self.name} looks back {order} terms; give as many, not {len(self.starts)}")
        super().__post_init__()
        if not all(0 <= turn < len(laws) for turn in self.turn):
            raise ValueError(f"turn={self.turn!r}: give numbers of the {len(laws)} laws, from 0")

    def choices(self) -> tuple[str, ...]:
        """Return the turn, where there is one."""
        return ("turn",) if len(self.laws) > 1 else ()

    def axes(self) -> Mapping[str, Values]:
        """Return the laws' parameters, then the starts."""
        axes: dict[str, Values] = {}
        for i, law in enumerate(self.laws):
            axes |= law.axes(self._prefix(i))
        if len(self.laws) > 1:
            axes["turn"] = self.turn
        axes |= {f"a{i}": values for i, values in enumerate(self.starts)}
        return axes

    def admits(self, p: Columns) -> Any:
        """Return where every law is in lowest terms and a cycle's first two laws differ."""
        admitted: Any = True
        for i, law in enumerate(self.laws):
            admitted = admitted & law.admits(p, self._prefix(i))
        if len(self.laws) > 1:
            first, second = (self.laws[i].axes(self._prefix(i)) for i in (0, 1))
            if len(first) != len(second):
                return admitted
            same: Any = True
            for a, b in zip(first, second, strict=True):
                same = same & (p[a] == p[b])
            admitted = admitted & ~np.asarray(same)
        return admitted

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return the terms, each from those before it."""
        history, counts = blank_history(p, n)
        order = len(self.starts)
        for k in range(min(order, n)):
            history[k] = p[f"a{k}"]
        for k in range(order, n):
            values, defined = self._next(p, history, k)
            history[k] = values
            if defined is not None:
                counts = ended(counts, defined, k)
        return Terms(history, counts)

    def bound(self, n: int, reach: int | None) -> int:
        """Return a bound on the terms, from the laws' growth."""
        growth = [law.growth for law in self.laws]
        return grown([largest(values) for values in self.starts], growth, n, reach)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the starts and the law, or the list of laws and whose turn it is."""
        del fresh
        starts = [f"{name}({i}) = {p[f'a{i}']}" for i in range(len(self.starts))]
        texts = [law.text(p, before(name, law.order), self._prefix(i)) for i, law in enumerate(self.laws)]
        if len(texts) == 1:
            return [*starts, f"{name}(n) = {texts[0]}"]
        shift = (p["turn"] - len(starts)) % len(texts)
        index = f"(n+{shift})" if shift else "n"
        return [*starts, f"{name}(n) = [{', '.join(texts)}][{index} mod {len(texts)}]"]

    def _next(self, p: Columns, history: Any, k: int) -> tuple[Any, Any | None]:
        since_start = k - len(self.starts)
        earlier = [history[k - i] for i in range(1, len(self.starts) + 1)]
        if len(self.laws) == 1:
            return self.laws[0].step(p, earlier)
        turn = (since_start + p["turn"]) % len(self.laws)
        if isinstance(turn, int):
            return self.laws[turn].step(p, earlier, self._prefix(turn))
        steps = [law.step(p, earlier, self._prefix(i)) for i, law in enumerate(self.laws)]
        values = select(turn, [values for values, _ in steps])
        if all(defined is None for _, defined in steps):
            return values, None
        return values, select(turn, [True if d is None else d for _, d in steps])

    def _prefix(self, i: int) -> str:
        return "" if len(self.laws) == 1 else f"law{i}."


def blank_history(p: Columns, n: int) -> tuple[Any, Any]:
    """Return an empty (n, rows) array that suits the columns, and None for the counts: all defined."""
    columns = [column for column in p.values() if isinstance(column, np.ndarray)]
    rows = max((len(column) for column in columns), default=1)
    dtype = object if any(column.dtype == object for column in columns) else np.int64
    return np.empty((n, rows), dtype), None


def ended(counts: Any, defined: Any, k: int) -> Any:
    """Return the counts of defined terms, now that term k is known to be ``defined`` or not."""
    now = np.where(defined, np.iinfo(np.int64).max, k)
    return now if counts is None else np.minimum(counts, now)


def grown(starts: list[int], growth: list[Any], n: int, reach: int | None) -> int:
    """Return a bound on ``n`` terms whose magnitudes start with ``starts`` and grow by the worst of ``growth``."""
    magnitude = worst = max(starts, default=0)
    for _ in range(n):
        known = magnitude if reach is None else min(magnitude, reach)
        magnitude = max([known, *(step(known) for step in growth)])
        worst = max(worst, magnitude)
    return worst


def select(which: Any, choices: list[Any]) -> Any:
    """Return ``choices[which]`` row by row."""
    result = choices[-1]
    for i in reversed(range(len(choices) - 1)):
        result = np.where(which == i, choices[i], result)
    return result
