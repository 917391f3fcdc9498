"""What is reached without learning anything: every figure of a model stands beside these.

A baseline gives no probabilities, so its log-loss is NaN; the random one's is ln n.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seqmodel import IntegerVocabulary
from seqtrain.evaluation import Metrics, Predictions, Predictor
from seqtrain.protocols import Batches


def random_baseline(terms: int) -> Metrics:
    """Return what uniform guessing among `terms` integers is expected to reach.

    >>> random = random_baseline(256)
    >>> f"{random.accuracy:.2%} {random.distance:.2f} {random.log_loss:.3f}"
    '0.39% 85.33 5.545'
    """
    return Metrics(
        targets=0,
        accuracy=1 / terms,
        distance=(terms**2 - 1) / (3 * terms),
        log_loss=math.log(terms),
    )


def rule_baselines(vocabulary: IntegerVocabulary) -> dict[str, Predictor]:
    """Return three rules that need no training, by name.

    The constant is the middle of the range. Linear extrapolation continues the last difference; where
    that leaves the range it says END, and the nearest integer for the distance.
    """
    middle = (vocabulary.size - 1) // 2

    def constant(batches: Batches) -> Predictions:
        return _predictions(np.full_like(batches.inputs, middle), vocabulary)

    def last_term(batches: Batches) -> Predictions:
        return _predictions(batches.inputs, vocabulary)

    def linear(batches: Batches) -> Predictions:
        before = np.concatenate([batches.inputs[..., :1], batches.inputs[..., :-1]], axis=-1)
        return _predictions(2 * batches.inputs - before, vocabulary)

    return {
        f"constant {middle + vocabulary.low}": constant,
        "last term": last_term,
        "linear extrapolation": linear,
    }


def _predictions(tokens: NDArray[np.int64], vocabulary: IntegerVocabulary) -> Predictions:
    flat = tokens.ravel()
    inside = np.clip(flat, 0, vocabulary.size - 1)
    end = vocabulary.end_token
    return Predictions(
        classes=inside if end is None else np.where(flat == inside, flat, end),
        integers=inside,
        log_losses=np.full(flat.shape, np.nan),
    )
