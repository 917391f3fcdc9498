"""Multi-period patterns: terms repeat in runs, and each run lies one step after the last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.arguments import frozen, integer, largest
from seqgen.family import Columns, Family, Terms, Values
from seqgen.law import signed_sum

_LONGEST_CYCLE = 1000
"""Every place of a cycle is a pattern that is tabulated."""


@dataclass(frozen=True, kw_only=True)
class Runs(Family):
    """Values that repeat in runs whose lengths follow a cycle: 1, 2, 2, 3, 4, 4 has the cycle (1, 2).

    Args:
        cycles: the cycles of run lengths. Every place of a cycle at which a row may start is a rule of its own.
        start: values of the first run.
        step: values of the difference from one run to the next.

    >>> family = Runs(name="mixed", cycles=((1, 2),), start=(1,), step=(1,))
    >>> [rule.terms(6) for rule in family]
    [[1, 2, 2, 3, 4, 4], [1, 1, 2, 3, 3, 4], [1, 2, 3, 3, 4, 5]]
    """

    cycles: tuple[tuple[int, ...], ...]
    start: Values
    step: Values

    def __post_init__(self) -> None:
        cycles = frozen(self.cycles)
        if not isinstance(cycles, tuple) or not cycles or not all(isinstance(cycle, tuple) for cycle in cycles):
            raise TypeError(f"cycles={cycles!r}: give tuples of run lengths, such as ((2,), (1, 2))")
        for cycle in cycles:
            whole = sum(integer("a run length", run, 1) for run in cycle)
            if not 1 <= whole <= _LONGEST_CYCLE:
                raise ValueError(f"cycles hold {cycle!r}: give run lengths that sum to 1 to {_LONGEST_CYCLE}")
        super().__post_init__()

    def choices(self) -> tuple[str, ...]:
        """Return the pattern."""
        return ("pattern",)

    def axes(self) -> Mapping[str, Values]:
        """Return the pattern (a cycle and a place in it), the start and the step."""
        return {"pattern": range(len(self._patterns)), "start": self.start, "step": self.step}

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return start + step * (number of the run)."""
        runs = np.array([self._run_numbers(i, n) for i in range(len(self._patterns))]).T
        number = runs[:, np.atleast_1d(np.asarray(p["pattern"], np.int64))]
        return Terms(p["start"] + p["step"] * number)

    def bound(self, n: int, reach: int | None) -> int:
        """Return a bound on the terms: at most n runs."""
        del reach
        return largest(self.start) + largest(self.step) * n

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the terms as start + step * (number of the run)."""
        del fresh
        start, step = p["start"], p["step"]
        if not step:
            return [f"{name}(n) = {start}"]
        cycle, offset = self._patterns[p["pattern"]]
        period = sum(cycle)
        place = f"(n+{offset})" if offset else "n"
        whole = f"floor({place}/{period})"
        if len(cycle) == 1:
            run = whole
        else:
            numbers = [int(k) for k in np.repeat(np.arange(len(cycle)), cycle)]
            before = f" - {numbers[offset]}" if numbers[offset] else ""
            run = f"({numbers}[{place} mod {period}] + {len(cycle)}*{whole}{before})"
        factor = "" if abs(step) == 1 else f"{abs(step)}*"
        return [f"{name}(n) = " + signed_sum([(start < 0, str(abs(start))), (step < 0, factor + run)])]

    @property
    def _patterns(self) -> list[tuple[tuple[int, ...], int]]:
        return [(cycle, offset) for cycle in self.cycles for offset in _distinct_offsets(cycle)]

    def _run_numbers(self, pattern: int, n: int) -> Any:
        cycle, offset = self._patterns[pattern]
        ends = np.cumsum(np.resize(cycle, n + offset + 1))
        numbers = np.searchsorted(ends, np.arange(offset, offset + n), side="right")
        return numbers - np.searchsorted(ends, offset, side="right")


def _distinct_offsets(cycle: tuple[int, ...]) -> range:
    """Return the places at which a row may start without repeating another's pattern."""
    for period in range(1, len(cycle)):
        if cycle == cycle[period:] + cycle[:period]:
            return range(sum(cycle[:period]))
    return range(sum(cycle))
