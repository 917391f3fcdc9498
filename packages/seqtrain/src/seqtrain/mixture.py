"""Training rows from seqgen's streams, mixed as the curriculum says."""

import numpy as np
from numpy.typing import NDArray

from seqgen import Overflow, Stream, Universe, universe, words
from seqmodel import IntegerVocabulary
from seqtrain.curriculum import Curriculum, final_mixture
from seqtrain.protocols import IGNORE, Batches
from seqtrain.recipe import CurriculumRecipe, Recipe


class Mixture:
    """A `BatchSource` over universes whose shares follow the curriculum.

    Row r of the run (row j of step t is r = t * rows + j) is a pure function of purpose, seed and
    curriculum: word r of the stream `PURPOSE-phase` picks the universe by the shares of step t, and row
    r of that universe's own stream `PURPOSE` is taken.

    Args:
        curriculum: The stages.
        vocabulary: Terms the model knows, and whether END is one of its classes.
        context: Terms the model sees; a row has one more.
        rows: Rows in a step's batch.
        overflow: What seqgen does with a term outside the vocabulary.
        purpose: Names the streams; different purposes share no structure.
        seed: Names the streams too.
    """

    def __init__(
        self,
        curriculum: CurriculumRecipe,
        vocabulary: IntegerVocabulary,
        *,
        context: int,
        rows: int,
        overflow: Overflow,
        purpose: str,
        seed: int,
    ) -> None:
        self.curriculum = Curriculum(curriculum)
        self.rows = rows
        self._vocabulary = vocabulary
        self._choice = f"{purpose}-phase", seed
        self._streams = [
            Stream(
                universe(
                    name,
                    length=context + 1,
                    low=vocabulary.low,
                    high=vocabulary.high,
                    overflow=overflow,
                ),
                purpose,
                seed,
            )
            for name in self.phases
        ]

    @classmethod
    def of(
        cls, recipe: Recipe, *, purpose: str, curriculum: CurriculumRecipe | None = None, rows: int | None = None
    ) -> "Mixture":
        """Return the rows of a recipe for a purpose, by its curriculum and batch unless others are given."""
        return cls(
            curriculum or recipe.curriculum,
            vocabulary_of(recipe),
            context=recipe.model.context,
            rows=rows or recipe.data.batch,
            overflow=recipe.data.overflow,
            purpose=purpose,
            seed=recipe.run.seed,
        )

    @property
    def phases(self) -> tuple[str, ...]:
        """The universes' names."""
        return self.curriculum.names

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of the steps first, ..., first + count - 1, made in one go."""
        phases_SR = self._choose(first, count)
        shape = (*phases_SR.shape, self._streams[0].universe.length)
        values_SRL = np.empty(shape, np.int64)
        lengths_SR = np.empty(shape[:2], np.int64)
        for phase, stream in enumerate(self._streams):
            chosen = phases_SR == phase
            batch = stream.take(first * self.rows + np.flatnonzero(chosen))
            values_SRL[chosen], lengths_SR[chosen] = batch.values, batch.lengths
        inputs, targets = teach(values_SRL, lengths_SR, self._vocabulary)
        return Batches(inputs=inputs, targets=targets, phases=phases_SR)

    @property
    def universes(self) -> tuple[Universe, ...]:
        """The universe of each phase."""
        return tuple(stream.universe for stream in self._streams)

    def origins(self, first: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rule behind each row of the steps first, ..., first + count - 1.

        Returns:
            Index of its family in the universe of the row's phase, and of the rule in that family:
            both int64 (steps, rows).
        """
        phases_SR = self._choose(first, count)
        families_SR, rules_SR = np.empty_like(phases_SR), np.empty_like(phases_SR)
        for phase, stream in enumerate(self._streams):
            chosen = phases_SR == phase
            batch = stream.take(first * self.rows + np.flatnonzero(chosen))
            families_SR[chosen], rules_SR[chosen] = batch.families, batch.rules
        return families_SR, rules_SR

    def _choose(self, first: int, count: int) -> NDArray[np.int64]:
        """Pick each row's universe, int64 (steps, rows), by 32 bits of its word."""
        word_SR = words(*self._choice, first * self.rows, count * self.rows).reshape(count, -1)
        bounds_SN = self.curriculum.shares(np.arange(first, first + count)).cumsum(-1) * 2.0**32
        word_SR1 = (word_SR >> np.uint64(32)).astype(np.float64)[..., None]
        # The last bound is left out: its rounding must not leave a word without a universe.
        chosen_SR: NDArray[np.int64] = (word_SR1 >= bounds_SN[:, None, :-1]).sum(-1)
        return chosen_SR


def teach(
    values: NDArray[np.int64], lengths: NDArray[np.int64], vocabulary: IntegerVocabulary
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn rows into what the model reads and what it should predict at each position.

    Args:
        values: Terms, int64 (..., length).
        lengths: Terms of each row that exist, int64 (...). Where that is fewer than `length`, the
            sequence ends there.
        vocabulary: Numbers the terms; its END, where there is one, is the target right after the
            last term. Everything later is `IGNORE`.

    Returns:
        Tokens and targets, both int64 (..., length - 1).

    >>> teach(np.array([[1, 2, 4, 0]]), np.array([3]), IntegerVocabulary(low=0, high=4))
    (array([[1, 2, 4]]), array([[2, 4, 5]]))
    """
    tokens = vocabulary.encode(values)
    after = np.arange(1, values.shape[-1]) - lengths[..., None]
    end = IGNORE if vocabulary.end_token is None else vocabulary.end_token
    targets = np.select([after < 0, after == 0], [tokens[..., 1:], end], IGNORE)
    return tokens[..., :-1], targets


def vocabulary_of(recipe: Recipe) -> IntegerVocabulary:
    """Return the vocabulary of the recipe's terms."""
    return IntegerVocabulary(low=recipe.data.low, high=recipe.data.high, end=recipe.data.end)


def final_rows(recipe: Recipe, *, purpose: str) -> Mixture:
    """Return rows of the recipe's final mixture."""
    return Mixture.of(recipe, purpose=purpose, curriculum=final_mixture(recipe.curriculum))
