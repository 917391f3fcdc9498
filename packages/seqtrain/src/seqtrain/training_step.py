"""One training step: forward, backward, clip, move. On a GPU all of it is one captured graph."""

# B rows, T positions, V classes

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqmodel import Transformer
from seqtrain.captured_step import CapturedStep, Step
from seqtrain.device import autocast
from seqtrain.drawing import TrainingBatch
from seqtrain.losses import make_loss
from seqtrain.parallel import Processes
from seqtrain.recipe import Recipe
from seqtrain.weight_steps import WeightSteps


class Update(NamedTuple):
    """Hold what a step leaves besides new weights, until the next one.

    Attributes:
        outputs: The model's, before the step, (B, T, V).
        loss: The mean over the scored targets of the whole step.
        gradient_norm: Before clipping.
        learning_rate: The one that was used.
    """

    outputs: Tensor
    loss: Tensor
    gradient_norm: Tensor
    learning_rate: float


class TrainingStep:
    """Move a model's weights, batch by batch.

    Args:
        recipe: What to do.
        model: Whose weights they are.
        device: Where it lies.
        processes: Those that train together.
    """

    def __init__(self, recipe: Recipe, model: Transformer, device: torch.device, processes: Processes) -> None:
        self._recipe, self._model, self._device, self._processes = recipe, model, device, processes
        self._loss = make_loss(recipe.loss, model.vocabulary.size, recipe.data.low)
        self._weights = WeightSteps(recipe, model)
        self._weight = 1.0
        self._move: Step = CapturedStep(self._eager, self._changed) if device.type == "cuda" else self._eager

    def take(self, step: int, batch: TrainingBatch) -> Update:
        """Take the step that follows `step` finished ones."""
        rate = self._weights.set_rate(step)
        self._weight = batch.weight
        outputs, loss, gradient_norm = self._move(batch.inputs, batch.lengths, batch.targets, batch.labels)
        return Update(outputs, loss, gradient_norm, rate)

    @contextmanager
    def holding(self, grown: Mapping[str, Any]) -> Iterator[None]:
        """Keep what the recipe holds of a smaller model as it is in the block; see `seqtrain.holding`."""
        with self._weights.holding(grown):
            yield

    def moments(self) -> dict[str, Tensor]:
        """Return what the optimisers remember, as `PARAMETER/MOMENT` to tensor."""
        return self._weights.moments()

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Remember what `moments` returned."""
        self._weights.restore(saved)

    def _eager(
        self, inputs_BT: Tensor, lengths_B: Tensor | None, targets_BT: Tensor, labels_BTV: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        with autocast(self._recipe, self._device):
            outputs_BTV = self._model(inputs_BT, lengths=lengths_B, last=self._recipe.questions.answer)
        loss = self._loss(outputs_BTV, targets_BT, labels_BTV)
        loss = self._processes.backward(loss, self._model, self._weight)
        return outputs_BTV.detach(), loss, self._weights.take()

    def _changed(self) -> dict[str, Tensor]:
        return {**dict(self._model.named_parameters()), **self.moments()}
