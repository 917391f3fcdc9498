"""The outcome that greedy decoding takes, and how sure the model is of it."""

from typing import Any

import numpy as np

from seqserve.intrinsics import LANES, dot
from seqserve.kernel_cache import inlined
from seqserve.numerics import exponential


@inlined
def most_probable(logits: Any, count: int) -> Any:
    """Return the first of the largest of `count` logits."""
    best = 0
    for i in range(1, count):
        if logits[i] > logits[best]:
            best = i
    return best


@inlined
def sureness(logits: Any, count: int, best: int, shares: Any, ones: Any) -> Any:
    """Return the probability of the most probable of `count` outcomes."""
    vectors = (count + LANES - 1) // LANES
    highest = logits[best]
    for i in range(count):
        shares[i] = exponential(logits[i] - highest)
    for i in range(count, vectors * LANES):
        shares[i] = np.float32(0)
    return np.float32(1) / dot(shares, 0, ones, 0, vectors)
