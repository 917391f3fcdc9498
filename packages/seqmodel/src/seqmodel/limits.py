"""What a model may take besides its weights. No torch in here."""

# V input tokens, F features, S places of a window, E half a head

import math

from seqmodel.config import ModelConfig, places_of
from seqmodel.parameters import value_feature_width
from seqmodel.vocabularies import Vocabulary
from seqmodel.vocabulary import IntegerVocabulary

LARGEST = 2**31
"""Every size of an architecture is below it."""

TABLES = 2**31
"""Bytes that the fixed tables of a model may take: enough for a context of 23 thousand terms."""

DIVISIONS = 2**32
"""Divisions that number-theoretic features may take to find primes: about ten seconds."""


def require_modest(config: ModelConfig, vocabulary: Vocabulary) -> None:
    """Refuse a model whose fixed tables are absurd, since no weight need be as long as they are.

    Where positions are not learned, no weight shows the context; where values are not, and one
    number is predicted, none shows the size of the vocabulary.

    Raises:
        ValueError: Building it would take more than `TABLES` bytes for them, or hours; or a size is
            beyond all models.
    """
    for name in ("context", "d_model", "layers", "heads", "head_size", "hidden_size"):
        if getattr(config, name) >= LARGEST:
            raise ValueError(f"{name} must be below {LARGEST}, got {getattr(config, name)}")
    if table_bytes(config, vocabulary) > TABLES:
        raise ValueError(
            f"context {config.context} and {vocabulary.size} values need fixed tables of more than {TABLES} bytes"
        )
    if config.embedding == "number-theoretic" and isinstance(vocabulary, IntegerVocabulary):
        largest = max(abs(vocabulary.low), abs(vocabulary.high))
        if vocabulary.size * math.isqrt(largest) > DIVISIONS:
            raise ValueError(
                f"embedding 'number-theoretic' takes hours for {vocabulary.size} values as large as {largest}"
            )


def table_bytes(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return what the tables of visibility, rotation and features take at most, while they are made."""
    places_S = places_of(config)
    pairs_E = config.head_size // 2 if config.slides else 1
    features_F = max(value_feature_width(config, vocabulary), 1)
    # Visibility is float32 with some rows of padding, the others are computed in float64.
    return 4 * places_S * (places_S + 16) + 16 * places_S * pairs_E + 8 * vocabulary.size * features_F
