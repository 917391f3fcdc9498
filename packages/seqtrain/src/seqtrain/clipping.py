"""Keeping gradients small."""

from torch import Tensor, nn

from seqtrain.recipe import OptimiserRecipe


def clip_gradients(recipe: OptimiserRecipe, model: nn.Module) -> Tensor:
    """Clip the model's gradients in place as the recipe says; return their global norm from before."""
    if recipe.clip == "norm" and recipe.clip_norm:
        return nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
    norm = nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
    if recipe.clip == "value":
        nn.utils.clip_grad_value_(model.parameters(), recipe.clip_value)
    return norm
