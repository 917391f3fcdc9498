"""A trial: pairs of questions, and what patching a sub-task from the one into the other must do."""

# N pairs, A answer tokens: the sign, then the digits, highest first

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.arithmetic import Questions


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Hold pairs of questions that tell whether a node does a sub-task for one digit of the answer.

    The node's output on the stored question is put in its place on the clean one. If the node does the sub-task, its
    result alone has changed, and the answer becomes the replaced one: that of the clean question's calculation with
    this one variable taken from the stored question.

    Attributes:
        task: The sub-task, such as "SA".
        digit: Whose, None where it is of the whole question.
        target: The digit of the answer that must change, `digits + 1` for the sign.
        stored: Questions whose output is stored.
        clean: As many, into which it is patched.
        replaced_NA: uint8 (N, digits + 2), the answers with the variable replaced.
    """

    task: str
    digit: int | None
    target: int
    stored: Questions
    clean: Questions
    replaced_NA: NDArray[np.uint8]

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.clean)

    def __str__(self) -> str:
        return f"{'' if self.digit is None else f'A{self.digit}.'}{self.task} for A{self.target}"

    def first(self, count: int) -> "Trial":
        """Return the first so many pairs."""
        return Trial(
            task=self.task,
            digit=self.digit,
            target=self.target,
            stored=self.stored[:count],
            clean=self.clean[:count],
            replaced_NA=self.replaced_NA[:count],
        )

    def passed(self, patched_NA: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return bool (N,), in which pairs exactly what is expected has changed.

        The target is the replaced answer's digit. All other digits are those of the clean answer or of the replaced
        one: where a variable has a say in several digits, a node may serve one of them alone.
        """
        clean_NA = self.clean.answers()
        column = self.clean.digits + 1 - self.target
        as_expected_NA = (patched_NA == clean_NA) | (patched_NA == self.replaced_NA)
        changed_N = patched_NA[:, column] == self.replaced_NA[:, column]
        passed_N: NDArray[np.bool_] = as_expected_NA.all(axis=1) & changed_N
        return passed_N


FEWEST = 16
"""Pairs without which nothing is said of a sub-task."""


def fitting(
    task: str,
    digit: int | None,
    target: int,
    *,
    stored: Questions,
    clean: Questions,
    replaced_NA: NDArray[np.uint8],
    count: int,
    fits_N: NDArray[np.bool_] | None = None,
    groups_N: NDArray[np.int64] | None = None,
) -> Trial | None:
    """Return a trial of pairs that fit (all, where nothing says which) and whose target changes, each group in turn.

    None where they are few.
    """
    column = clean.digits + 1 - target
    changes_N = replaced_NA[:, column] != clean.answers()[:, column]
    rows = np.flatnonzero(changes_N if fits_N is None else fits_N & changes_N)
    if groups_N is not None:
        groups = groups_N[rows]
        turns = np.zeros(len(rows), np.int64)
        for group in np.unique(groups):
            turns[groups == group] = np.arange((groups == group).sum())
        rows = rows[np.argsort(turns, kind="stable")]
    rows = rows[:count]
    if len(rows) < FEWEST:
        return None
    return Trial(
        task=task,
        digit=digit,
        target=target,
        stored=stored[rows],
        clean=clean[rows],
        replaced_NA=replaced_NA[rows],
    )
