"""Sequences continued one step at a time, by the most probable outcome or by a drawn one."""

# V outcomes

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary
from seqserve.protocols import Prediction
from seqserve.sampling import Sampling
from seqserve.slots import Slots


def step_by_step(
    slots: Slots,
    vocabulary: IntegerVocabulary,
    sequences: Sequence[Sequence[int]],
    steps: int,
    *,
    top: int = 0,
    sampling: Sampling | None = None,
    first: int = 0,
) -> Iterator[list[tuple[int, Prediction]]]:
    """Yield the predictions of each step, with the rows that they are of; a row ends with END.

    Args:
        slots: One for each sequence, all empty.
        vocabulary: What tokens mean.
        sequences: Terms.
        steps: How many at most.
        top: How many of the most probable outcomes each prediction holds.
        sampling: How to draw; None: take the most probable.
        first: The number of the first sequence, for drawing.

    Raises:
        ValueError: Outcomes are to be drawn, and the model predicts numbers.
    """
    for slot, sequence in enumerate(sequences):
        slots.take(slot, vocabulary.encode(sequence).tolist())
    running = list(range(len(sequences)))
    for step in range(steps):
        outlook = slots.read(running)
        if sampling is not None and np.isnan(outlook.sureness_B).any():
            raise ValueError("temperature: this model predicts a number and no probabilities to draw by")
        found = []
        for row, slot in enumerate(running):
            logits_V, token = outlook.logits_BV[row], int(outlook.best_B[row])
            if sampling is not None:
                token = sampling.choose(logits_V, sequence=first + slot, step=step)
            sure = float(outlook.sureness_B[row])
            found.append((slot, predicted(vocabulary, token, logits_V, sure, top)))
            if token != vocabulary.end_token:
                slots.append(slot, token)
        yield found
        running = [slot for slot, prediction in found if prediction.term is not None]
        if not running:
            return


def predicted(
    vocabulary: IntegerVocabulary, token: int, logits_V: NDArray[np.float32], sureness: float, top: int
) -> Prediction:
    """Return the prediction that is a token.

    Args:
        vocabulary: What tokens mean.
        token: What was chosen.
        logits_V: float32, one for each outcome.
        sureness: The probability of the most probable one; NaN where there are no probabilities.
        top: How many of the most probable outcomes to name.
    """
    if math.isnan(sureness):
        return Prediction(_term(vocabulary, token), sureness)
    best = top_outcomes(logits_V, max(top, 1), sureness)
    share = sureness * math.exp(float(logits_V[token]) - float(logits_V[best[0][0]]))
    return Prediction(
        _term(vocabulary, token), share, tuple((_term(vocabulary, one), part) for one, part in best[:top])
    )


def top_outcomes(logits_V: NDArray[np.float32], count: int, sureness: float) -> list[tuple[int, float]]:
    """Return the most probable outcomes and their probabilities, the best first.

    Args:
        logits_V: float32, one for each outcome.
        count: How many; all, where there are fewer.
        sureness: The probability of the best, from which the others' follow.

    >>> [(one, round(share, 3)) for one, share in top_outcomes(np.log([0.1, 0.6, 0.3]), 2, 0.6)]
    [(1, 0.6), (2, 0.3)]
    """
    if count == 1:
        return [(int(logits_V.argmax()), sureness)]
    order = np.argsort(-logits_V, kind="stable")[:count].tolist()  # of equals the lowest, as in argmax
    logits = logits_V.tolist()
    return [(one, sureness * math.exp(logits[one] - logits[order[0]])) for one in order]


def _term(vocabulary: IntegerVocabulary, token: int) -> int | None:
    return None if token == vocabulary.end_token else token + vocabulary.low
