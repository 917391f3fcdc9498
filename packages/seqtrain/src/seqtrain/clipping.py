"""Keeping gradients small."""

import torch
from torch import Tensor

from seqtrain.recipe import OptimiserRecipe


def clip_gradient(recipe: OptimiserRecipe, gradient: Tensor) -> Tensor:
    """Clip the gradient of all weights, one vector, in place as the recipe says; return its norm from before.

    >>> gradient = torch.tensor([3.0, 4.0])
    >>> clip_gradient(OptimiserRecipe(clip_norm=1.0), gradient), gradient
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    norm: Tensor = torch.linalg.vector_norm(gradient)
    if recipe.clip == "norm" and recipe.clip_norm:
        gradient.div_((norm / recipe.clip_norm).clamp(min=1.0))
    elif recipe.clip == "value":
        gradient.clamp_(-recipe.clip_value, recipe.clip_value)
    return norm
