"""What a run takes at its fullest moment, before any of it is taken; and whether that is within a budget."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

from seqmodel import MemoryAccount
from seqmodel.memory_budget import byte_count
from seqtrain.data_recipe import MOST_ROWS
from seqtrain.mixture import vocabulary_of
from seqtrain.recipe import Recipe
from seqtrain.step_memory import FLOAT32, step_memory
from seqtrain.universe_memory import UniverseMemory, universe_memory

_STEPS_PER_DRAW = 64
"""As in `seqtrain.drawing`, which imports torch."""

_LABELS_AT_ONCE = 1 << 26
"""As in `seqtrain.device_teacher`, which imports torch."""

_LABEL = 16
"""Bytes a probability takes at most while a GPU looks labels up: those of many steps, and what they are made of."""

_INT64 = 8


@dataclass(frozen=True, kw_only=True)
class RunMemory:
    """Hold the parts of a run's memory, in bytes. Python and torch themselves, some 350 MB, are in none of them.

    Attributes:
        step: A training step, as far as the model is concerned.
        best: The best weights so far.
        labels: Exact labels of a batch, where they are learned.
        labelling: What a GPU looks up together for them, that of many steps.
        waiting: Rows of the next steps, which are made together.
        saving: What a save writes, twice: the tensors' bytes and the file's.
        universes: Rules that are listed.
        teaches: Whether the posterior is there while it trains, for exact labels.
        measures: Whether what is possible is computed, at the beginning and, with the exact ceiling, at the end.
        apart: Whether the model has a memory of its own, that of a GPU.
    """

    step: MemoryAccount
    best: int
    labels: int
    labelling: int
    waiting: int
    saving: int
    universes: UniverseMemory
    teaches: bool
    measures: bool
    apart: bool

    @property
    def device(self) -> int:
        """The model's part of a training step, the fullest moment of its memory."""
        return self.step.total + self.best + self.labels

    @property
    def moments(self) -> Mapping[str, int]:
        """What the budget must hold, moment by moment."""
        step, universes = self.step, self.universes
        if self.apart:
            tree = universes.gpu_posterior + self.labelling if self.teaches else 0
            return {"a training step": self.device + self.waiting + universes.gpu_rows + tree}
        taught = universes.posterior if self.teaches else 0
        lasting = step.weights + step.tables + step.moments + self.best + universes.rows
        ceiling = universes.ceiling if self.measures else 0
        return {
            "a training step": universes.rows + taught + self.waiting + self.device,
            "a save": lasting + taught + self.waiting + self.saving,
            # Whoever taught is let go by then.
            "the figures at the end": lasting + step.weights + ceiling,
        }

    @property
    def total(self) -> int:
        """What the budget must hold."""
        return max(self.moments.values())

    @property
    def fullest(self) -> str:
        """The moment at which it does."""
        return max(self.moments, key=self.moments.__getitem__)


def run_memory(recipe: Recipe, universes: UniverseMemory, *, apart: bool = False) -> RunMemory:
    """Return the account of a run.

    Args:
        recipe: The run.
        universes: What its rules take; see `universe_memory`.
        apart: Whether the model lies in a GPU's memory.

    >>> memory = run_memory(Recipe(), UniverseMemory())
    >>> memory.fullest, memory.best == memory.step.weights
    ('a training step', True)
    """
    step = step_memory(recipe)
    numbers = recipe.data.batch * recipe.model.context
    drawn = _STEPS_PER_DRAW * (2 if recipe.data.short_terms else 1)  # short steps are drawn apart
    teaches = recipe.loss.labels == "posterior"
    # While those of short steps are made the others' are still there.
    label = _LABEL + FLOAT32 if recipe.data.short_terms else _LABEL
    probabilities = numbers * vocabulary_of(recipe).outputs if teaches else 0
    return RunMemory(
        step=step,
        best=step.weights,
        labels=probabilities * FLOAT32,
        labelling=max(probabilities, min(_STEPS_PER_DRAW * probabilities, _LABELS_AT_ONCE)) * label,
        # Terms and lengths as they are drawn, tokens and targets made of them, and phases.
        waiting=drawn * _INT64 * (3 * numbers + 3 * recipe.data.batch),
        saving=2 * (2 * step.weights + step.moments),
        universes=universes,
        teaches=teaches,
        measures=recipe.validation.ceiling,
        apart=apart,
    )


def largest_batch_of(recipe: Recipe, universes: UniverseMemory, *, budget: int, apart: bool = False) -> int | None:
    """Return the largest `data.batch` with which a run is within a budget of bytes; None where none is."""

    def total(batch: int) -> int:
        changed = replace(recipe, data=replace(recipe.data, batch=batch))
        return run_memory(changed, universes, apart=apart).total

    return bisect_right(range(1, MOST_ROWS + 1), budget, key=total) or None


def verdict(recipe: Recipe, memory: RunMemory, budget: str) -> tuple[bool, str]:
    """Return whether a run is within a budget like "8GB", and that in words with the largest batch that is."""
    limit = byte_count(budget)
    largest = largest_batch_of(recipe, memory.universes, budget=limit, apart=memory.apart)
    fits = memory.total <= limit
    said = "is within" if fits else "is over"
    most = "not even a batch of 1 fits" if largest is None else f"the largest batch that fits is {largest:,}"
    return (
        fits,
        f"at its fullest ({memory.fullest}) the run takes {memory.total:,} bytes, which {said} {budget}; {most}",
    )


def require_memory(recipe: Recipe, *, own_rows: bool = False, apart: bool = False) -> None:
    """Refuse a run over `budget.memory`, if that is given.

    Args:
        recipe: The run.
        own_rows: Whether its rows come from elsewhere than the recipe's universes.
        apart: Whether the model lies in a GPU's memory.

    Raises:
        ValueError: It is over the budget; the message names the largest batch that is not.
    """
    if recipe.budget.memory:
        universes = UniverseMemory() if own_rows else universe_memory(recipe)
        fits, said = verdict(recipe, run_memory(recipe, universes, apart=apart), recipe.budget.memory)
        if not fits:
            raise ValueError(f"data.batch is {recipe.data.batch}: {said}; 'seqtrain estimate' has the account")
