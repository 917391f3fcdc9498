"""Recurrences: the next term follows from the last ones by one law, or by several in turn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import frozen
from seqgen.family import Columns, Values
from seqgen.law import Law, before
from seqgen.unrolled import Unrolled


@dataclass(frozen=True, kw_only=True)
class Recurrence(Unrolled):
    """Terms that follow from earlier ones by a law, or by a cycle of laws.

    Args:
        laws: the laws, applied in turn.
        turn: which law makes the first term that follows the starts; more than one value where the laws differ in
            kind, so that a window that starts mid-sequence is again a rule.

    >>> doubling = Recurrence(name="doubling", laws=(Law(coefficients=((2,),)),), starts=((1, 3),))
    >>> [rule.terms(4) for rule in doubling]
    [[1, 2, 4, 8], [3, 6, 12, 24]]
    """

    laws: tuple[Law, ...]
    turn: Values = (0,)

    def __post_init__(self) -> None:
        laws = frozen(self.laws)
        if not isinstance(laws, tuple) or not laws or not all(isinstance(law, Law) for law in laws):
            raise TypeError(f"laws={laws!r}: give a tuple of at least one Law")
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
        return axes | self.start_axes()

    @property
    def order(self) -> int:
        """How many terms the laws look back."""
        return max(law.order for law in self.laws)

    @property
    def growth(self) -> list[Callable[[int], int]]:
        """The laws' growth."""
        return [law.growth for law in self.laws]

    def admits(self, p: Columns) -> Any:
        """Return where every law is in lowest terms."""
        admitted: Any = True
        for i, law in enumerate(self.laws):
            admitted = admitted & law.admits(p, self._prefix(i))
        return admitted

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the starts and the law, or the list of laws and whose turn it is."""
        del fresh
        starts = self.start_clauses(p, name)
        texts = [law.text(p, before(name, law.order), self._prefix(i)) for i, law in enumerate(self.laws)]
        if len(texts) == 1:
            return [*starts, f"{name}(n) = {texts[0]}"]
        shift = (p["turn"] - len(starts)) % len(texts)
        index = f"(n+{shift})" if shift else "n"
        return [*starts, f"{name}(n) = [{', '.join(texts)}][{index} mod {len(texts)}]"]

    def next_term(self, p: Columns, history: Any, k: int) -> tuple[Any, Any | None]:
        """Return term k by the law whose turn it is."""
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


def select(which: Any, choices: list[Any]) -> Any:
    """Return ``choices[which]`` row by row."""
    result = choices[-1]
    for i in reversed(range(len(choices) - 1)):
        result = np.where(which == i, choices[i], result)
    return result
