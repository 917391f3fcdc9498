"""Questions made anew so that carries and borrows run far.

Each function takes the digits of both numbers, (N, digits) most significant first, and what is drawn for the rows, and
returns both numbers. A digit's place counts from 0 for the lowest.
"""

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic.columns import Digits, exchanged, is_less
from seqgen.arithmetic.drawing import Draws
from seqgen.arithmetic.pairs import BORROWING, CARRYING, LENDING, STOPPING, Pairs

_Places = NDArray[np.int64]


def with_nines(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    """Put a run of pairs that sum to nine somewhere: three in four above a pair that carries, else one that stops.

    Half of the rows have got another such run before, the pair below it being of either sort.
    """
    both = _half_with_run(first_ND, second_ND, 9 - first_ND, np.concatenate([CARRYING, STOPPING]), draws)
    below = np.concatenate([CARRYING, CARRYING, CARRYING, STOPPING])
    return _with_run(*both, 9 - both[0], below, first_ND.shape[1] - 1, draws, "run")


def with_borrows(first_ND: Digits, second_ND: Digits, draws: Draws) -> tuple[Digits, Digits]:
    """Put a run of equal pairs somewhere below the top: three in four above a pair that borrows, else one that lends.

    Half of the rows have got another run before, the pair below it being of either sort. Half of the answers are
    negative: the borrows are those of the larger number less the smaller.
    """
    highest = first_ND.shape[1] - 2
    both = _half_with_run(first_ND, second_ND, first_ND, np.concatenate([BORROWING, LENDING]), draws)
    below = np.concatenate([BORROWING, BORROWING, BORROWING, LENDING])
    first_ND, second_ND = _with_run(*both, both[0], below, highest, draws, "run")
    # The borrow must be lent: above the run, the first number is the larger one.
    end_N = _run(highest, draws, "run")[1]
    above = _places(first_ND) > end_N[:, None]
    first_above, second_above = first_ND * above, second_ND * above
    less_N = is_less(first_above, second_above)
    first_ND, second_ND = exchanged(first_ND, second_ND, above & less_N[:, None])
    equal = np.flatnonzero((first_above == second_above).all(axis=1))
    _put_pairs(first_ND, second_ND, LENDING, equal, end_N + 1, draws, "lent")
    return exchanged(first_ND, second_ND, draws.shares("negative")[:, None] < 0.5)


def _half_with_run(
    first_ND: Digits, second_ND: Digits, passing_ND: Digits, pairs: Pairs, draws: Draws
) -> tuple[Digits, Digits]:
    half = draws.shares("other-half") < 0.5
    made = _with_run(first_ND, second_ND, passing_ND, pairs, first_ND.shape[1] - 1, draws, "other")
    return np.where(half[:, None], made[0], first_ND), np.where(half[:, None], made[1], second_ND)


def _with_run(
    first_ND: Digits, second_ND: Digits, passing_ND: Digits, pairs: Pairs, highest: int, draws: Draws, part: str
) -> tuple[Digits, Digits]:
    """Return both numbers with one of ``pairs`` at a random place and ``passing_ND`` in the second one above it."""
    bottom_N, end_N = _run(highest, draws, part)
    places = _places(first_ND)
    run = (bottom_N[:, None] < places) & (places <= end_N[:, None])
    first_ND, second_ND = first_ND.copy(), np.where(run, passing_ND, second_ND)
    _put_pairs(first_ND, second_ND, pairs, np.arange(len(first_ND)), bottom_N, draws, part)
    return first_ND, second_ND


def _run(highest: int, draws: Draws, part: str) -> tuple[_Places, _Places]:
    """Return the places (N,) of the pair under a run and of the run's last pair, ``highest`` at most."""
    bottom_N = draws.below(f"{part}-bottom", highest)
    return bottom_N, bottom_N + 1 + draws.below(f"{part}-length", highest - bottom_N)


def _put_pairs(
    first_ND: Digits, second_ND: Digits, pairs: Pairs, rows: _Places, place_N: _Places, draws: Draws, part: str
) -> None:
    """Write one of ``pairs`` at each row's place into some rows of both numbers."""
    chosen = pairs[draws.below(f"{part}-pair", len(pairs))[rows]]
    columns = first_ND.shape[1] - 1 - place_N[rows]
    first_ND[rows, columns], second_ND[rows, columns] = chosen[:, 0], chosen[:, 1]


def _places(digits_ND: Digits) -> NDArray[np.int8]:
    return np.arange(digits_ND.shape[1], dtype=np.int8)[::-1]
