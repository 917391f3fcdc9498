"""Where a model's heads look, read by hooks on the torch model."""

# L layers, H heads, T positions

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from seqmodel import ModelConfig
from seqserve.service.limits import Limits

if TYPE_CHECKING:
    from seqmodel import Transformer


def attention_weights(model_name: str, tokens: Sequence[int]) -> list[list[list[list[float]]]]:
    """Return the weight of each key in each head's reading, (L, H, T, T): rows are the positions that look.

    The first call in a process loads torch and the model.

    >>> weights = attention_weights("default", (1, 1, 2, 3))
    >>> len(weights), len(weights[0]), [round(sum(row), 3) for row in weights[0][0]]
    (4, 4, [1.0, 1.0, 1.0, 1.0])
    >>> weights[0][0][0]  # the first term has but itself to look at
    [1.0, 0.0, 0.0, 0.0]
    """
    import torch

    from seqmodel import Hooks, Observed

    model = _model(model_name)
    hooks = Hooks(model.config)
    places = [f"blocks.{layer}.pattern" for layer in range(model.config.layers)]
    for place in places:
        hooks.read(place)
    with torch.inference_mode():
        Observed(model, hooks)(torch.tensor([tokens]))
    # Six digits: a picture shows no more.
    return [[_rounded(pattern_TT.tolist()) for pattern_TT in hooks[place][0]] for place in places]


def longest_attention(config: ModelConfig, limits: Limits) -> int:
    """Return how many terms or symbols may be looked at: as many as the model reads at a time, within the limits.

    >>> longest_attention(ModelConfig(layers=4, heads=4, context=8), Limits())
    8
    >>> longest_attention(ModelConfig(layers=4, heads=4, context=8), Limits(attention=64))
    2
    """
    most = math.isqrt(limits.attention // (config.layers * config.heads))
    return min(most, config.context, limits.length)


@cache
def _model(name: str) -> "Transformer":
    import torch

    from seqmodel import find_model

    torch.set_num_threads(1)
    return find_model(name).model


def _rounded(rows: list[list[float]]) -> list[list[float]]:
    return [[round(weight, 6) for weight in row] for row in rows]
