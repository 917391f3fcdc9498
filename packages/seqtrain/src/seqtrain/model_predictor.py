"""A model as a predictor: in evaluation mode, in float32."""

# N rows of all steps, T positions, V classes

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel import IntegerVocabulary, SequenceModel
from seqmodel.choice import choose
from seqtrain.losses import position_weights, target_losses
from seqtrain.predictions import Predictions, Predictor
from seqtrain.protocols import IGNORE, Batches
from seqtrain.recipe import LossRecipe
from seqtrain.targets import taught

ROWS_AT_ONCE = 512
"""A model reads so many rows at a time: what they need stays in the processor's caches."""

_Charge = Callable[[Tensor, NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.float64]]]


def model_predictor(model: SequenceModel, loss: LossRecipe | None = None) -> Predictor:
    """Return the predictions of a model in evaluation mode; with what `loss` charges for them, if given.

    Where attention is "full" each prefix is read as a row of its own. A model with head "regression"
    predicts the integer that is nearest to its number, and has no log-loss.
    """
    charge = None if loss is None else _charges(model, loss)

    @torch.inference_mode()
    def predict(batches: Batches) -> Predictions:
        tokens, targets = (each.reshape(-1, each.shape[-1]) for each in (batches.inputs, batches.targets))
        parts = [slice(first, first + ROWS_AT_ONCE) for first in range(0, len(tokens), ROWS_AT_ONCE)]
        return _joined([_said(model, tokens[part], targets[part], charge) for part in parts])

    return predict


def predicted_classes(model: SequenceModel, outputs_BTV: Tensor) -> Tensor:
    """Return the most probable class, or the integer nearest to the number that is predicted: int64 (B, T)."""
    if model.config.head == "regression":
        tokens_N = choose(model.config, model.vocabulary, outputs_BTV.flatten(0, 1))
        return torch.from_numpy(tokens_N).view(outputs_BTV.shape[:2]).to(outputs_BTV.device)
    return outputs_BTV.argmax(-1)


def _said(
    model: SequenceModel, tokens_NT: NDArray[np.int64], targets_NT: NDArray[np.int64], charge: _Charge | None
) -> Predictions:
    outputs_NTV = _outputs(model, torch.from_numpy(tokens_NT).to(model.device)).cpu()
    losses, weights = (None, None) if charge is None else charge(outputs_NTV, targets_NT)
    if model.config.head == "regression":
        classes = predicted_classes(model, outputs_NTV).flatten().numpy()
        nothing = np.full(classes.shape, np.nan)
        return Predictions(
            classes=classes, integers=classes, log_losses=nothing, training_losses=losses, weights=weights
        )
    logs = outputs_NTV.log_softmax(-1).flatten(0, 1).numpy()
    classes = logs.argmax(-1)  # NumPy's, since torch's is several times slower on a CPU
    size, integers = model.vocabulary.size, classes.copy()
    ends = np.flatnonzero(classes >= size)
    integers[ends] = logs[ends, :size].argmax(-1)
    asked = np.where(targets_NT == IGNORE, 0, targets_NT).ravel()
    return Predictions(
        classes=classes,
        integers=integers,
        log_losses=-logs[np.arange(len(asked)), asked].astype(np.float64),
        training_losses=losses,
        weights=weights,
        log_probabilities=logs,
    )


def _outputs(model: SequenceModel, tokens_NT: Tensor) -> Tensor:
    """Return what the model says after each prefix, having seen no more."""
    if model.config.attention == "full":
        ends = range(1, tokens_NT.shape[1] + 1)
        return torch.stack([model(tokens_NT[:, :end])[:, -1] for end in ends], dim=1)
    return model(tokens_NT)


def _charges(model: SequenceModel, loss: LossRecipe) -> _Charge:
    """Return the training loss of each target and its weight as a function of outputs and targets."""
    vocabulary = model.vocabulary
    low = vocabulary.low if isinstance(vocabulary, IntegerVocabulary) else 0
    losses_of = target_losses(loss, vocabulary.size, low)

    def charge(outputs_NTV: Tensor, targets: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        losses_NT, scored_NT = losses_of(outputs_NTV, taught(loss, torch.from_numpy(targets)))
        weights_NT = position_weights(loss, scored_NT)
        return losses_NT.flatten().double().numpy(), weights_NT.flatten().double().numpy()

    return charge


def _joined(parts: list[Predictions]) -> Predictions:
    first, *others = parts
    if not others:
        return first
    joined: dict[str, Any] = {
        name: None if value is None else np.concatenate([getattr(part, name) for part in parts])
        for name, value in vars(first).items()
    }
    return Predictions(**joined)
