"""What is minimised: cross-entropy, the numeric distance, both, or the error of one number.

Shapes: B rows, T positions, N = B * T targets, V classes, the first `terms` of which are integers
in order; a model with head "regression" gives one number instead, V = 1. A class from `terms` on
(END) has no numeric distance: where distance weighs cross-entropy its factor is 1, where distance
is all there is it is not scored. A target of `IGNORE` is never scored.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from seqmodel import IntegerVocabulary
from seqmodel.choice import largest
from seqtrain.loss_recipe import REGRESSION_KINDS, LossRecipe
from seqtrain.protocols import IGNORE

Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""Outputs (B, T, V), targets int64 (B, T) and their labels (B, T, V), if there are any, to a scalar:
the mean over the scored targets."""

TargetLosses = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""The same to the loss of each target, (B, T), 0 where it is not scored, and whether it is."""


def make_loss(recipe: LossRecipe, terms: int, low: int = 0) -> Loss:
    """Return the loss that the recipe names, for a vocabulary of `terms` integers from `low` on.

    `recipe.targets` is no part of it: `seqtrain.targets.taught` leaves those targets that are
    learned. With labels each target is charged what it would be on average, were it drawn by them.
    """
    plain = recipe.kind == "cross-entropy" and recipe.positions == "scored"
    losses_of = target_losses(recipe, terms, low)

    def loss(outputs_BTV: Tensor, targets_BT: Tensor, labels_BTV: Tensor | None = None) -> Tensor:
        if labels_BTV is not None:
            losses_BT, scored_BT = expected_log_losses(outputs_BTV, targets_BT, labels_BTV)
        elif plain:
            return cross_entropy(outputs_BTV, targets_BT)
        else:
            losses_BT, scored_BT = losses_of(outputs_BTV, targets_BT)
        if recipe.positions == "scored":
            return losses_BT.sum() / scored_BT.sum()
        weights_BT = position_weights(recipe, scored_BT)
        return (losses_BT * weights_BT).sum() / weights_BT.sum()

    return loss


def cross_entropy(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """Return the plain log-loss in nats, the mean over the scored targets."""
    return functional.cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORE)


def position_weights(recipe: LossRecipe, scored_BT: Tensor) -> Tensor:
    """Return what each target weighs in the mean, float32 (B, T); 0 where it is not scored.

    >>> scored = torch.tensor([[True, True, False], [True, True, True]])
    >>> position_weights(LossRecipe(positions="weighted"), scored).tolist()
    [[1.0, 2.0, 0.0], [1.0, 2.0, 3.0]]
    >>> position_weights(LossRecipe(positions="rows"), scored)[0].tolist()
    [0.5, 0.5, 0.0]
    """
    weights_BT = scored_BT.float()
    if recipe.positions == "rows":
        return weights_BT / weights_BT.sum(1, keepdim=True).clamp(min=1)
    if recipe.positions == "weighted":
        return weights_BT * torch.arange(1, scored_BT.shape[1] + 1, device=scored_BT.device)
    return weights_BT


def row_weights(recipe: LossRecipe, targets_BT: Tensor, terms: int) -> Tensor:
    """Return what each row's targets weigh together in the mean that `make_loss` returns, float32 (B,).

    >>> targets = torch.tensor([[4, 7, IGNORE], [5, 10, IGNORE]])
    >>> row_weights(LossRecipe(kind="distance"), targets, terms=10).tolist()
    [2.0, 1.0]
    """
    scored_BT = _numeric(targets_BT, terms) if recipe.kind == "distance" else targets_BT != IGNORE
    return position_weights(recipe, scored_BT).sum(1)


def target_losses(recipe: LossRecipe, terms: int, low: int = 0) -> TargetLosses:
    """Return what each target is charged, as a function; see `make_loss`."""
    if recipe.kind == "cross-entropy":
        return log_losses
    return _number_losses(recipe, terms, low) if recipe.kind in REGRESSION_KINDS else _distance_losses(recipe, terms)


def log_losses(logits_BTV: Tensor, targets_BT: Tensor) -> tuple[Tensor, Tensor]:
    """Return the plain log-loss of each target in nats, and whether it is scored."""
    losses_N = functional.cross_entropy(
        logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORE, reduction="none"
    )
    return losses_N.view_as(targets_BT), targets_BT != IGNORE


def expected_log_losses(logits_BTV: Tensor, targets_BT: Tensor, labels_BTV: Tensor) -> tuple[Tensor, Tensor]:
    """Return the plain log-loss expected of each target under its label, and whether it is scored.

    The gradient of its logits is the softmax less the label: the mean of the gradients of targets
    drawn by it.
    """
    scored_BT = targets_BT != IGNORE
    losses_N = functional.cross_entropy(logits_BTV.flatten(0, 1), labels_BTV.flatten(0, 1), reduction="none")
    return losses_N.view_as(targets_BT) * scored_BT, scored_BT


def _distance_losses(recipe: LossRecipe, terms: int) -> TargetLosses:
    """Return the distance, alone or as a factor of cross-entropy.

    The prediction is taken among the integers alone: a probability of END neither adds to the
    distance nor takes from it.
    """

    @cache
    def distances(dtype: torch.dtype, device: torch.device) -> Tensor:
        """Return windows of one vector: row terms - t is the distance of every term from t, be t END or IGNORE."""
        return _grown(recipe, torch.arange(-terms, terms - IGNORE, dtype=dtype, device=device)).unfold(0, terms, 1)

    def losses_of(logits_BTV: Tensor, targets_BT: Tensor) -> tuple[Tensor, Tensor]:
        # Where all classes are integers a slice would change nothing and still have its gradient.
        integers_BTV = logits_BTV if logits_BTV.shape[-1] == terms else logits_BTV[..., :terms]
        if recipe.prediction == "expected":
            distance_BTV = torch.embedding(distances(logits_BTV.dtype, logits_BTV.device), terms - targets_BT)
            distance_BT = torch.linalg.vecdot(integers_BTV.softmax(-1), distance_BTV)
        else:
            distance_BT = _grown(recipe, (integers_BTV.argmax(-1) - targets_BT).float())
        if recipe.kind == "distance":
            numeric_BT = _numeric(targets_BT, terms)
            return distance_BT * numeric_BT, numeric_BT
        losses_BT, scored_BT = log_losses(logits_BTV, targets_BT)
        if integers_BTV is not logits_BTV:  # else what is not scored costs nothing, and all else is numeric
            distance_BT = distance_BT * _numeric(targets_BT, terms)
        return torch.addcmul(losses_BT, losses_BT, distance_BT, value=recipe.alpha), scored_BT

    return losses_of


def _numeric(targets_BT: Tensor, terms: int) -> Tensor:
    return (targets_BT >= 0) & (targets_BT < terms)


def _grown(recipe: LossRecipe, apart: Tensor) -> Tensor:
    if recipe.distance == "quadratic":
        return apart.square()
    return apart.abs().sqrt() if recipe.distance == "sqrt" else apart.abs()


def _number_losses(recipe: LossRecipe, terms: int, low: int) -> TargetLosses:
    """Return the error of the value over the largest in size, as the model predicts it."""
    scale = largest(IntegerVocabulary(low=low, high=low + terms - 1))

    def losses_of(values_BT1: Tensor, targets_BT: Tensor) -> tuple[Tensor, Tensor]:
        scored_BT = targets_BT != IGNORE
        said_BT, right_BT = values_BT1.squeeze(-1), (targets_BT + low) / scale
        if recipe.kind == "squared":
            losses_BT = (said_BT - right_BT).square()
        else:
            losses_BT = functional.huber_loss(said_BT, right_BT, reduction="none", delta=recipe.delta)
        return losses_BT.where(scored_BT, 0), scored_BT

    return losses_of
