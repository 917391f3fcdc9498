"""Steps that read only the beginning of more rows: most of what is uncertain is decided by the first terms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from seqtrain.curriculum import final_mixture
from seqtrain.drawing import CPU, STEPS_PER_DRAW, TrainingBatch, training_batches
from seqtrain.mixture import Mixture
from seqtrain.parallel import ALONE, Processes
from seqtrain.protocols import Batches, BatchSource
from seqtrain.recipe import DataRecipe, Recipe
from seqtrain.teacher import Labeller
from seqtrain.tensor_batches import DeviceSource, TensorBatches, TensorSource


@dataclass(frozen=True)
class ShortRows:
    """Give the first terms of another source's rows.

    Args:
        rows: That source.
        terms: How many terms of a row are read.
        together: Steps whose whole rows are drawn at once, these being longer than what is kept.
    """

    rows: BatchSource
    terms: int
    together: int = STEPS_PER_DRAW

    @classmethod
    def of(cls, recipe: Recipe) -> "ShortRows":
        """Return the rows of a recipe's short steps: as many more as make a step the same work."""
        terms = recipe.data.short_terms
        rows = recipe.data.batch * recipe.model.context // terms
        final = final_mixture(recipe.curriculum)
        together = max(1, STEPS_PER_DRAW * terms // recipe.model.context)
        return cls(Mixture.of(recipe, purpose="train-short", curriculum=final, rows=rows), terms, together)

    @property
    def phases(self) -> tuple[str, ...]:
        """The source's."""
        return self.rows.phases

    def batches(self, first: int, count: int) -> Batches:
        """Return the beginnings of the rows of the steps first, ..., first + count - 1."""
        end = first + count
        parts = [self._drawn(step, min(self.together, end - step)) for step in range(first, end, self.together)]
        inputs, targets, phases = (np.concatenate(each) for each in zip(*parts, strict=True))
        return Batches(inputs=inputs, targets=targets, phases=phases)

    def _drawn(self, first: int, count: int) -> tuple[NDArray[np.int64], ...]:
        drawn = self.rows.batches(first, count)
        return drawn.inputs[..., : self.terms].copy(), drawn.targets[..., : self.terms].copy(), drawn.phases

    def on(self, device: torch.device) -> TensorSource | None:
        """Return the same as a device draws it, where it can draw the whole rows."""
        rows = self.rows.on(device) if isinstance(self.rows, DeviceSource) else None
        return None if rows is None else _Beginnings(rows, self.terms)


@dataclass(frozen=True)
class _Beginnings:
    """Give the first terms of another source's rows on a device."""

    rows: TensorSource
    terms: int

    def batches(self, first: int, count: int) -> TensorBatches:
        drawn = self.rows.batches(first, count)
        inputs, targets = (each[..., : self.terms].contiguous() for each in (drawn.inputs, drawn.targets))
        return TensorBatches(inputs=inputs, targets=targets, phases=drawn.phases)


def is_short(data: DataRecipe, step: int) -> bool:
    """Tell whether the step that follows `step` finished ones is a short one: every second, those with even numbers.

    >>> [is_short(DataRecipe(short_terms=4, short_from=3), step) for step in range(8)]
    [False, False, False, False, True, False, True, False]
    """
    return data.short_terms > 0 and step >= data.short_from and step % 2 == 0


def short_steps_before(data: DataRecipe, step: int) -> int:
    """Return how many of the first `step` steps are short.

    >>> short_steps_before(DataRecipe(short_terms=4, short_from=3), 7)
    2
    """
    if not data.short_terms:
        return 0
    return max(0, (step + 1) // 2 - (data.short_from + 1) // 2)


def step_batches(
    recipe: Recipe,
    source: BatchSource,
    first: int,
    teacher: Labeller | None = None,
    processes: Processes = ALONE,
    device: torch.device = CPU,
) -> Iterator[TrainingBatch]:
    """Yield the batches that a run takes for the steps first, first + 1, ..., short ones where the recipe has them.

    Args:
        recipe: The run's.
        source: Its whole rows.
        first: The first step.
        teacher: Knows the exact labels, if these are learned.
        processes: Those that train together; this one's share of the rows is taken.
        device: Where the tensors shall lie.
    """

    def drawn(source: BatchSource, first: int) -> Iterator[TrainingBatch]:
        return training_batches(recipe, source, first, teacher, processes, device)

    if not recipe.data.short_terms:
        return drawn(source, first)
    return interleaved(recipe, first, full=partial(drawn, source), short=partial(drawn, ShortRows.of(recipe)))


def interleaved(
    recipe: Recipe,
    first: int,
    full: Callable[[int], Iterator[TrainingBatch]],
    short: Callable[[int], Iterator[TrainingBatch]],
) -> Iterator[TrainingBatch]:
    """Yield the batches of the steps first, first + 1, ... from two series, each without a gap.

    Args:
        recipe: Says which steps are short.
        first: The first step.
        full: Given a place in the series of whole rows, returns its batches from there on.
        short: The same for the beginnings of rows.
    """
    shorts = short_steps_before(recipe.data, first)
    whole_rows, beginnings = full(first - shorts), short(shorts)
    step = first
    while True:
        yield next(beginnings if is_short(recipe.data, step) else whole_rows)
        step += 1
