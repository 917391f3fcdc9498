"""The sequences of a batch while each is being continued by one token a step."""

# R rows, B those asked about, T tokens

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Rows = slice | Integers
"""Which rows: `EVERY` until the first one ends, then their numbers."""

EVERY = slice(None)


class Histories:
    """Hold prompts and what was predicted behind them.

    Prompts are aligned to the right, so that every step fills one column.

    Args:
        prompts: Tokens, at least one a prompt.
        steps: How many predictions there may be of each.
        end_token: Which of them ends its row.
        sure: Whether their probabilities are to be taken too.

    Attributes:
        rows: Those that have not ended.
        end: How many columns are filled.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], steps: int, *, end_token: int | None, sure: bool) -> None:
        self._prompt_lengths = np.array([len(prompt) for prompt in prompts], dtype=np.int64)
        self._first = self.end = int(self._prompt_lengths.max())
        self._tokens = np.zeros((len(prompts), self.end + steps), dtype=np.int64)
        filled_RT = np.arange(self.end) >= self.end - self._prompt_lengths[:, None]
        self._tokens[:, : self.end][filled_RT] = np.fromiter(chain.from_iterable(prompts), dtype=np.int64)
        self._probabilities = np.zeros((len(prompts), steps if sure else 0), dtype=np.float64)
        self._predictions = np.full(len(prompts), steps)
        self._end_token = end_token
        self.rows: Rows = EVERY

    def append(self, rows: Rows, tokens_B: Integers) -> None:
        """Take the prediction of some rows for the column that is being filled."""
        self._tokens[rows, self.end] = tokens_B

    def append_probabilities(self, rows: Rows, probabilities_B: NDArray[np.float32]) -> None:
        """Take the probabilities of these predictions."""
        self._probabilities[rows, self.end - self._first] = probabilities_B

    def advance(self) -> None:
        """Go to the next column, without the rows whose prediction was END."""
        if self._end_token is not None:
            ends_B = self._tokens[self.rows, self.end] == self._end_token
            if ends_B.any():
                rows_B = self.numbers(self.rows)
                self._predictions[rows_B[ends_B]] = self.end - self._first + 1
                self.rows = rows_B[~ends_B]
        self.end += 1

    def numbers(self, rows: Rows) -> Integers:
        """Return the numbers of rows."""
        return np.arange(len(self._tokens))[rows]

    def lengths(self, rows: Rows) -> Integers:
        """Return how many tokens rows have, (B,)."""
        return self._prompt_lengths[rows] + (self.end - self._first)

    def newest(self, rows: Rows) -> Integers:
        """Return the last token of rows, (B, 1)."""
        return self._tokens[rows, self.end - 1 : self.end]

    def last(self, rows: Rows, lengths_B: Integers) -> Integers:
        """Return the last tokens of rows, so many of each, aligned to the left: (B, T)."""
        columns_BT = np.minimum(self.end - lengths_B[:, None] + np.arange(lengths_B.max()), self.end - 1)
        return self._tokens[self.numbers(rows)[:, None], columns_BT]

    def predictions(self) -> Iterator[tuple[tuple[int, ...], tuple[float, ...], bool]]:
        """Yield each row's tokens, without END, their probabilities, END's last, and whether END came."""
        rows_R = np.arange(len(self._tokens))
        last_R = self._tokens[rows_R, np.maximum(self._first + self._predictions - 1, 0)]
        ended_R = (self._predictions > 0) & (last_R == (-1 if self._end_token is None else self._end_token))
        rows = (self._tokens[:, self._first :], self._probabilities, self._predictions, ended_R)
        for tokens, shares, count, ended in zip(*(each.tolist() for each in rows), strict=True):
            yield tuple(tokens)[: count - ended], tuple(shares)[:count], ended  # a tuple's whole is no copy
