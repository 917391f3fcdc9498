"""A universe: a weighted set of families with one range, length and overflow policy."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import lcm
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.family import Family
from seqgen.listing import CHUNK, LISTED_LIMIT
from seqgen.philox import Words, multiply_high
from seqgen.rule import Rule
from seqgen.span import Overflow, Span

_RESOLUTION = 2**62
"""The total weight that rules share. A rule's weight is rounded down: shares are right to about one part in 10**12."""

TABLE_FROM = 1 << 16
"""So many rows, in one request or several, are worth the table of all rows."""

_GUIDE_BITS = 12
"""A weight's first bits, by which its family is looked up."""

_TABLE_BYTES = 1 << 30


class Universe:
    """A weighted set of families.

    Args:
        families: the families; each is taken within the universe's span.
        shares: an integer weight for each family. By default phases share equally, and families within a phase.
        span: range, length and overflow policy.
        name: what records call it.

    A rule's weight is an integer, the same for all rules of a family: ``floor(2**62 * share / (shares * size))``.
    Rule r of family f stands for the weights from ``offsets[f] + r * units[f]`` on; a 64-bit word w means the
    weight ``floor(w * total / 2**64)``.

    Raises:
        ValueError: there are no families, two have one name, a share is no positive integer, or a family has no
            valid rule.
    """

    def __init__(
        self,
        families: Iterable[Family],
        *,
        shares: Sequence[int] | None = None,
        span: Span = Span(),  # noqa: B008 (a frozen value)
        name: str = "custom",
    ) -> None:
        if not isinstance(span, Span):
            raise TypeError(f"span={span!r}: give a Span")
        if not isinstance(name, str) or not name:
            raise TypeError(f"name={name!r}: give a non-empty text")
        given: Any = families
        if isinstance(given, Family) or not isinstance(given, Iterable):
            raise TypeError(f"families={given!r}: give several, such as [family]")
        families = tuple(given)
        for family in families:
            if not isinstance(family, Family):
                raise TypeError(f"families hold {family!r}: give families")
        self.families = tuple(family.within(span) for family in families)
        self.span = span
        self.name = name
        self._asked = 0
        if not self.families:
            raise ValueError("families is empty: give at least one family")
        names = [family.name for family in self.families]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"two families are called {twice!r}: names must differ")
        self.shares = equal_shares(self.families) if shares is None else _checked_shares(shares)
        if len(self.shares) != len(self.families):
            raise ValueError(f"shares={shares!r}: give one for each of {len(self.families)} families")
        self.units  # noqa: B018 (a family without a valid rule is found now, not at the first row)

    def __repr__(self) -> str:
        return f"Universe({self.name!r}, {len(self.families)} families, {self.span})"

    @property
    def length(self) -> int:
        """Terms in a full row."""
        return self.span.length

    @property
    def low(self) -> int:
        """The smallest value of a term."""
        return self.span.low

    @property
    def high(self) -> int:
        """The largest value of a term."""
        return self.span.high

    @property
    def overflow(self) -> Overflow:
        """What a term outside the range does."""
        return self.span.overflow

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of rules of each family."""
        return tuple(len(family) for family in self.families)

    @cached_property
    def units(self) -> tuple[int, ...]:
        """The integer weight of one rule of each family."""
        whole = sum(self.shares)
        units = [_RESOLUTION * share // (whole * size) for share, size in zip(self.shares, self.sizes, strict=True)]
        if 0 in units:
            i = units.index(0)
            name, size, share = self.families[i].name, self.sizes[i], self.shares[i]
            raise ValueError(f"{name}: {size} rules are too many for a share of {share} in {whole}")
        return tuple(units)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where the weights of each family begin; the last entry is the total weight."""
        ends = [0]
        for unit, size in zip(self.units, self.sizes, strict=True):
            ends.append(ends[-1] + unit * size)
        return tuple(ends)

    @property
    def total(self) -> int:
        """The total weight, at most 2**62."""
        return self.offsets[-1]

    def __len__(self) -> int:
        """The number of rules."""
        return sum(self.sizes)

    def locate(self, words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Map uniform 64-bit words onto rules: (rows,) family indices and (rows,) rule indices."""
        weights = multiply_high(words, self.total).astype(np.int64)
        # The first bits of a weight give a family that it cannot lie before; at most ``steps`` later ones follow.
        guide, shift, steps = self._guide
        starts, ends = np.array(self.offsets[:-1], np.int64), np.array(self.offsets[1:], np.int64)
        families = guide[weights >> shift]
        for _ in range(steps):
            families += weights >= ends[families]
        rules = (weights - starts[families]) // np.array(self.units, np.int64)[families]
        return families, rules

    def rows(
        self, families: NDArray[np.int64], rules: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of these rules.

        Returns:
            (rows, length) int64 values, ``span.low`` after a row's end; and (rows,) int64 lengths.
        """
        if "table" in self.__dict__:
            values, lengths = self.table
            places = self._first_rows[families] + rules
            return np.take(values, places, axis=0).astype(np.int64), lengths[places].astype(np.int64)
        emitted = np.empty((len(rules), self.span.length), np.int64)
        lengths = np.empty(len(rules), np.int64)
        for i in np.flatnonzero(np.bincount(families)):  # np.unique would import numpy.ma here
            family = self.families[i]
            of_family = np.flatnonzero(families == i)
            for start in range(0, len(of_family), CHUNK):
                place = of_family[start : start + CHUNK]
                chosen = rules[place]
                combinations = family.combinations[chosen] if family.listed else chosen
                values, counts = family.rows(combinations)
                emitted[place] = values.T
                lengths[place] = counts
        return emitted, lengths

    def expect(self, rows: int) -> None:
        """Hear that ``rows`` rows will be asked for: after many, listing all rows once makes each one quicker."""
        self._asked += rows
        if self._asked >= TABLE_FROM and self.worth_a_table:
            self.table  # noqa: B018 (computed once, kept)

    @property
    def worth_a_table(self) -> bool:
        """Whether all rows can be listed, in at most a GiB: then a stream that is asked for many lists them."""
        listed = all(family.listed for family in self.families) and len(self) <= LISTED_LIMIT
        return listed and len(self) * self.span.length * self.span.dtype.itemsize <= _TABLE_BYTES

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process is made from: not the table, which it can list itself."""
        return {name: value for name, value in self.__dict__.items() if name != "table"}

    @cached_property
    def table(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Every row, family after family: (len, length) values in the span's dtype, and (len,) lengths.

        Raises:
            ValueError: a family, or all of them together, is too large to be listed.
        """
        if len(self) > LISTED_LIMIT:
            raise ValueError(f"{self.name} has {len(self):,} rules, more than the {LISTED_LIMIT:,} that can be listed")
        for family in self.families:
            family.combinations  # noqa: B018 (says so before the table is made)
        values = np.empty((len(self), self.span.length), self.span.dtype)
        lengths = np.empty(len(self), np.min_scalar_type(self.span.length))
        row = 0
        for family in self.families:
            for start in range(0, len(family), CHUNK):
                combinations = family.combinations[start : start + CHUNK]
                emitted, counts = family.rows(combinations)
                values[row : row + len(combinations)] = emitted.T
                lengths[row : row + len(combinations)] = counts
                row += len(combinations)
        return values, lengths

    def rule(self, family: SupportsIndex, rule: SupportsIndex) -> Rule:
        """Return a rule by its family's index and its own."""
        return self.families[integer("family", family, 0, len(self.families) - 1)][rule]

    def place_of_row(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the family indices and rule indices of rows of the table."""
        families = np.searchsorted(self._first_rows, rows, side="right") - 1
        return families, rows - self._first_rows[families]

    def rule_from_dict(self, plain: Mapping[str, Any]) -> Rule:
        """Return the rule that :meth:`Rule.to_dict` made the plain values of."""
        if set(plain) != {"family", "parameters"}:
            raise ValueError(f"rule={dict(plain)!r}: give its family and its parameters")
        return self.family(plain["family"]).rule(plain["parameters"])

    def family(self, name: str) -> Family:
        """Return the family called ``name``."""
        for family in self.families:
            if family.name == name:
                return family
        raise KeyError(f"{name!r} is no family of {self.name}: {', '.join(f.name for f in self.families)}")

    @cached_property
    def _guide(self) -> tuple[NDArray[np.int64], int, int]:
        """For every value of a weight's first bits, the first family there; how far to shift; families beyond it."""
        shift = max(self.total.bit_length() - _GUIDE_BITS, 0)
        starts = np.array(self.offsets[:-1], np.int64)
        buckets = np.arange((self.total >> shift) + 1) << shift
        first = np.searchsorted(starts, buckets, side="right") - 1
        last = np.searchsorted(starts, buckets + ((1 << shift) - 1), side="right") - 1
        return first, shift, int((last - first).max())

    @property
    def _first_rows(self) -> NDArray[np.int64]:
        return np.cumsum([0, *self.sizes[:-1]])


def _checked_shares(shares: Any) -> tuple[int, ...]:
    if not isinstance(shares, Iterable):
        raise TypeError(f"shares={shares!r}: give an integer for each family")
    return tuple(integer(f"shares[{i}]", share, 1) for i, share in enumerate(shares))


def equal_shares(families: Sequence[Family]) -> tuple[int, ...]:
    """Return integer shares that are equal between phases, and between the families of a phase."""
    phases = [family.phase for family in families]
    common = lcm(*(phases.count(phase) for phase in phases))
    return tuple(common // phases.count(phase) for phase in phases)
