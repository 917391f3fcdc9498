"""Rare questions made frequent: cascades of carries and borrows, equal numbers, short numbers."""

from dataclasses import dataclass

import numpy as np

from seqgen.arithmetic.cascades import with_borrows, with_nines
from seqgen.arithmetic.columns import Digits, Flags
from seqgen.arithmetic.drawing import Draws

PUBLISHED_SHARE = 0.4
"""Of the blocks of a stream whose enrichment is the published one."""

_PUBLISHED_NINES = 4
"""Of ten pairs of digits in a published enriched addition."""

_PUBLISHED_EQUAL = 0.01
"""Of the published enriched subtractions, those of a number from itself."""


_LEAST_DIGITS = (("nines", 2), ("borrows", 3), ("short", 2))


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """Which shares of a stream's rows are made anew. They exclude each other: what is left is uniform.

    Attributes:
        nines: share of the additions with a run of pairs that sum to nine, of random place and length; three in four
            stand right above a pair that carries, the others above one that does not, so that the run alone does not
            say which. Half of these rows have another such run elsewhere. Needs 2 digits.
        borrows: share of the subtractions with a run of equal pairs, three in four right above a pair that borrows;
            half have another run elsewhere, and half a negative answer. Needs 3 digits.
        equal: share of the subtractions of a number from itself.
        short: share of the rows whose numbers have fewer digits, each number of a random length, with zeros in front.
        published: the rule of the published models instead of all these: of 40 % of the blocks, additions have each
            pair of digits made to sum to nine with probability 0.4, by the first number's digit; 1 % of the
            subtractions are of a number from itself, and in the others each digit of the second number below 9 grows
            by one. It makes no borrows cascade.
    """

    nines: float = 0.0
    borrows: float = 0.0
    equal: float = 0.0
    short: float = 0.0
    published: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.published, bool):
            raise TypeError(f"published={self.published!r}: give True or False")
        for name in ("nines", "borrows", "equal", "short"):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, int | float):
                raise TypeError(f"{name}={share!r}: give a share from 0 to 1")
            if not 0 <= share <= 1:
                raise ValueError(f"{name}={share!r}: give a share from 0 to 1")
            if share and self.published:
                raise ValueError(f"{name}={share!r}, published=True: the published rule stands alone")
        for names in (("nines", "short"), ("borrows", "equal", "short")):
            if sum(getattr(self, name) for name in names) > 1:
                shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
                raise ValueError(f"{shown}: these shares exclude each other; give at most 1 together")

    def fits(self, digits: int) -> bool:
        """Return whether numbers of so many digits have such questions.

        >>> Enrichment(borrows=0.5).fits(2)
        False
        """
        return all(digits >= least for name, least in _LEAST_DIGITS if getattr(self, name))

    def check(self, digits: int) -> None:
        """Raise ValueError where numbers of so many digits have no such questions."""
        for name, least in _LEAST_DIGITS:
            if getattr(self, name) and digits < least:
                raise ValueError(f"{name}={getattr(self, name)!r}, digits={digits}: give at least {least} digits, or 0")


def enriched(
    enrichment: Enrichment, first_ND: Digits, second_ND: Digits, subtract_N: Flags, draws: Draws, block: int
) -> tuple[Digits, Digits]:
    """Return both numbers (N, digits), the enriched rows made anew; all rows of a block are enriched in one way."""
    chosen_N = draws.shares("enriched", block)
    if enrichment.published:
        return _published(first_ND, second_ND, subtract_N, chosen_N < PUBLISHED_SHARE, draws, block)
    first_ND, second_ND = first_ND.copy(), second_ND.copy()
    short, any_row = enrichment.short, np.True_
    for make, wanted, begin, share in (
        (_short, any_row, 0.0, short),
        (with_nines, ~subtract_N, short, enrichment.nines),
        (with_borrows, subtract_N, short, enrichment.borrows),
        (_equal, subtract_N, short + enrichment.borrows, enrichment.equal),
    ):
        rows = np.flatnonzero(wanted & (begin <= chosen_N) & (chosen_N < begin + share))
        if len(rows):
            first_ND[rows], second_ND[rows] = make(first_ND[rows], second_ND[rows], draws.at(rows))
    return first_ND, second_ND


def _published(
    first_ND: Digits, second_ND: Digits, subtract_N: Flags, rows_N: Flags, draws: Draws, block: int
) -> tuple[Digits, Digits]:
    nine = (rows_N & ~subtract_N)[:, None] & (draws.digits("published-nines", first_ND.shape[1]) < _PUBLISHED_NINES)
    equal_N = rows_N & subtract_N & (draws.shares("published-equal", block) < _PUBLISHED_EQUAL)
    grows = (rows_N & subtract_N & ~equal_N)[:, None] & (second_ND < 9)
    return np.where(nine, 9 - second_ND, first_ND), np.where(equal_N[:, None], first_ND, second_ND + grows)


def _short(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    digits = first_ND.shape[1]
    places = np.arange(digits)[::-1]
    first_N, second_N = (1 + draws.below(f"short-{name}", digits) for name in ("first", "second"))
    return first_ND * (places < first_N[:, None]), second_ND * (places < second_N[:, None])


def _equal(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:  # noqa: ARG001 (one of four)
    return first_ND, first_ND
