"""From what a model says about the next term to the token that greedy decoding takes."""

# B rows, V classes

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqmodel.config import ModelConfig
from seqmodel.vocabularies import Vocabulary, integers_of


def choose(config: ModelConfig, vocabulary: Vocabulary, outputs_BV: Tensor) -> NDArray[np.int64]:
    """Return the most probable class of each row, int64 (B,).

    With head "regression" it is the nearest integer in the vocabulary.
    """
    if config.head == "regression":
        values_B = np.rint(np.nan_to_num(outputs_BV[:, 0].double().cpu().numpy()) * largest(vocabulary))
        return np.asarray(np.clip(values_B - lowest(vocabulary), 0, vocabulary.size - 1), dtype=np.int64)
    # NumPy's argmax, since torch's is six times slower on a CPU.
    return np.asarray(outputs_BV.cpu().numpy().argmax(axis=-1))


def sureness(outputs_BV: Tensor) -> NDArray[np.float32]:
    """Return the probability of each row's most probable class, float32 (B,)."""
    return outputs_BV.softmax(dim=-1).amax(dim=-1).cpu().numpy()


def largest(vocabulary: Vocabulary) -> int:
    """Return the size of the vocabulary's largest integer: what head "regression" counts in.

    >>> from seqmodel import IntegerVocabulary
    >>> largest(IntegerVocabulary(low=-300, high=255))
    300
    """
    return max(abs(integers_of(vocabulary).low), abs(integers_of(vocabulary).high), 1)


def lowest(vocabulary: Vocabulary) -> int:
    """Return the vocabulary's lowest integer: that of token 0."""
    return integers_of(vocabulary).low
