"""Trials of SC, SS, ST, MB, MT and NB: what comes out of a column."""

from collections.abc import Iterator, Sequence

import numpy as np

from seqtrain.analysis.columns import PASSES, STARTS, STOPS, Columns
from seqtrain.analysis.pairs_drawn import DRAWN, drawn, generator, is_kind
from seqtrain.analysis.trial import Trial, fitting

Cases = Sequence[tuple[int, int]]

STARTED: Cases = ((STOPS, STARTS), (STARTS, STOPS), (PASSES, STARTS), (STARTS, PASSES))
"""Cases of the clean and of the stored column where it matters whether a carry starts."""

PASSED: Cases = ((STOPS, PASSES), (PASSES, STOPS))
"""Where it matters whether one that comes in is passed on."""

ALL: Cases = (*STARTED, *PASSED)
"""Where any of three cases matters."""


def carry_trials(digits: int, kind: str, count: int, seed: int) -> Iterator[Trial]:
    """Yield trials of what comes out of column k, for each digit A_j above it that this may decide.

    Additions: SC, whether D + D' >= 10; SS, whether D + D' == 9; ST, which of the three cases (no carry, uncertain,
    carry) it is. Subtractions with an answer of at least 0: MB, whether D < D'; MT, which of the three cases (more,
    equal, less). With a negative one: NB, whether D' < D.

    In the clean question the columns k + 1 .. j - 1 pass on what comes out of column k (pairs that sum to nine; equal
    pairs). All other columns are random, those of the stored question too. Expected: the case of column k alone is
    taken from the stored question, and the carry or borrow that comes of it, with what comes into column k in the
    clean one, changes A_j by one; of the digits between, each changes with it or not; nothing else does. SC, SS, MB
    are tried for j = k + 1. In the lowest column "uncertain" is no case of its own, since nothing comes in: there SC
    and MB are all that j = 1 can tell, and for higher digits the same pairs are a trial of ST and MT.
    """
    top = digits if kind == "S" else digits - 1  # nothing is borrowed into A_n
    for digit in range(digits):
        for target in range(digit + 1, top + 1):
            for task, cases in _tasks(kind, digit, target):
                trial = _trial(task, cases, digits, kind, digit, target, count, seed)
                if trial is not None:
                    yield trial


def _tasks(kind: str, digit: int, target: int) -> Iterator[tuple[str, Cases]]:
    binary, threefold = {"S": ("SC", "ST"), "M": ("MB", "MT"), "N": ("NB", "NB")}[kind]
    if kind == "N":
        yield binary, STARTED
    elif not digit:
        yield (binary if target == 1 else threefold), STARTED
    else:
        yield threefold, ALL
        if target == digit + 1:
            yield binary, STARTED
            if kind == "S":
                yield "SS", PASSED


def _trial(
    task: str, cases: Cases, digits: int, kind: str, digit: int, target: int, count: int, seed: int
) -> Trial | None:
    rng = generator(seed, f"{task} {digit} {target}")
    clean_N, stored_N = rng.permutation(np.resize(np.array(cases), (DRAWN, 2))).T
    between = dict.fromkeys(range(digit + 1, target), PASSES)
    clean = drawn(rng, digits, kind, {**between, digit: clean_N})
    stored = drawn(rng, digits, kind, {digit: stored_N})
    replaced = Columns.of(clean, kind).with_case(digit, Columns.of(stored, kind))
    fits_N = is_kind(stored, kind) & is_kind(clean, kind)
    if kind != "S":
        fits_N &= ~replaced.incoming()[:, -1]  # else the answer's sign would be another
    return fitting(
        task,
        digit,
        target,
        stored=stored,
        clean=clean,
        replaced_NA=replaced.answers(),
        fits_N=fits_N,
        count=count,
        groups_N=3 * clean_N + stored_N,
    )
