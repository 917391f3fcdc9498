"""A written calculation as its variables: what each column of digits says, and what that makes of the answer.

Kinds are "S", additions; "M", subtractions as if the answer were at least 0 (D - D'); "N", as if it were negative
(D' - D). Column k holds the pair of digits k; the arrays here have the lowest digit first.
"""

# N questions, K columns, the lowest first

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import MINUS, PLUS, Questions

STOPS, PASSES, STARTS = 0, 1, 2
"""The three cases of a column: no carry (borrow) comes out; one comes out if one comes in; one comes out."""


def base(kind: str, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return what a column of a kind says of its own digit: SA, MD or ND.

    >>> [int(base(kind, np.array(3), np.array(8))) for kind in "SMN"]
    [1, 5, 5]
    """
    a, b = first.astype(np.int64), second.astype(np.int64)
    signed: NDArray[np.int64] = {"S": a + b, "M": a - b, "N": b - a}[kind]
    return signed % 10


def case(kind: str, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return what a column of a kind says of the next one: ST or MT, one of STOPS, PASSES, STARTS.

    >>> [int(case("S", np.array(4), np.array(digit))) for digit in (4, 5, 6)]
    [0, 1, 2]
    >>> [int(case("M", np.array(4), np.array(digit))) for digit in (3, 4, 5)]
    [0, 1, 2]
    """
    a, b = first.astype(np.int64), second.astype(np.int64)
    over: NDArray[np.int64] = {"S": a + b - 9, "M": b - a, "N": a - b}[kind]
    return np.sign(over) + 1


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Hold the variables of calculations of one kind.

    Attributes:
        kind: "S", "M" or "N".
        base_NK: 0..9, each column's own digit without what comes in.
        case_NK: What comes out of it.
    """

    kind: str
    base_NK: NDArray[np.int64]
    case_NK: NDArray[np.int64]

    @classmethod
    def of(cls, questions: Questions, kind: str) -> Self:
        """Return the variables of questions, read as this kind whatever they ask for."""
        first_NK, second_NK = questions.first_ND[:, ::-1], questions.second_ND[:, ::-1]
        return cls(kind=kind, base_NK=base(kind, first_NK, second_NK), case_NK=case(kind, first_NK, second_NK))

    def with_base(self, digit: int, other: "Columns") -> "Columns":
        """Return these calculations with one column's own digit taken from others."""
        base_NK = self.base_NK.copy()
        base_NK[:, digit] = other.base_NK[:, digit]
        return replace(self, base_NK=base_NK)

    def with_case(self, digit: int, other: "Columns") -> "Columns":
        """Return these calculations with what comes out of one column taken from others."""
        case_NK = self.case_NK.copy()
        case_NK[:, digit] = other.case_NK[:, digit]
        return replace(self, case_NK=case_NK)

    def incoming(self) -> NDArray[np.bool_]:
        """Return bool (N, columns + 1): what comes into each column, and last what comes out of the highest."""
        incoming_NK = np.zeros((len(self.case_NK), self.case_NK.shape[1] + 1), np.bool_)
        for column, case_N in enumerate(self.case_NK.T):
            incoming_NK[:, column + 1] = (case_N == STARTS) | ((case_N == PASSES) & incoming_NK[:, column])
        return incoming_NK

    def answers(self) -> NDArray[np.uint8]:
        """Return uint8 (N, columns + 2): the tokens of sign and digits that these variables make.

        >>> Columns.of(Questions.parse(["72-08="]), "M").answers().tolist()
        [[10, 0, 6, 4]]
        """
        incoming_NK = self.incoming()
        step = 1 if self.kind == "S" else -1
        digits_NK = (self.base_NK + step * incoming_NK[:, :-1]) % 10
        top_N = incoming_NK[:, -1] if self.kind == "S" else np.zeros(len(digits_NK), np.bool_)
        sign_N = np.full(len(digits_NK), MINUS if self.kind == "N" else PLUS)
        return np.column_stack([sign_N, top_N, digits_NK[:, ::-1]]).astype(np.uint8)
