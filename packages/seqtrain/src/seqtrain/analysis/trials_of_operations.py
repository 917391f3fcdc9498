"""Trials of OPR: whether to add or to subtract."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from seqtrain.analysis.columns import STARTS, STOPS, Columns
from seqtrain.analysis.pairs_drawn import DRAWN, drawn, generator
from seqtrain.analysis.trial import Trial, fitting


def operation_trials(digits: int, count: int, seed: int) -> Iterator[Trial]:
    """Yield trials of OPR for each digit of the answer and for its sign.

    One of both questions adds, the other subtracts; they are random, and the first number is the greater one in both,
    so that both answers are positive; for the sign it is the smaller one in both. Expected: A_j becomes what the other
    operation makes of the clean question; other digits change likewise or not at all.
    """
    for target in range(digits + 2):
        rng = generator(seed, f"OPR {target}")
        kind = "N" if target == digits + 1 else "M"
        clean, stored = (drawn(rng, digits, "M", {digits - 1: STARTS if kind == "N" else STOPS}) for _ in range(2))
        adds_N = rng.random(DRAWN) < 0.5
        clean, stored = replace(clean, subtract_N=~adds_N), replace(stored, subtract_N=adds_N)
        replaced_NA = np.where(adds_N[:, None], Columns.of(clean, kind).answers(), Columns.of(clean, "S").answers())
        trial = fitting(
            "OPR",
            None,
            target,
            stored=stored,
            clean=clean,
            replaced_NA=replaced_NA,
            count=count,
        )
        if trial is not None:
            yield trial
