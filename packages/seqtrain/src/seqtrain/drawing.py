"""The rows of one training step after another, as tensors."""

# S steps, B rows, T positions

from collections.abc import Iterable, Iterator
from itertools import count, repeat
from typing import NamedTuple

import torch
from torch import Tensor

from seqtrain.losses import row_weights
from seqtrain.mixture import vocabulary_of
from seqtrain.parallel import ALONE, Processes
from seqtrain.protocols import BatchSource
from seqtrain.recipe import Recipe
from seqtrain.targets import lengths, taught
from seqtrain.teacher import Labeller
from seqtrain.tensor_batches import tensors_of

CPU = torch.device("cpu")

STEPS_PER_DRAW = 64
"""Steps whose rows are made in one vectorised call."""


class TrainingBatch(NamedTuple):
    """Hold the rows of one step, or one process's share of them.

    Attributes:
        inputs: Tokens, int64 (B, T).
        targets: Those that are learned, int64 (B, T); of questions those of the answers alone, (B, A), A being the
            last ones of T.
        lengths: Terms of each row that the model may see, int64 (B,); None where its attention
            looks back only.
        phases: Index of the phase of each row of the step, whoever has it, int64 (rows,).
        labels: Exact distributions of the targets, float32 (B, T, V); None where the drawn ones are
            learned.
        weight: What these targets weigh among those of the step, 0 to 1.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None
    phases: Tensor
    labels: Tensor | None = None
    weight: float = 1.0


def training_batches(
    recipe: Recipe,
    source: BatchSource,
    first: int,
    teacher: Labeller | None = None,
    processes: Processes = ALONE,
    device: torch.device = CPU,
) -> Iterator[TrainingBatch]:
    """Yield the rows of the steps first, first + 1, ... without end, labelled by the teacher if there is one.

    Of several processes each is given its share. The tensors lie on the device, where those of many steps are put at
    once.
    """
    asked = -recipe.questions.answer or None
    rows = tensors_of(source, device)
    for start in count(first, STEPS_PER_DRAW):
        drawn = rows.batches(start, STEPS_PER_DRAW)
        inputs, targets = processes.share(drawn.inputs), processes.share(drawn.targets)
        seen: Iterable[Tensor | None] = repeat(None)
        if recipe.model.attention == "full":
            # A row without any target still needs something to attend to.
            seen = lengths(targets).clamp(min=1)
        labels: Iterable[Tensor | None] = repeat(None)
        if teacher is not None:
            labels = teacher.of_steps(inputs, targets)
        weights: Iterable[float] = repeat(1.0)
        if processes.count > 1:
            weights = _weights(recipe, drawn.targets, processes)
        learned = taught(recipe.loss, targets)[..., asked:]
        yield from map(TrainingBatch, inputs, learned, seen, drawn.phases, labels, weights)


def _weights(recipe: Recipe, targets: Tensor, processes: Processes) -> list[float]:
    """Return for each step what the targets of this process's rows weigh among all of it, (S, B, T)."""
    learned = taught(recipe.loss, targets)
    of_rows = row_weights(recipe.loss, learned.flatten(0, 1), vocabulary_of(recipe).size).double()
    of_rows_SB = of_rows.view(targets.shape[:2])
    shares: list[float] = (processes.share(of_rows_SB).sum(1) / of_rows_SB.sum(1)).tolist()
    return shares
