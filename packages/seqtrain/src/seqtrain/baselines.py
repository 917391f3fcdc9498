"""What is reached without learning anything: every figure of a model stands beside these.

A baseline gives no probabilities, so its log-loss is NaN; the random one's is ln n.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary, Vocabulary
from seqtrain.berlekamp_massey import continuations
from seqtrain.metrics import FIRST_OF_SEQUENCE, Metrics
from seqtrain.predictions import Predictions, Predictor
from seqtrain.protocols import Batches


def random_baseline(terms: int, context: int | None = None) -> Metrics:
    """Return what uniform guessing among `terms` integers is expected to reach.

    Sequence accuracies are those of rows of full length, `context + 1` terms; NaN if that is not given, or too few.

    >>> random = random_baseline(256)
    >>> f"{random.accuracy:.2%} {random.distance:.2f} {random.log_loss:.3f}"
    '0.39% 85.33 5.545'
    """
    guessed = 0 if context is None else context - FIRST_OF_SEQUENCE + 1
    sequence = float(terms) ** -guessed if guessed > 0 else math.nan
    return Metrics(
        targets=0,
        accuracy=1 / terms,
        distance=(terms**2 - 1) / (3 * terms),
        log_loss=math.log(terms),
        teacher_forced=sequence,
        free_running=sequence,
    )


def rule_baselines(vocabulary: Vocabulary) -> dict[str, Predictor]:
    """Return the rules that need no training, by name; none for symbols, which have no middle and no differences.

    The constant is the middle of the range. Linear extrapolation continues the last difference. Berlekamp-Massey
    continues the shortest linear recurrence behind the terms seen where they determine one, and is linear
    extrapolation elsewhere. A rule that leaves the range says END, and the nearest integer for the distance.
    """
    if not isinstance(vocabulary, IntegerVocabulary):
        return {}
    middle = (vocabulary.size - 1) // 2

    def constant(batches: Batches) -> Predictions:
        return _predictions(np.full_like(batches.inputs, middle), vocabulary)

    def last_term(batches: Batches) -> Predictions:
        return _predictions(batches.inputs, vocabulary)

    def linear(batches: Batches) -> Predictions:
        return _predictions(_line(batches.inputs), vocabulary)

    def recurrence(batches: Batches) -> Predictions:
        rows = batches.inputs.reshape(-1, batches.inputs.shape[-1])
        found = continuations(rows + vocabulary.low)
        return _predictions(np.where(found.determined, found.terms - vocabulary.low, _line(rows)), vocabulary)

    return {
        f"constant {middle + vocabulary.low}": constant,
        "last term": last_term,
        "linear extrapolation": linear,
        "Berlekamp-Massey": recurrence,
    }


def _line(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    before = np.concatenate([tokens[..., :1], tokens[..., :-1]], axis=-1)
    return np.asarray(2 * tokens - before)


def _predictions(tokens: NDArray[np.int64], vocabulary: IntegerVocabulary) -> Predictions:
    flat = tokens.ravel()
    inside = np.clip(flat, 0, vocabulary.size - 1)
    end = vocabulary.end_token
    return Predictions(
        classes=inside if end is None else np.where(flat == inside, flat, end),
        integers=inside,
        log_losses=np.full(flat.shape, np.nan),
    )
