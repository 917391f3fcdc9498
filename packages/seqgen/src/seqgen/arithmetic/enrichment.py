"""Rare questions made frequent: cascades of carries and borrows, equal numbers, short numbers.

Uniform questions seldom hold a long run of pairs that sum to nine above a carry, or of equal pairs above a borrow.
A share of the rows is therefore made anew. Arrays of digits are (N, digits), most significant first; a digit's place
counts from 0 for the lowest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic.columns import Digits, Flags, exchanged, is_less
from seqgen.arithmetic.drawing import Draws
from seqgen.arithmetic.pairs import BORROWING, CARRYING, LENDING, STOPPING, Pairs

PUBLISHED_SHARE = 0.4
"""Of the blocks of a stream whose enrichment is the published one."""

_PUBLISHED_NINES = 4
"""Of ten pairs of digits in a published enriched addition."""

_PUBLISHED_EQUAL = 0.01
"""Of the published enriched subtractions, those of a number from itself."""


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """Which shares of a stream's rows are made anew. They exclude each other: what is left is uniform.

    Attributes:
        nines: share of the additions with a run of pairs that sum to nine right above a pair that carries. Where the
            run begins and how far it goes is random; half of them have another such run elsewhere, over a pair that
            carries or not. Needs 2 digits.
        borrows: share of the subtractions with a run of equal pairs right above a pair that borrows, the answer
            negative in half of them; half have another run of equal pairs elsewhere. Needs 3 digits.
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

    def check(self, digits: int) -> None:
        """Raise ValueError where numbers of so many digits have no such questions."""
        for name, least in (("nines", 2), ("borrows", 3), ("short", 2)):
            if getattr(self, name) and digits < least:
                raise ValueError(f"{name}={getattr(self, name)!r}, digits={digits}: give at least {least} digits, or 0")


def enriched(
    enrichment: Enrichment, first_ND: Digits, second_ND: Digits, subtract_N: Flags, draws: Draws, block: int
) -> tuple[Digits, Digits]:
    """Return both numbers with the enriched rows made anew; all rows of a block are enriched alike."""
    chosen_N = draws.shares("enriched", block)
    if enrichment.published:
        rows = chosen_N < PUBLISHED_SHARE
        return _published(first_ND, second_ND, subtract_N, rows, draws, block)
    begin = 0.0
    ways = (("short", None, _short), ("nines", False, _nines), ("borrows", True, _borrows), ("equal", True, _equal))
    for name, of_subtraction, make in ways:
        # What additions alone have takes the same stretch as what subtractions alone have.
        if name == "borrows":
            begin = enrichment.short
        share = getattr(enrichment, name)
        if share:
            rows = (begin <= chosen_N) & (chosen_N < begin + share)
            if of_subtraction is not None:
                rows &= subtract_N == of_subtraction
            made = make(first_ND, second_ND, draws)
            first_ND, second_ND = _chosen(rows, made, (first_ND, second_ND))
        begin += share
    return first_ND, second_ND


def _published(
    first_ND: Digits, second_ND: Digits, subtract_N: Flags, rows: Flags, draws: Draws, block: int
) -> tuple[Digits, Digits]:
    nine = (rows & ~subtract_N)[:, None] & (draws.digits("published-nines", first_ND.shape[1]) < _PUBLISHED_NINES)
    equal = rows & subtract_N & (draws.shares("published-equal", block) < _PUBLISHED_EQUAL)
    grown = second_ND + ((rows & subtract_N & ~equal)[:, None] & (second_ND < 9))
    return np.where(nine, 9 - second_ND, first_ND), np.where(equal[:, None], first_ND, grown)


def _short(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    digits = first_ND.shape[1]
    places = _places(digits)
    lengths = [1 + draws.below(f"short-{name}", digits) for name in ("first", "second")]
    return first_ND * (places < lengths[0][:, None]), second_ND * (places < lengths[1][:, None])


def _equal(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:  # noqa: ARG001 (one of several)
    return first_ND, first_ND


def _nines(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    top = first_ND.shape[1] - 1
    some = np.concatenate([CARRYING, STOPPING])
    another = _with_run(first_ND, second_ND, 9 - first_ND, some, top, draws, "other")
    first_ND, second_ND = _chosen(draws.flags("other-half", 0.5), another, (first_ND, second_ND))
    return _with_run(first_ND, second_ND, 9 - first_ND, CARRYING, top, draws, "run")


def _borrows(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    top = first_ND.shape[1] - 1
    some = np.concatenate([BORROWING, LENDING])
    another = _with_run(first_ND, second_ND, first_ND, some, top, draws, "other")
    first_ND, second_ND = _chosen(draws.flags("other-half", 0.5), another, (first_ND, second_ND))
    first_ND, second_ND = _with_run(first_ND, second_ND, first_ND, BORROWING, top - 1, draws, "run")
    # The digits above the run must lend: the first number's are more there.
    end_N = _run(top - 1, draws, "run")[1]
    above = _places(top + 1) > end_N[:, None]
    first_above, second_above = first_ND * above, second_ND * above
    equal = ~(first_above != second_above).any(axis=1)
    less = is_less(first_above, second_above)
    first_ND, second_ND = exchanged(first_ND, second_ND, above & less[:, None])
    lent = _with_pair(first_ND, second_ND, LENDING, end_N + 1, draws, "lent")
    first_ND, second_ND = _chosen(equal, lent, (first_ND, second_ND))
    return exchanged(first_ND, second_ND, draws.flags("negative", 0.5)[:, None])


def _chosen(rows: Flags, made: tuple[Digits, Digits], kept: tuple[Digits, Digits]) -> tuple[Digits, Digits]:
    """Return both numbers, ``made`` in the marked rows and ``kept`` in the others."""
    return np.where(rows[:, None], made[0], kept[0]), np.where(rows[:, None], made[1], kept[1])


def _with_run(
    first_ND: Digits, second_ND: Digits, passing_ND: Digits, pairs: Pairs, highest: int, draws: Draws, part: str
) -> tuple[Digits, Digits]:
    """Return both numbers with one of ``pairs`` at a random place and ``passing_ND`` in the second one above it."""
    bottom_N, end_N = _run(highest, draws, part)
    places = _places(first_ND.shape[1])
    run = (bottom_N[:, None] < places) & (places <= end_N[:, None])
    return _with_pair(first_ND, np.where(run, passing_ND, second_ND), pairs, bottom_N, draws, part)


def _with_pair(
    first_ND: Digits, second_ND: Digits, pairs: Pairs, place_N: NDArray[np.int64], draws: Draws, part: str
) -> tuple[Digits, Digits]:
    """Return both numbers with one of ``pairs`` at the given places (N,)."""
    pair_N2 = pairs[draws.below(f"{part}-pair", len(pairs))]
    at = _places(first_ND.shape[1]) == place_N[:, None]
    return np.where(at, pair_N2[:, :1], first_ND), np.where(at, pair_N2[:, 1:], second_ND)


def _run(highest: int, draws: Draws, part: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the pair under a run and of the run's last pair, ``highest`` at most; (N,) each."""
    bottom_N = draws.below(f"{part}-bottom", highest)
    return bottom_N, bottom_N + 1 + draws.below(f"{part}-length", highest - bottom_N)


def _places(digits: int) -> NDArray[np.int64]:
    return np.arange(digits)[::-1]
