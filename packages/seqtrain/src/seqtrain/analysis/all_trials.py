"""Every sub-task that a model may do, by the kinds of questions it answers."""

from collections.abc import Iterator

from seqtrain.analysis.trial import Trial
from seqtrain.analysis.trials_of_carries import carry_trials
from seqtrain.analysis.trials_of_digits import digit_trials
from seqtrain.analysis.trials_of_operations import operation_trials
from seqtrain.analysis.trials_of_signs import comparison_trials, sign_trials

PAIRS = 64
"""Pairs of questions in a trial."""


def all_trials(digits: int, kinds: str, seed: int, count: int = PAIRS) -> Iterator[Trial]:
    """Yield the trials of all sub-tasks.

    Args:
        digits: Of each number.
        kinds: Those that the model can answer, of "S", "M" and "N".
        seed: Which questions; the same arguments always give the same ones.
        count: Pairs in a trial.
    """
    for kind in kinds:
        yield from digit_trials(digits, kind, count, seed)
        yield from carry_trials(digits, kind, count, seed)
    if "M" in kinds and "N" in kinds:
        yield from comparison_trials(digits, count, seed)
        yield from sign_trials(digits, count, seed)
    if set(kinds) == set("SMN"):
        yield from operation_trials(digits, count, seed)
