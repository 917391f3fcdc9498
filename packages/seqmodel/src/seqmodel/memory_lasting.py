"""What lies in memory as long as a model, its optimiser or its cache does, in bytes."""

from collections.abc import Iterable
from typing import Literal

from seqmodel.config import ModelConfig, places_of
from seqmodel.memory_extent import ROW_MULTIPLE
from seqmodel.memory_sizes import FLOAT32
from seqmodel.parameters import features_stand_alone, value_feature_width
from seqmodel.vocabularies import Vocabulary

Optimiser = Literal["adamw", "adam", "sgd", "sgd-momentum"]

_MOMENTS: dict[Optimiser, int] = {"adamw": 2, "adam": 2, "sgd": 0, "sgd-momentum": 1}


def moment_bytes(optimiser: Optimiser, sizes: Iterable[int]) -> int:
    """Return what an optimiser remembers of weights of so many numbers each.

    Adam and AdamW hold two numbers for each weight, and for each tensor a count of steps.
    """
    moments = _MOMENTS[optimiser]
    return sum(FLOAT32 * (moments * size + (moments == 2)) for size in sizes)


def cache_bytes(config: ModelConfig, slots: int) -> int:
    """Return what `KVCache(config, slots)` takes: it holds float32, and one place a layer besides."""
    if not slots:
        return 0
    places = 2 * slots * config.heads * places_of(config) + 1
    return config.layers * places * config.head_size * FLOAT32


def table_bytes(config: ModelConfig, vocabulary: Vocabulary) -> int:
    """Return what a model holds that is not learned: what is seen, turns of positions, features."""
    places = places_of(config)
    hidden = (places + ROW_MULTIPLE) * places
    turns = 2 * places * (config.head_size // 2 if config.slides else 1)
    values = vocabulary.size * _columns(value_feature_width(config, vocabulary), config)
    positions = config.context * _columns(1, config) if config.positions == "tuple" else 0
    return (hidden + turns + values + positions) * FLOAT32


def _columns(features: int, config: ModelConfig) -> int:
    """Return how many columns a table of features has: a single one may be one of two dimensions."""
    return config.d_model if features_stand_alone(features, config.d_model) else features
