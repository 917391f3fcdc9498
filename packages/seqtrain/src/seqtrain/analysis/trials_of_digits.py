"""Trials of SA, MD and ND: what a column says of its own digit."""

from collections.abc import Iterator

from seqtrain.analysis.columns import STARTS, STOPS, Columns
from seqtrain.analysis.pairs_drawn import DRAWN, drawn, generator, is_kind
from seqtrain.analysis.trial import Trial, fitting

TASKS = {"S": "SA", "M": "MD", "N": "ND"}
"""The sub-task of each kind of questions."""


def digit_trials(digits: int, kind: str, count: int, seed: int) -> Iterator[Trial]:
    """Yield a trial for every digit k of SA, (D + D') mod 10; MD, (D - D') mod 10; or ND, (D' - D) mod 10.

    Stored and clean questions are random but for column k, where both are of one case, so that what comes out of it is
    the same. Expected: A_k becomes the stored column's digit with the clean carry or borrow into it, and nothing else
    changes. A node that also brings that carry, or another column, fails.
    """
    task = TASKS[kind]
    for digit in range(digits):
        rng = generator(seed, f"{task} {digit}")
        case_N = rng.choice([STOPS, STARTS], DRAWN)
        stored, clean = (drawn(rng, digits, kind, {digit: case_N}) for _ in range(2))
        replaced = Columns.of(clean, kind).with_base(digit, Columns.of(stored, kind))
        trial = fitting(
            task,
            digit,
            digit,
            stored=stored,
            clean=clean,
            replaced_NA=replaced.answers(),
            fits_N=is_kind(stored, kind) & is_kind(clean, kind),
            count=count,
        )
        if trial is not None:
            yield trial
