"""Rows held out by a stable hash, so that memorising can be told from generalising.

The hash is of the emitted row, not of the rule: two rules that emit one row are on the same side. It is SplitMix64
[1]_ run over the row: ``h = mix(h + term)`` for every term (two's complement, 64 bits), then ``h = mix(h + length)``,
from h = 0.

.. [1] Steele, Lea, Flood: Fast splittable pseudorandom number generators. OOPSLA'14.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.family import Columns, Family, Terms, Values
from seqgen.listing import CHUNK
from seqgen.universe import Universe

Side = Literal["kept", "held"]


def row_hash(values: NDArray[Any], lengths: NDArray[Any]) -> NDArray[np.uint64]:
    """Return (rows,) the hashes of rows: values (rows, length), of which the first ``lengths`` (rows,) count.

    >>> row_hash(np.array([[1, 2, 0], [1, 2, 9]]), np.array([2, 2]))
    array([10071245268460305800, 10071245268460305800], dtype=uint64)
    """
    if values.ndim != 2 or lengths.shape != values.shape[:1]:
        raise ValueError(f"values {values.shape}, lengths {lengths.shape}: give (rows, length) and (rows,)")
    if {values.dtype.kind, lengths.dtype.kind} - set("iu"):
        raise TypeError(f"values {values.dtype}, lengths {lengths.dtype}: give integers")
    state = np.zeros(len(lengths), np.uint64)
    for k in range(values.shape[1]):
        mixed = mix(state + values[:, k].astype(np.int64).view(np.uint64))
        state = np.where(k < lengths, mixed, state)
    return mix(state + lengths.astype(np.uint64))


def held_out(values: NDArray[Any], lengths: NDArray[Any], share: Fraction | float | str) -> NDArray[np.bool_]:
    """Return (rows,) whether each row is among the ``share`` that is held out; rows as for :func:`row_hash`.

    >>> held_out(np.array([[1, 2, 0], [1, 3, 0]]), np.array([2, 2]), 0.3)
    array([False,  True])
    """
    return row_hash(values, lengths) < np.uint64(int(2**64 * _part(share)))


def split(universe: Universe, share: Fraction | float | str) -> tuple[Universe, Universe]:
    """Return the universe without the rows held out, and the universe of those alone.

    Args:
        universe: all its families must be listed, with at least one rule on each side.
        share: how much is held out, over 0 and under 1: 0.1 or "1/10".

    The families' shares stay; rules within a family share equally again. Score both sides with the posterior of the
    whole universe.

    >>> from seqgen import phase
    >>> kept, held = split(phase(1), 0.1)
    >>> len(kept) + len(held) == len(phase(1))
    True
    """
    return without_held_out(universe, share), _side(universe, _part(share), "held")


def without_held_out(universe: Universe, share: Fraction | float | str) -> Universe:
    """Return the universe without the rows held out, of which a family may have none; otherwise as :func:`split`."""
    return _side(universe, _part(share), "kept")


def _side(universe: Universe, part: Fraction, side: Side) -> Universe:
    for family in universe.families:
        if not family.listed:
            raise ValueError(f"{family.name} is too large to be listed: its rows cannot be held out")
    families = [OneSide.of(family, part, side) for family in universe.families]
    return Universe(families, shares=universe.shares, span=universe.span, name=f"{universe.name}/{side}/{part}")


@dataclass(frozen=True, kw_only=True)
class OneSide(Family):
    """A family's rules whose rows are held out, or those whose rows are not."""

    whole: Family
    share: Fraction
    side: Side

    @classmethod
    def of(cls, family: Family, share: Fraction, side: Side) -> "OneSide":
        """Return one side of ``family``."""
        return cls(name=family.name, phase=family.phase, span=family.span, whole=family, share=share, side=side)

    @cached_property
    def combinations(self) -> NDArray[np.int64]:
        """Indices into the product of the rules on this side. Raises ValueError where there are none."""
        family = self.whole.within(self.span)
        chosen = []
        for start in range(0, len(family), CHUNK):
            combinations = family.combinations[start : start + CHUNK]
            values, lengths = family.rows(combinations)
            held = held_out(values.T, lengths, self.share)
            chosen.append(combinations[held if self.side == "held" else ~held])
        listed = np.concatenate(chosen)
        if not len(listed):
            raise ValueError(
                f"{self.name}: none of its {len(family)} rows is {self.side} at a share of {self.share}; give another"
            )
        return listed

    def axes(self) -> Mapping[str, Values]:
        """Return the whole family's parameters."""
        return self.whole.axes()

    def admits(self, p: Columns) -> Any:
        """Return where the whole family admits the combination."""
        return self.whole.admits(p)

    def choices(self) -> tuple[str, ...]:
        """Return the whole family's choices."""
        return self.whole.choices()

    def evaluate(self, p: Columns, n: int) -> Terms:
        """Return the whole family's terms."""
        return self.whole.evaluate(p, n)

    def bound(self, n: int, reach: int | None) -> int | None:
        """Return the whole family's bound."""
        return self.whole.bound(n, reach)

    def clauses(self, p: Mapping[str, int], name: str, fresh: Iterator[str]) -> list[str]:
        """Return the whole family's clauses."""
        return self.whole.clauses(p, name, fresh)


def _part(share: Fraction | float | str) -> Fraction:
    try:
        part = Fraction(str(share))
    except (ValueError, ZeroDivisionError):
        part = Fraction(0)
    if not 0 < part < 1:
        raise ValueError(f"share={share!r}: give a number between 0 and 1, such as 0.1 or '1/10'")
    return part


def mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return what SplitMix64 makes of each word, uint64 of the same shape: a permutation that leaves no pattern.

    >>> mix(np.zeros(1, np.uint64)) == 0xE220A8397B1DCDAF
    array([ True])
    """
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
