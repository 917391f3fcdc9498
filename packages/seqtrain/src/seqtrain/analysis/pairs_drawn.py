"""Questions drawn with some of their columns as asked for."""

# N questions, D digits, the highest first

from collections.abc import Mapping
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import Questions
from seqtrain.analysis.columns import case

DRAWN = 4096
"""Questions drawn at once, from which those are taken that fit."""

ANY = -1
"""Any case of a column."""


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of a seed and a name."""
    return np.random.default_rng([seed, crc32(name.encode())])


def drawn(
    rng: np.random.Generator, digits: int, kind: str, cases: Mapping[int, int | NDArray[np.int64]] | None = None
) -> Questions:
    """Return many random questions of an operation, some columns being of given cases.

    Args:
        rng: Where they come from.
        digits: Of each number.
        kind: "S", "M" or "N": what cases are counted by. Questions of "M" and "N" are subtractions of either sign.
        cases: For some digits, STOPS, PASSES, STARTS or ANY, for all questions or for each.
    """
    first_ND, second_ND = rng.integers(0, 10, (2, DRAWN, digits), dtype=np.uint8)
    a, b = np.divmod(np.arange(100, dtype=np.uint8), np.uint8(10))
    for digit, wanted in (cases or {}).items():
        wanted_N = np.broadcast_to(wanted, DRAWN)
        for value in range(3):
            rows = wanted_N == value
            fitting = np.flatnonzero(case(kind, a, b) == value)
            chosen = fitting[rng.integers(0, len(fitting), int(rows.sum()))]
            column = digits - 1 - digit
            first_ND[rows, column], second_ND[rows, column] = a[chosen], b[chosen]
    return Questions(first_ND, second_ND, np.full(DRAWN, kind != "S"))


def is_kind(questions: Questions, kind: str) -> NDArray[np.bool_]:
    """Return bool (N,), which questions are of a kind."""
    of_kind_N: NDArray[np.bool_] = questions.kinds() == "SMN".index(kind)
    return of_kind_N
