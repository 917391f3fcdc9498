"""Which of a row's targets are learned, and how many of its terms are read for that."""

# S steps, B rows, T positions

import numpy as np
from numpy.typing import NDArray

from seqtrain.protocols import IGNORE
from seqtrain.recipe import LossRecipe


def taught(recipe: LossRecipe, targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the targets, int64 (..., T), with `IGNORE` in the place of those that are not learned.

    >>> taught(LossRecipe(targets="last"), np.array([[4, 7, IGNORE], [5, 5, 5]])).tolist()
    [[-100, 7, -100], [-100, -100, 5]]
    """
    if recipe.targets == "prefixes":
        return targets
    last = np.arange(1, targets.shape[-1] + 1) == lengths(targets)[..., None]
    return np.where(last, targets, IGNORE)


def lengths(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many terms stand before each row's last scored target, int64 (...); 0 without any.

    >>> lengths(np.array([[4, 7, IGNORE], [5, 5, 5]])).tolist()
    [2, 3]
    """
    places = np.arange(1, targets.shape[-1] + 1)
    return np.asarray(np.where(targets == IGNORE, 0, places).max(-1))
