"""Questions of addition and subtraction, many at once, with their answers and how hard they are.

Shapes: N questions, D digits of each number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.arithmetic.columns import Digits, Flags, added, exchanged, is_less, longest_chain, subtracted
from seqgen.arithmetic.difficulty import KINDS, LARGEST_LEVEL, class_name
from seqgen.arithmetic.symbols import EQUALS, MAX_DIGITS, MINUS, PLUS, SYMBOLS


@dataclass(frozen=True, eq=False)
class Questions:
    """Questions whose numbers have the same number of digits, 1 to 20.

    Attributes:
        first_ND: (N, digits) uint8, the first numbers, most significant digit first.
        second_ND: (N, digits) uint8, the second ones.
        subtract_N: (N,) bool, true where the second is subtracted, false where it is added.

    >>> asked = Questions.parse(["133357+182243=", "550030-800020="])
    >>> asked.texts()
    ['133357+182243=+0315600', '550030-800020=-0249990']
    >>> asked.difficulties()
    ['S2', 'N3']
    """

    first_ND: Digits
    second_ND: Digits
    subtract_N: Flags

    def __post_init__(self) -> None:
        rows = len(self.subtract_N)
        for name, dtype, dimensions in (("first_ND", np.uint8, 2), ("second_ND", np.uint8, 2), ("subtract_N", bool, 1)):
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != dimensions:
                raise TypeError(f"{name}={array!r}: give an array of {np.dtype(dtype)} with {dimensions} dimensions")
        if self.first_ND.shape != self.second_ND.shape or len(self.first_ND) != rows:
            raise ValueError(
                f"first_ND {self.first_ND.shape}, second_ND {self.second_ND.shape}, subtract_N ({rows},): "
                "give (N, digits) twice and (N,)"
            )
        integer("digits", self.digits, 1, MAX_DIGITS)
        for name in ("first_ND", "second_ND"):
            largest = int(getattr(self, name).max(initial=0))
            if largest > 9:
                raise ValueError(f"{name} holds {largest}: give digits from 0 to 9")

    @classmethod
    def of(cls, first: Sequence[int], second: Sequence[int], operation: str | Sequence[str], digits: int) -> Self:
        """Return the questions that ask for ``first[i] operation second[i]``.

        Args:
            first: Non-negative integers of at most ``digits`` digits.
            second: As many.
            operation: "+" or "-" for all, or one for each.
            digits: 1 to 20.

        >>> Questions.of([7], [19], "-", digits=2).texts()
        ['07-19=-012']
        """
        digits = integer("digits", digits, 1, MAX_DIGITS)
        signs = [operation] * len(first) if isinstance(operation, str) else list(operation)
        if not len(first) == len(second) == len(signs):
            raise ValueError(
                f"first, second, operation: give as many of each, not {len(first)}, {len(second)}, {len(signs)}"
            )
        for sign in signs:
            if sign not in ("+", "-"):
                raise ValueError(f"operation={sign!r}: give '+' or '-'")
        numbers = [
            "".join(f"{integer(f'{name}[{i}]', value, 0, 10**digits - 1):0{digits}}" for i, value in enumerate(values))
            for name, values in (("first", first), ("second", second))
        ]
        first_ND, second_ND = (_digits(text).reshape(len(first), digits) for text in numbers)
        return cls(first_ND, second_ND, np.array([sign == "-" for sign in signs], np.bool_))

    @classmethod
    def parse(cls, texts: Iterable[str], digits: int | None = None) -> Self:
        """Return the questions that ``texts`` ask, each with or without its answer.

        Args:
            texts: such as "0123450-0345670=" or "0123450-0345670=-00222220"; the ``=`` may be left out of a question.
            digits: that every number must have; None: as many as the first text's first number.

        Raises:
            ValueError: a text is no question, has other digits, or states another answer than the right one.

        >>> Questions.parse(["05+07=+13"])
        Traceback (most recent call last):
        ...
        ValueError: texts[0]='05+07=+13': the answer is '+012'
        """
        from seqgen.arithmetic.reading import read

        return cls(*read(texts, digits))

    @property
    def digits(self) -> int:
        """The digits of each number."""
        return int(self.first_ND.shape[1])

    def __len__(self) -> int:
        """The number of questions."""
        return len(self.subtract_N)

    def __getitem__(self, index: Any) -> "Questions":
        """Return the questions that a slice, a mask or an array of integers chooses."""
        if not isinstance(index, slice):
            index = np.atleast_1d(np.asarray(index))
            index = index if index.size else index.astype(np.int64)
        return Questions(self.first_ND[index], self.second_ND[index], self.subtract_N[index])

    def answers(self) -> Digits:
        """Return (N, digits + 2) uint8: the token of the answer's sign, then its digits + 1 digits.

        >>> Questions.parse(["5-7="]).answers().tolist()
        [[11, 0, 2]]
        """
        answers = np.empty((len(self), self.digits + 2), np.uint8)
        answers[:, 0] = np.where(self._negative, MINUS, PLUS)
        answers[:, 1:] = self._worked[0]
        return answers

    def prompts(self) -> Digits:
        """Return (N, 2 * digits + 2) uint8: the tokens up to and with ``=``.

        >>> Questions.parse(["5-7="]).prompts().tolist()
        [[5, 11, 7, 12]]
        """
        digits = self.digits
        prompts = np.empty((len(self), 2 * digits + 2), np.uint8)
        prompts[:, :digits] = self.first_ND
        prompts[:, digits] = np.where(self.subtract_N, MINUS, PLUS)
        prompts[:, digits + 1 : -1] = self.second_ND
        prompts[:, -1] = EQUALS
        return prompts

    def tokens(self) -> Digits:
        """Return (N, 3 * digits + 4) uint8: the questions with their answers.

        >>> Questions.parse(["5-7="]).tokens().tolist()
        [[5, 11, 7, 12, 11, 0, 2]]
        """
        return np.concatenate([self.prompts(), self.answers()], axis=1)

    def texts(self) -> list[str]:
        """Return each question with its answer."""
        return texts_of(self.tokens())

    def kinds(self) -> NDArray[np.uint8]:
        """Return (N,) uint8: 0 an addition (S), 1 a subtraction with an answer of at least 0 (M), 2 a negative one (N).

        >>> Questions.parse(["2+3=", "5-5=", "5-7="]).kinds().tolist()
        [0, 1, 2]
        """
        return self.subtract_N.astype(np.uint8) + self._negative

    def levels(self) -> NDArray[np.uint8]:
        """Return (N,) uint8: how far carries or borrows cascade.

        An addition is of level 0 without a carry, else of 1 and the most pairs that sum to nine in a row directly
        above a carry, at most 5. A subtraction likewise with borrows and equal pairs, at most 4; where its answer is
        negative, the borrows are those of the second number less the first.

        >>> Questions.parse(["44+55=", "45+55=", "50-49=", "49-50="]).levels().tolist()
        [0, 2, 1, 1]
        """
        passing = np.where(
            self.subtract_N[:, None], self.first_ND == self.second_ND, self.first_ND + self.second_ND == 9
        )
        moved = self._worked[1]
        chains = longest_chain(passing, moved)
        largest = np.where(self.subtract_N, LARGEST_LEVEL["M"] - 1, LARGEST_LEVEL["S"] - 1)
        return (moved.any(axis=1) * (1 + np.minimum(chains, largest))).astype(np.uint8)

    def difficulties(self) -> list[str]:
        """Return each question's kind and level; M4 and N4 stand for more too and are written M4+ and N4+."""
        names = [[class_name(kind, level) for level in range(LARGEST_LEVEL[kind] + 1)] for kind in KINDS]
        return [names[kind][level] for kind, level in zip(self.kinds().tolist(), self.levels().tolist(), strict=True)]

    def patterns(self) -> NDArray[np.int64]:
        """Return (N,) int64: bit i is set where a carry or borrow comes out of digit i, the lowest being 0.

        >>> Questions.parse(["95+06=", "10-01="]).patterns().tolist()
        [3, 1]
        """
        weights = np.int64(1) << np.arange(self.digits, dtype=np.int64)[::-1]
        return np.asarray(self._worked[1] @ weights)

    @cached_property
    def _negative(self) -> Flags:
        return self.subtract_N & is_less(self.first_ND, self.second_ND)

    @cached_property
    def _worked(self) -> tuple[Digits, Flags]:
        """The answers' digits (N, digits + 1), and the carries or borrows (N, digits)."""
        larger, smaller = exchanged(self.first_ND, self.second_ND, self._negative[:, None])
        values, carries = added(self.first_ND, self.second_ND)
        difference, borrows = subtracted(larger, smaller)
        subtract = self.subtract_N[:, None]
        values[:, 1:] = np.where(subtract, difference, values[:, 1:])
        values[:, 0] *= ~self.subtract_N
        return values, np.where(subtract, borrows, carries)


def texts_of(tokens_NT: Digits) -> list[str]:
    """Return rows of tokens (N, length) as texts.

    >>> texts_of(np.array([[5, 10, 0, 12]], np.uint8))
    ['5+0=']
    """
    table = np.frombuffer(SYMBOLS.encode(), np.uint8)
    rows, length = tokens_NT.shape
    text = table[tokens_NT].tobytes().decode()
    return [text[row * length : (row + 1) * length] for row in range(rows)]


def _digits(text: str) -> Digits:
    return np.frombuffer(text.encode(), np.uint8) - np.uint8(ord("0"))
