"""Measuring a model, or a simple rule, on rows it was not trained on.

Every scored target counts once. *Accuracy* is the share whose most probable class is the target,
END included. *Distance* is the mean of |prediction - target| over the targets that are integers,
where the prediction is the most probable integer: a target of END has no distance, and a
predicted END does not save a model from naming one. *Log-loss* is plain cross-entropy in nats, END
included, whatever the training loss is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqmodel import SequenceModel
from seqtrain.protocols import IGNORE, Batches, BatchSource


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Hold the figures of one group of targets.

    Attributes:
        targets: How many were scored.
        accuracy: Share predicted right, 0 to 1.
        distance: Mean distance of the integer targets; NaN where there are none.
        log_loss: In nats a target; NaN for a predictor that gives no probabilities.
    """

    targets: int
    accuracy: float
    distance: float
    log_loss: float


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
    """

    classes: NDArray[np.int64]
    integers: NDArray[np.int64]
    log_losses: NDArray[np.float64]


Predictor = Callable[[Batches], Predictions]
"""Predictions for every position of the batches, scored or not, in the order of `targets`."""


def model_predictor(model: SequenceModel) -> Predictor:
    """Return the predictions of a model in evaluation mode, in float32."""

    @torch.inference_mode()
    def predict(batches: Batches) -> Predictions:
        tokens_BT = torch.from_numpy(batches.inputs).flatten(0, 1)
        targets_N = torch.from_numpy(batches.targets).flatten()
        logits_NV = model(tokens_BT).flatten(0, 1)
        losses_N = torch.nn.functional.cross_entropy(logits_NV, targets_N, ignore_index=IGNORE, reduction="none")
        return Predictions(
            classes=logits_NV.argmax(-1).numpy(),
            integers=logits_NV[:, : model.vocabulary.size].argmax(-1).numpy(),
            log_losses=losses_N.double().numpy(),
        )

    return predict


def evaluate(predict: Predictor, source: BatchSource, *, rows: int, terms: int) -> Evaluation:
    """Return the figures over the first rows of a source.

    Args:
        predict: The predictor.
        source: Rows; its step 0, 1, ... are read until there are enough.
        rows: How many rows count.
        terms: Size of the vocabulary; classes from there on are no integers.
    """
    tally = np.zeros((len(source.phases), 5))
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
        )
        phase = np.broadcast_to(batches.phases[..., None], batches.targets.shape).ravel()
        for column, amounts in enumerate(columns):
            tally[:, column] += np.bincount(phase, amounts, len(source.phases))
    return Evaluation(
        rows=rows,
        overall=_metrics(tally.sum(0)),
        phases={name: _metrics(sums) for name, sums in zip(source.phases, tally, strict=True) if sums[0]},
    )


def _metrics(sums: NDArray[np.float64]) -> Metrics:
    targets, right, numeric, distance, log_loss = sums.tolist()
    return Metrics(
        targets=int(targets),
        accuracy=right / targets,
        distance=distance / numeric if numeric else float("nan"),
        log_loss=log_loss / targets,
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
