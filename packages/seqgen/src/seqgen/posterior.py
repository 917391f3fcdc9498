"""The exact posterior of a universe: every row listed once, sorted; a prefix is a contiguous range.

All probabilities are ratios of sums of the universe's integer rule weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.branches import Branches, along, distributions
from seqgen.distribution import Distribution, Distributions
from seqgen.packing import Keys, Packing, search
from seqgen.rule import Rule
from seqgen.span import Span
from seqgen.universe import Universe


@dataclass(frozen=True, kw_only=True)
class Ambiguity:
    """How open a prefix leaves what comes next.

    Args:
        rules: rules that explain it.
        outcomes: different next outcomes, END among them.
        entropy: of the next outcome, in nats.
        likeliest: probability of the likeliest outcome.
    """

    rules: int
    outcomes: int
    entropy: float
    likeliest: float


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """The exact Bayes-optimal next-term distribution for every prefix.

    Build one with :meth:`of`, or open a saved one (:mod:`seqgen.posterior_file`).

    Args:
        universe: the prior: rules with integer weights.
        keys: the packed rows, ascending.
        order: (rows,) uint32; sorted row i is row ``order[i]`` of the universe's table.
        common: (rows,) unsigned; symbols that row i shares with row i - 1.

    >>> from seqgen import phase
    >>> posterior = Posterior.of(phase(1))
    >>> posterior.next([2, 4, 6, 8]).mode
    10
    """

    universe: Universe
    keys: Keys
    order: NDArray[np.uint32]
    common: NDArray[Any]

    @classmethod
    def of(cls, universe: Universe, progress: Callable[[str], object] = lambda _: None) -> "Posterior":
        """List and sort all rows of ``universe``; ``progress`` hears which stage begins.

        Raises:
            ValueError: a family is too large to be listed.
            TypeError: ``universe`` is none.
        """
        if not isinstance(universe, Universe):
            raise TypeError(f"universe={universe!r}: give a Universe, as seqgen.universe makes it by name")
        progress("listing rules")
        values, lengths = universe.table
        progress("packing rows")
        packing = Packing(universe.span)
        keys = packing.keys(values, lengths)
        progress("sorting rows")
        order = np.lexsort(keys[::-1])
        keys = [words[order] for words in keys]
        progress("comparing neighbours")
        return cls(
            universe=universe,
            keys=keys,
            order=order.astype(np.uint32),
            common=packing.common_prefixes(keys),
        )

    def __len__(self) -> int:
        """The number of rules."""
        return len(self.order)

    def next(self, prefix: Sequence[int]) -> Distribution:
        """Return the next-term distribution after ``prefix``; empty where no rule explains it.

        Raises:
            ValueError: the prefix is empty, or has as many terms as a row.
            TypeError: a term is no integer.
        """
        return self.batch([prefix])[0]

    def batch(self, prefixes: Sequence[Sequence[int]] | NDArray[Any]) -> Distributions:
        """Return the next-term distributions after many prefixes, of any lengths from 1 to ``length - 1``."""
        low, high, depths = self._ranges(prefixes)
        parts = []
        for depth in np.unique(depths):
            chosen = np.flatnonzero((depths == depth) & (low < high))
            nodes = np.searchsorted(self.starts(depth), low[chosen].astype(np.uint32))
            parts.append(Branches.of(self, int(depth), chosen, nodes))
        return distributions(self, parts, len(low))

    def along(self, rows: NDArray[np.int64], lengths: NDArray[np.int64]) -> Distributions:
        """Return the next-term distributions after every prefix of many rows, found by walking down once.

        Args:
            rows: (q, n) int64 terms, 1 <= n < ``length``.
            lengths: (q,) how many of each row's terms count.

        Returns:
            q * n distributions; the one after the first k terms of row i has index i * n + k - 1. Those behind
            a row's length are empty, like those that no rule explains.

        Raises:
            ValueError: a shape or a length does not fit.
        """
        return along(self, rows, lengths)

    def rules(self, prefix: Sequence[int], limit: int | None = None) -> list[tuple[Rule, int]]:
        """Return the rules that explain ``prefix`` with their integer weights, heaviest first."""
        low, high, _ = self._ranges([prefix])
        rows = self.order[int(low[0]) : int(high[0])].astype(np.int64)
        families, rules = self.universe.place_of_row(rows)
        units = np.array(self.universe.units, np.int64)[families]
        if limit is not None:
            limit = integer("limit", limit, 0)
        heaviest = np.lexsort((rows, -units))[:limit]
        return [(self.universe.rule(int(families[i]), int(rules[i])), int(units[i])) for i in heaviest.tolist()]

    def ambiguity(self, prefix: Sequence[int]) -> Ambiguity:
        """Return how open ``prefix`` leaves what comes next. Raises ValueError where no rule explains it."""
        low, high, _ = self._ranges([prefix])
        distribution = self.next(prefix)
        return Ambiguity(
            rules=int(high[0] - low[0]),
            outcomes=len(distribution.outcomes),
            entropy=distribution.entropy,
            likeliest=float(distribution.probability(distribution.mode)),
        )

    @cached_property
    def packing(self) -> Packing:
        """How rows are packed."""
        return Packing(self.universe.span)

    @cached_property
    def families(self) -> NDArray[np.uint16]:
        """(rows,) the family of each sorted row."""
        family_of_row = np.repeat(np.arange(len(self.universe.sizes), dtype=np.uint16), self.universe.sizes)
        return family_of_row[self.order]

    @cached_property
    def cumulative(self) -> NDArray[np.int64]:
        """(rows + 1,) the weight of all rows before each."""
        units = np.array(self.universe.units, np.int64)
        sums = np.empty(len(self) + 1, np.int64)
        sums[0] = 0
        np.cumsum(units[self.families], out=sums[1:])
        return sums

    @cached_property
    def _starts_by_depth(self) -> dict[int, NDArray[np.uint32]]:
        return {}

    def starts(self, depth: int) -> NDArray[np.uint32]:
        """Return (groups,) the first row of every group of rows that share their first ``depth`` symbols."""
        if depth not in self._starts_by_depth:
            self._starts_by_depth[depth] = np.flatnonzero(self.common < depth).astype(np.uint32)
        return self._starts_by_depth[depth]

    @cached_property
    def _first_branches_by_depth(self) -> dict[int, NDArray[np.uint32]]:
        return {}

    def first_branches(self, depth: int) -> NDArray[np.uint32]:
        """Return (groups + 1,) where the groups of ``depth + 1`` in each group of ``depth`` begin among them all."""
        if depth not in self._first_branches_by_depth:
            branches, groups = self.starts(depth + 1), self.starts(depth) if depth else np.zeros(1, np.uint32)
            first = np.append(np.searchsorted(branches, groups), len(branches))
            self._first_branches_by_depth[depth] = first.astype(np.uint32)
        return self._first_branches_by_depth[depth]

    def _ranges(
        self, prefixes: Sequence[Sequence[int]] | NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return for each prefix the range of its rows, empty where no rule explains it, and its depth."""
        if not isinstance(prefixes, Sequence | np.ndarray):
            raise TypeError(f"prefixes={prefixes!r}: give a sequence of prefixes")
        arrays = [_prefix_array(prefix, self.universe.span) for prefix in prefixes]
        depths = np.array([len(array) for array in arrays], np.int64)
        low, high = np.zeros(len(arrays), np.int64), np.zeros(len(arrays), np.int64)
        for depth in np.unique(depths):
            chosen = np.flatnonzero(depths == depth)
            terms = np.stack([arrays[i] for i in chosen])
            possible = ((terms >= self.universe.low) & (terms <= self.universe.high)).all(axis=1)
            chosen, terms = chosen[possible], terms[possible]
            begin, end = np.zeros(len(chosen), np.int64), np.full(len(chosen), len(self))
            for words, (smallest, largest) in zip(self.keys, self.packing.bounds(terms), strict=False):
                begin, end = (
                    search(words, smallest, begin, end, after=False),
                    search(words, largest, begin, end, after=True),
                )
            low[chosen], high[chosen] = begin, end
        return low, high, depths


def _prefix_array(prefix: Sequence[int] | NDArray[Any], span: Span) -> NDArray[np.int64]:
    length = span.length
    if length == 1:
        raise ValueError("length=1: rows of one term have no next term")
    if isinstance(prefix, str | bytes) or not isinstance(prefix, Sequence | np.ndarray):
        raise TypeError(f"prefix={prefix!r}: give a sequence of integers")
    if not 1 <= len(prefix) < length:
        raise ValueError(f"prefix={list(prefix)!r}: give 1 to {length - 1} terms; rows have {length}")
    if isinstance(prefix, np.ndarray) and prefix.ndim == 1 and prefix.dtype.kind == "i":
        return prefix.astype(np.int64)
    # Integers beyond 64 bits are fine: no rule explains them, nor the one below the range in their place.
    terms = [integer(f"prefix[{i}]", term) for i, term in enumerate(prefix)]
    return np.array([term if span.low <= term <= span.high else span.low - 1 for term in terms], np.int64)
