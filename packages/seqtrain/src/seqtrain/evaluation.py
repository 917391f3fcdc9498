"""Measuring a model, or a simple rule, on rows it was not trained on.

Every scored target counts once. *Accuracy* is the share whose most probable class is the target,
END included. *Distance* is the mean of |prediction - target| over the targets that are integers,
where the prediction is the most probable integer: a target of END has no distance, and a
predicted END does not save a model from naming one. *Log-loss* is plain cross-entropy in nats, END
included, whatever the training loss is, which stands beside it. A model with head "regression"
predicts the integer that is nearest to its number, and has no log-loss.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel import SequenceModel, integers_of
from seqmodel.choice import choose
from seqtrain.losses import log_losses, position_weights, target_losses
from seqtrain.protocols import IGNORE, Batches, BatchSource, counted_rows
from seqtrain.recipe import LossRecipe
from seqtrain.targets import taught


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Hold the figures of one group of targets.

    Attributes:
        targets: How many were scored.
        accuracy: Share predicted right, 0 to 1.
        distance: Mean distance of the integer targets; NaN where there are none.
        log_loss: In nats a target; NaN for a predictor that gives no probabilities.
        training_loss: What training minimises, its targets and weights included; NaN for a
            predictor that is not asked for it.
    """

    targets: int
    accuracy: float
    distance: float
    log_loss: float
    training_loss: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Hold the figures of all rows and of each phase that has any."""

    rows: int
    overall: Metrics
    phases: Mapping[str, Metrics]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Hold what a predictor says about N targets.

    Attributes:
        classes: The most probable class, int64 (N,).
        integers: The most probable token that is an integer, int64 (N,).
        log_losses: Minus the log-probability of the target, float64 (N,).
        training_losses: What training charges for it, float64 (N,); None where nothing is trained.
        weights: What that weighs in the mean, float64 (N,); likewise.
    """

    classes: NDArray[np.int64]
    integers: NDArray[np.int64]
    log_losses: NDArray[np.float64]
    training_losses: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None


Predictor = Callable[[Batches], Predictions]
"""Predictions for every position of the batches, scored or not, in the order of `targets`."""


def model_predictor(model: SequenceModel, loss: LossRecipe | None = None) -> Predictor:
    """Return the predictions of a model in evaluation mode, in float32; with what `loss` charges for them, if given.

    Where attention is "full" each prefix is read as a row of its own.
    """
    charge = None if loss is None else _charges(model, loss)

    @torch.inference_mode()
    def predict(batches: Batches) -> Predictions:
        outputs_BTV = _outputs(model, torch.from_numpy(batches.inputs).flatten(0, 1).to(model.device)).cpu()
        losses, weights = (None, None) if charge is None else charge(outputs_BTV, batches.targets)
        return Predictions(
            classes=predicted_classes(model, outputs_BTV).flatten().numpy(),
            integers=predicted_classes(model, outputs_BTV[..., : model.vocabulary.size]).flatten().numpy(),
            log_losses=_log_losses(model, outputs_BTV, torch.from_numpy(batches.targets).flatten(0, 1)),
            training_losses=losses,
            weights=weights,
        )

    return predict


def predicted_classes(model: SequenceModel, outputs_BTV: Tensor) -> Tensor:
    """Return the most probable class, or the integer nearest to the number that is predicted: int64 (B, T)."""
    if model.config.head == "regression":
        tokens_N = choose(model.config, model.vocabulary, outputs_BTV.flatten(0, 1))
        return torch.from_numpy(tokens_N).view(outputs_BTV.shape[:2]).to(outputs_BTV.device)
    return outputs_BTV.argmax(-1)


def _outputs(model: SequenceModel, tokens_BT: Tensor) -> Tensor:
    """Return what the model says after each prefix, having seen no more."""
    if model.config.attention == "full":
        ends = range(1, tokens_BT.shape[1] + 1)
        return torch.stack([model(tokens_BT[:, :end])[:, -1] for end in ends], dim=1)
    return model(tokens_BT)


def _log_losses(model: SequenceModel, outputs_BTV: Tensor, targets_BT: Tensor) -> NDArray[np.float64]:
    if model.config.head == "regression":
        return np.full(targets_BT.numel(), np.nan)
    return log_losses(outputs_BTV, targets_BT)[0].flatten().double().numpy()


def _charges(
    model: SequenceModel, loss: LossRecipe
) -> Callable[[Tensor, NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the training loss of each target and its weight as a function of outputs and targets."""
    vocabulary = integers_of(model.vocabulary)
    losses_of = target_losses(loss, vocabulary.size, vocabulary.low)

    def charge(outputs_BTV: Tensor, targets: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        targets_BT = torch.from_numpy(taught(loss, targets)).flatten(0, 1)
        losses_BT, scored_BT = losses_of(outputs_BTV, targets_BT)
        weights_BT = position_weights(loss, scored_BT)
        return losses_BT.flatten().double().numpy(), weights_BT.flatten().double().numpy()

    return charge


def evaluate(predict: Predictor, source: BatchSource, *, rows: int, terms: int) -> Evaluation:
    """Return the figures over the first rows of a source.

    Args:
        predict: The predictor.
        source: Rows; its step 0, 1, ... are read until there are enough.
        rows: How many rows count; fewer where the source has fewer.
        terms: Size of the vocabulary; classes from there on are no integers.
    """
    rows = counted_rows(source, rows)
    tally = np.zeros((len(source.phases), 7))
    for batches in _first_rows(source, rows):
        targets = batches.targets.ravel()
        said = predict(batches)
        scored, numeric = targets != IGNORE, (targets >= 0) & (targets < terms)
        columns = (
            scored,
            said.classes == targets,
            numeric,
            np.where(numeric, np.abs(said.integers - targets), 0),
            np.where(scored, said.log_losses, 0),
            *_weighed(said),
        )
        phase = np.broadcast_to(batches.phases[..., None], batches.targets.shape).ravel()
        for column, amounts in enumerate(columns):
            tally[:, column] += np.bincount(phase, amounts, len(source.phases))
    return Evaluation(
        rows=rows,
        overall=_metrics(tally.sum(0)),
        phases={name: _metrics(sums) for name, sums in zip(source.phases, tally, strict=True) if sums[0]},
    )


def _weighed(said: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weight of each target in the training loss, and what it adds to its sum."""
    if said.training_losses is None or said.weights is None:
        nothing = np.zeros(said.classes.shape)
        return nothing, nothing
    return said.weights, np.where(said.weights > 0, said.weights * said.training_losses, 0)


def _metrics(sums: NDArray[np.float64]) -> Metrics:
    targets, right, numeric, distance, log_loss, weight, training_loss = sums.tolist()
    return Metrics(
        targets=int(targets),
        accuracy=right / targets,
        distance=distance / numeric if numeric else math.nan,
        log_loss=log_loss / targets,
        training_loss=training_loss / weight if weight else math.nan,
    )


def _first_rows(source: BatchSource, rows: int) -> Iterator[Batches]:
    step = 0
    while rows > 0:
        batches = source.batches(step, 1)
        yield Batches(
            inputs=batches.inputs[:, :rows],
            targets=batches.targets[:, :rows],
            phases=batches.phases[:, :rows],
        )
        rows -= batches.inputs.shape[1]
        step += 1
