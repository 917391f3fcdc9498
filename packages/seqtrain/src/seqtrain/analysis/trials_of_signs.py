"""Trials of GT and SGN: which number is greater, and what the sign does."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import MINUS, PLUS
from seqtrain.analysis.columns import PASSES, STARTS, STOPS, Columns
from seqtrain.analysis.pairs_drawn import ANY, DRAWN, drawn, generator, is_kind
from seqtrain.analysis.trial import Trial, fitting


def comparison_trials(digits: int, count: int, seed: int) -> Iterator[Trial]:
    """Yield a trial of GT for every digit k: the first unequal pair decides the sign.

    Clean questions are subtractions whose pairs above k are equal; stored ones are random but for column k, so that
    there a higher pair often says otherwise. Expected: the sign is the one that the stored order of the pair k
    (less, equal, greater) makes of the clean question, and no digit changes, each being asked after the clean sign.
    A node that carries the order of the whole numbers fails; that is SGN for the sign.
    """
    for digit in range(digits):
        rng = generator(seed, f"GT {digit}")
        above = dict.fromkeys(range(digit + 1, digits), PASSES)
        clean = drawn(rng, digits, "M", {**above, digit: rng.integers(0, 3, DRAWN)})
        stored = drawn(rng, digits, "M", {digit: rng.integers(0, 3, DRAWN)})
        replaced = Columns.of(clean, "M").with_case(digit, Columns.of(stored, "M"))
        replaced_NA = clean.answers()
        replaced_NA[:, 0] = np.where(replaced.incoming()[:, -1], MINUS, PLUS)
        trial = fitting(
            "GT",
            digit,
            digits + 1,
            stored=stored,
            clean=clean,
            replaced_NA=replaced_NA,
            count=count,
        )
        if trial is not None:
            yield trial


def sign_trials(digits: int, count: int, seed: int) -> Iterator[Trial]:
    """Yield trials of SGN: the sign chooses between D - D' and D' - D, for each digit and for the sign itself.

    Stored and clean questions are random subtractions whose answers have different signs, decided by the highest pair
    in half of them, by the next one in a quarter, and so on. Expected: A_j becomes what the other subtraction has
    there, column by column (the digit of 10^n less the answer); other digits, and the sign, change likewise or not at
    all. For the sign, a node that knows only the highest pair fails.
    """
    for target in (*range(digits), digits + 1):
        rng = generator(seed, f"SGN {target}")
        order_N = rng.choice([STOPS, STARTS], DRAWN)
        clean = drawn(rng, digits, "M", _decided(rng, digits, order_N))
        stored = drawn(rng, digits, "M", _decided(rng, digits, STARTS + STOPS - order_N))
        of_M = is_kind(clean, "M")
        replaced_NA = np.where(of_M[:, None], Columns.of(clean, "N").answers(), Columns.of(clean, "M").answers())
        trial = fitting(
            "SGN",
            None,
            target,
            stored=stored,
            clean=clean,
            replaced_NA=replaced_NA,
            count=count,
        )
        if trial is not None:
            yield trial


def _decided(rng: np.random.Generator, digits: int, order_N: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return cases of columns: the first unequal pair, in half of the questions the highest, is in this order."""
    deciding_N = np.maximum(0, digits - rng.geometric(0.5, DRAWN))
    columns = range(digits)
    return {digit: np.select([deciding_N == digit, deciding_N < digit], [order_N, PASSES], ANY) for digit in columns}
