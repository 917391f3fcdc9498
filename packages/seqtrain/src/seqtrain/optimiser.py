"""Optimisers, with all that they remember in a form that can be saved and put back."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from seqtrain.recipe import OptimiserRecipe


def make_optimiser(recipe: OptimiserRecipe, model: nn.Module) -> torch.optim.Optimizer:
    """Return the fused optimiser that the recipe names; only matrices decay."""
    parameters = list(model.parameters())
    groups = [
        {
            "params": [p for p in parameters if p.ndim >= 2],
            "weight_decay": recipe.weight_decay,
        },
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    if recipe.kind == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, fused=True)
    adam = torch.optim.AdamW if recipe.kind == "adamw" else torch.optim.Adam
    return adam(
        groups,
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        fused=True,
    )


def moments(optimiser: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """Return what the optimiser remembers, as `PARAMETER/MOMENT` to tensor."""
    return {
        f"{name}/{moment}": tensor
        for name, parameter in model.named_parameters()
        for moment, tensor in optimiser.state[parameter].items()
    }


def restore_moments(optimiser: torch.optim.Optimizer, model: nn.Module, saved: Mapping[str, Tensor]) -> None:
    """Make the optimiser remember what `moments` returned."""
    parameters = dict(model.named_parameters())
    for key, tensor in saved.items():
        name, moment = key.rsplit("/", 1)
        optimiser.state[parameters[name]][moment] = tensor
