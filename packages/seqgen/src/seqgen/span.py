"""What a row may hold: its range, its length, and what happens to a term that leaves the range."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer

Overflow = Literal["truncate", "reject", "wrap", "saturate"]

MIN_TERMS = 4
"""A rule that yields fewer terms than this (or than the row's length) is no rule of its family."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The range, length and overflow policy of rows.

    Args:
        low: smallest value of a term.
        high: largest value of a term.
        length: terms in a full row.
        overflow: what a term outside ``low..high`` does. ``truncate`` ends the row before it; ``reject``
            leaves out rules whose row would not be full; ``wrap`` takes it modulo ``high - low + 1``;
            ``saturate`` takes the nearer bound. Where a rule itself ends (its next term is no integer)
            the row ends under every policy.

    >>> Span(length=3).reach
    255
    """

    low: int = 0
    high: int = 255
    length: int = 9
    overflow: Overflow = "truncate"

    def __post_init__(self) -> None:
        for name in ("low", "high", "length"):
            object.__setattr__(self, name, integer(name, getattr(self, name)))
        if not -(2**62) < self.low <= self.high < 2**62:
            raise ValueError(f"low={self.low}, high={self.high}: give low <= high, both within 62 bits")
        if not 1 <= self.length <= 1_000_000:
            raise ValueError(f"length={self.length}: give 1 to 1000000 terms")
        if self.overflow not in get_args(Overflow):
            choices = ", ".join(get_args(Overflow))
            raise ValueError(f"overflow={self.overflow!r}: give one of {choices}")

    @property
    def reach(self) -> int | None:
        """The largest magnitude that matters: beyond it a row has ended. None where rows go on."""
        if self.overflow in ("truncate", "reject"):
            return max(abs(self.low), abs(self.high))
        return None

    @property
    def least(self) -> int:
        """The fewest terms a valid rule yields."""
        return self.length if self.overflow == "reject" else min(MIN_TERMS, self.length)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest integer type that holds the range."""
        # A signed type that holds -high - 1 holds high. (NumPy's common type of int64 and uint64 is a float.)
        return np.min_scalar_type(self.high if self.low >= 0 else min(self.low, -self.high - 1))

    def emit(self, values: NDArray[Any], counts: NDArray[np.int64] | None) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Turn exact terms into rows.

        Args:
            values: (n, rows), int64 or Python integers; unspecified after a row's last defined term.
            counts: (rows,), defined terms of each row, or None where all are.

        Returns:
            (n, rows) of ``dtype``, ``low`` after a row's end; and (rows,) lengths.
        """
        if self.overflow == "wrap":
            values = (values - self.low) % (self.high - self.low + 1) + self.low
        elif self.overflow == "saturate":
            values = np.minimum(np.maximum(values, self.low), self.high)
        alive = (values >= self.low) & (values <= self.high)
        if counts is not None:
            alive &= np.arange(len(values))[:, None] < counts
        np.logical_and.accumulate(alive, axis=0, out=alive)
        lengths = alive.sum(axis=0, dtype=np.int64)
        return np.where(alive, values, self.low).astype(self.dtype), lengths
