"""Which of a row's targets are learned, and how many of its terms are read for that."""

# T positions

import torch
from torch import Tensor

from seqtrain.protocols import IGNORE
from seqtrain.recipe import LossRecipe


def taught(recipe: LossRecipe, targets: Tensor) -> Tensor:
    """Return the targets, int64 (..., T), with `IGNORE` in the place of those that are not learned.

    >>> taught(LossRecipe(targets="last"), torch.tensor([[4, 7, IGNORE], [5, 5, 5]])).tolist()
    [[-100, 7, -100], [-100, -100, 5]]
    """
    if recipe.targets == "prefixes":
        return targets
    places = torch.arange(1, targets.shape[-1] + 1, device=targets.device)
    return targets.where(places == lengths(targets)[..., None], IGNORE)


def lengths(targets: Tensor) -> Tensor:
    """Return how many terms stand before each row's last scored target, int64 (...); 0 without any.

    >>> lengths(torch.tensor([[4, 7, IGNORE], [5, 5, 5]])).tolist()
    [2, 3]
    """
    places = torch.arange(1, targets.shape[-1] + 1, device=targets.device)
    return places.where(targets != IGNORE, 0).amax(-1)
