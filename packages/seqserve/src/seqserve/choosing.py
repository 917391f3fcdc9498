"""The outcome that greedy decoding takes, and how sure the model is of it."""

from typing import Any

import numpy as np

from seqserve.intrinsics import exponentials, largest, place_of
from seqserve.kernel_cache import inlined


@inlined
def most_probable(logits: Any, count: int) -> Any:
    """Return the first of the largest of `count` logits; 0 where none is a number."""
    best = place_of(logits, count, largest(logits, 0, count))
    return best if best < count else 0


@inlined
def sureness(logits: Any, count: int, shares: Any) -> Any:
    """Return the probability of the most probable of `count` outcomes."""
    return np.float32(1) / exponentials(logits, 0, count, shares, 0)
