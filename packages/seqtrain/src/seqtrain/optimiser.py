"""Optimisers as a recipe names them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from seqtrain.fused_adam import FusedAdam
from seqtrain.muon import Muon
from seqtrain.optimiser_recipe import is_turned
from seqtrain.recipe import OptimiserRecipe

Optimisers = Sequence[torch.optim.Optimizer]
"""What together moves all weights. Every group has a `peak`: its learning rate where the schedule is highest."""

_STACKED = {"qkv.weight": 3}
"""Weights that hold several maps on top of one another, by the end of their name."""


def make_optimisers(recipe: OptimiserRecipe, model: nn.Module) -> Optimisers:
    """Return what moves the model's weights as the recipe says; only matrices decay, unless all do."""
    named = dict(model.named_parameters())
    turned = [name for name in named if recipe.kind == "muon" and is_turned(name, named[name].ndim)]
    rest = [parameter for name, parameter in named.items() if name not in turned]
    groups = [
        {"params": [p for p in rest if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {
            "params": [p for p in rest if p.ndim < 2],
            "weight_decay": recipe.weight_decay if recipe.decay == "all" else 0.0,
        },
    ]
    optimisers = [_of_all(recipe, groups)]
    if turned:
        optimisers.append(_of_matrices(recipe, {name: named[name] for name in turned}))
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
            if group["params"] and group["params"][0].device.type == "cuda":
                # A captured step reads its rate from the device, where it can be changed.
                group["lr"] = torch.tensor(group["lr"], device=group["params"][0].device)
    return optimisers


def set_learning_rate(optimisers: Optimisers, share: float) -> None:
    """Set every learning rate to a share of its peak."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            rate = share * group["peak"]
            group["lr"] = group["lr"].fill_(rate) if isinstance(group["lr"], Tensor) else rate


def _of_all(recipe: OptimiserRecipe, groups: list[dict[str, object]]) -> torch.optim.Optimizer:
    if recipe.kind == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, fused=True)
    return FusedAdam(
        groups,
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        decoupled=recipe.kind != "adam",
    )


def _of_matrices(recipe: OptimiserRecipe, named: Mapping[str, nn.Parameter]) -> Muon:
    groups: dict[int, list[nn.Parameter]] = {}
    for name, parameter in named.items():
        maps = next((maps for end, maps in _STACKED.items() if name.endswith(end)), 1)
        groups.setdefault(maps, []).append(parameter)
    return Muon(
        [{"params": parameters, "maps": maps} for maps, parameters in groups.items()],
        lr=recipe.matrix_learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
