"""Keeping gradients small."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqtrain.recipe import OptimiserRecipe

_TINY = 1e-6
"""What torch adds to the norm that it divides by."""


def clip_gradients(recipe: OptimiserRecipe, weights: Sequence[nn.Parameter]) -> Tensor:
    """Clip the gradients of weights in place as the recipe says; return their global norm from before.

    The bits are those of torch's `clip_grad_norm_`, which sorts all gradients by device and type
    first: for a small model that takes longer than clipping them.
    """
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))  # noqa: SLF001
    if recipe.clip == "norm" and recipe.clip_norm:
        torch._foreach_mul_(gradients, (recipe.clip_norm / (norm + _TINY)).clamp(max=1.0))
    elif recipe.clip == "value":
        nn.utils.clip_grad_value_(weights, recipe.clip_value)
    return norm
