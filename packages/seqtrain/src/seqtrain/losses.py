"""What is minimised: cross-entropy, or cross-entropy that grows with the numeric distance.

Shapes: B rows, T positions, N = B * T targets, V classes, the first `terms` of which are integers
in order. A class from `terms` on (END) has no numeric distance, so its factor is 1. A target of
`IGNORE` is not scored at all.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from seqtrain.protocols import IGNORE
from seqtrain.recipe import LossRecipe

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits (B, T, V) and targets int64 (B, T) to a scalar: the mean over the scored targets."""

Factors = Callable[[Tensor, Tensor], Tensor]
"""Logits (N, V) and targets (N,) to what each target's cross-entropy is multiplied by, (N,)."""


def make_loss(recipe: LossRecipe, terms: int) -> Loss:
    """Return the loss that the recipe names, for a vocabulary of `terms` integers."""
    if recipe.kind == "cross-entropy":
        return cross_entropy
    factors = distance_factors(recipe, terms)

    def distance_weighted(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
        logits_NV, targets_N = logits_BTV.flatten(0, 1), targets_BT.flatten()
        losses_N = functional.cross_entropy(logits_NV, targets_N, ignore_index=IGNORE, reduction="none")
        return (losses_N * factors(logits_NV, targets_N)).sum() / (targets_N != IGNORE).sum()

    return distance_weighted


def cross_entropy(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """Return the plain log-loss in nats, the mean over the scored targets."""
    return functional.cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORE)


def distance_factors(recipe: LossRecipe, terms: int) -> Factors:
    """Return 1 + alpha * distance as a function.

    The prediction is taken among the integers alone: a probability of END neither adds to the
    distance nor takes from it.
    """
    values = torch.arange(terms)
    distance_VV = _grown(recipe, (values[:, None] - values[None, :]).abs())

    def factors(logits_NV: Tensor, targets_N: Tensor) -> Tensor:
        numeric_N = (targets_N >= 0) & (targets_N < terms)
        distance_NV = distance_VV.to(logits_NV.device)[targets_N.where(numeric_N, 0)]
        integers_NV = logits_NV[:, :terms]
        if recipe.prediction == "expected":
            distance_N = (integers_NV.softmax(-1) * distance_NV).sum(-1)
        else:
            distance_N = distance_NV.gather(1, integers_NV.argmax(-1, keepdim=True)).squeeze(1)
        return 1 + recipe.alpha * distance_N * numeric_N

    return factors


def _grown(recipe: LossRecipe, distance: Tensor) -> Tensor:
    if recipe.distance == "quadratic":
        return distance.float().square()
    if recipe.distance == "sqrt":
        return distance.float().sqrt()
    return distance.float()
