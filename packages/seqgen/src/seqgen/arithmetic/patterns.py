"""Questions with a given pattern of carries or borrows.

Which pairs of digits a place may hold depends on what comes in from below and what must go out, and on nothing else:
a question with a pattern is one free choice for each place.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqgen.arguments import integer
from seqgen.arithmetic.columns import Digits, exchanged
from seqgen.arithmetic.drawing import Draws
from seqgen.arithmetic.pairs import BORROWING, CARRYING, EQUAL, LENDING, NINES, STOPPING, PairSets
from seqgen.arithmetic.questions import Questions
from seqgen.arithmetic.symbols import MAX_DIGITS

OneOperation = Literal["add", "sub"]

# In this order: nothing comes in, nothing goes out; nothing in, one out; one in, nothing out; one in, one out.
_ADDED = PairSets([np.concatenate([STOPPING, NINES]), CARRYING, STOPPING, np.concatenate([NINES, CARRYING])])
_SUBTRACTED = PairSets([np.concatenate([LENDING, EQUAL]), BORROWING, LENDING, np.concatenate([EQUAL, BORROWING])])


def possible_patterns(digits: int, operation: OneOperation) -> NDArray[np.int64]:
    """Return all patterns that questions have: 2**digits of carries, half as many of borrows.

    The larger number less the smaller never borrows at the top.

    >>> possible_patterns(2, "add").tolist(), possible_patterns(2, "sub").tolist()
    ([0, 1, 2, 3], [0, 1])
    """
    digits = integer("digits", digits, 1, MAX_DIGITS)
    return np.arange(1 << (digits - (_checked(operation) == "sub")), dtype=np.int64)


def with_patterns(
    digits: int, operation: OneOperation, patterns: ArrayLike, seed: int = 0, first: int = 0, purpose: str = "pattern"
) -> Questions:
    """Return one question for each of ``patterns``: bit i is set where a carry or borrow comes out of digit i.

    All pairs of numbers with the pattern are equally likely. The borrows are those of the larger number less the
    smaller; which of them stands first, and so the answer's sign, is a coin's toss.

    Args:
        digits: of each number, 1 to 20.
        operation: "add" or "sub".
        patterns: (N,) integers among `possible_patterns`.
        seed: 0 to 2**64 - 1.
        first: index of the first question: question i is a function of its pattern and ``first + i``.
        purpose: what the questions are for.

    Raises:
        ValueError: no question has such a pattern.

    >>> every = possible_patterns(4, "sub")
    >>> with_patterns(4, "sub", every).patterns().tolist() == every.tolist()
    True
    """
    possible = len(possible_patterns(digits, operation))
    wanted_N = np.asarray(patterns)
    if wanted_N.ndim != 1 or (wanted_N.size and wanted_N.dtype.kind not in "iu"):
        raise TypeError(f"patterns={patterns!r}: give integers in one dimension")
    for pattern in wanted_N[(wanted_N < 0) | (wanted_N >= possible)][:1]:
        why = " (the larger number less the smaller borrows nothing at the top)" if operation == "sub" else ""
        raise ValueError(f"patterns hold {pattern}: give integers from 0 to {possible - 1} for {digits} digits{why}")
    draws = Draws(purpose, seed, integer("first", first, 0), len(wanted_N))
    first_ND, second_ND = (np.empty((len(wanted_N), digits), np.uint8) for _ in range(2))
    sets = _SUBTRACTED if operation == "sub" else _ADDED
    comes_in = np.zeros(len(wanted_N), np.int64)
    for place in range(digits):
        goes_out = (wanted_N >> place) & 1
        of = 2 * comes_in + goes_out
        column = digits - 1 - place
        number = draws.below(f"pattern-{place}", sets.sizes[of])
        first_ND[:, column], second_ND[:, column] = sets.take(of, number)
        comes_in = goes_out
    return Questions(*_either_sign(first_ND, second_ND, operation, draws), np.full(len(wanted_N), operation == "sub"))


def with_pattern(
    digits: int,
    operation: OneOperation,
    pattern: int,
    count: int,
    seed: int = 0,
    first: int = 0,
    purpose: str = "pattern",
) -> Questions:
    """Return ``count`` questions with one pattern, as `with_patterns` draws them.

    >>> with_pattern(3, "add", 0b011, 2).patterns().tolist()
    [3, 3]
    """
    pattern = integer("pattern", pattern, 0, len(possible_patterns(digits, operation)) - 1)
    patterns = np.full(integer("count", count, 0), pattern)
    return with_patterns(digits, operation, patterns, seed, first, purpose)


def _checked(operation: str) -> str:
    if operation not in ("add", "sub"):
        raise ValueError(f"operation={operation!r}: give 'add' or 'sub'")
    return operation


def _either_sign(first_ND: Digits, second_ND: Digits, operation: str, draws: Draws) -> tuple[Digits, Digits]:
    if operation == "add":
        return first_ND, second_ND
    return exchanged(first_ND, second_ND, draws.shares("negative")[:, None] < 0.5)
