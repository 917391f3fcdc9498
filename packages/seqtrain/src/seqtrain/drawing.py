"""The rows of one training step after another, as tensors."""

# S steps, B rows, T positions

from collections.abc import Iterable, Iterator
from itertools import count, repeat
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqtrain.protocols import BatchSource
from seqtrain.recipe import Recipe
from seqtrain.targets import lengths, taught
from seqtrain.teacher import Teacher

STEPS_PER_DRAW = 64
"""Steps whose rows are made in one vectorised call."""


class TrainingBatch(NamedTuple):
    """Hold the rows of one step.

    Attributes:
        inputs: Tokens, int64 (B, T).
        targets: Those that are learned, int64 (B, T).
        lengths: Terms of each row that the model may see, int64 (B,); None where its attention
            looks back only.
        phases: Index of each row's phase, int64 (B,).
        labels: Exact distributions of the targets, float32 (B, T, V); None where the drawn ones are
            learned.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor | None
    phases: NDArray[np.int64]
    labels: Tensor | None = None


def training_batches(
    recipe: Recipe, source: BatchSource, first: int, teacher: Teacher | None = None
) -> Iterator[TrainingBatch]:
    """Yield the rows of the steps first, first + 1, ... without end, labelled by the teacher if there is one."""
    for start in count(first, STEPS_PER_DRAW):
        drawn = source.batches(start, STEPS_PER_DRAW)
        inputs = torch.from_numpy(drawn.inputs)
        targets = torch.from_numpy(taught(recipe.loss, drawn.targets))
        seen: Iterable[Tensor | None] = repeat(None)
        if recipe.model.attention == "full":
            # A row without any target still needs something to attend to.
            seen = torch.from_numpy(lengths(drawn.targets).clip(min=1))
        labels: Iterable[Tensor | None] = repeat(None)
        if teacher is not None:
            labels = map(teacher.labels, drawn.inputs, drawn.targets)
        yield from map(TrainingBatch, inputs, targets, seen, drawn.phases, labels)
