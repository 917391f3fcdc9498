"""Training rows from seqgen's streams, mixed as the curriculum says."""

import logging
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

import seqgen
from seqgen import Overflow, Rule, Stream, Universe, universe, words
from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, Vocabulary, integers_of
from seqtrain.curriculum import Curriculum, final_mixture
from seqtrain.protocols import IGNORE, Batches
from seqtrain.recipe import CurriculumRecipe, Recipe

if TYPE_CHECKING:
    from seqtrain.device_mixture import DeviceMixture

_log = logging.getLogger("seqtrain")


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
        held_out: Share of the rows that training never sees; see `DataRecipe`.
        without_held_out: Whether these rows are left out, which lists all rules, or marked.

    Raises:
        ValueError: A universe is unknown, or rows of one that cannot be listed are to be left out.
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
        held_out: float = 0.0,
        without_held_out: bool = False,
    ) -> None:
        self.curriculum = Curriculum(curriculum)
        self.rows = rows
        self.vocabulary = vocabulary
        self.purpose, self.seed = purpose, seed
        self._marked = 0.0 if without_held_out else held_out
        universes = [
            universe(name, length=context + 1, low=vocabulary.low, high=vocabulary.high, overflow=overflow)
            for name in self.phases
        ]
        if held_out and without_held_out:
            universes = [seqgen.without_held_out(each, held_out) for each in universes]
        self._streams = [Stream(each, purpose, seed) for each in universes]

    @classmethod
    def of(
        cls, recipe: Recipe, *, purpose: str, curriculum: CurriculumRecipe | None = None, rows: int | None = None
    ) -> "Mixture":
        """Return the rows of a recipe for a purpose, by its curriculum and batch unless others are given.

        Those for purposes that begin with "train" are without the rows that are held out.
        """
        return cls(
            curriculum or recipe.curriculum,
            integers_of(vocabulary_of(recipe)),
            context=recipe.model.context,
            rows=rows or recipe.data.batch,
            overflow=recipe.data.overflow,
            purpose=purpose,
            seed=recipe.run.seed,
            held_out=recipe.data.held_out,
            without_held_out=purpose.startswith("train"),
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
        families_SR = np.empty(shape[:2], np.int64)
        before = 0
        for phase, stream in enumerate(self._streams):
            chosen = phases_SR == phase
            batch = stream.take(first * self.rows + np.flatnonzero(chosen))
            values_SRL[chosen], lengths_SR[chosen] = batch.values, batch.lengths
            families_SR[chosen] = before + batch.families
            before += len(stream.universe.families)
        inputs, targets = teach(values_SRL, lengths_SR, self.vocabulary)
        held = None
        if self._marked:
            held = seqgen.held_out(values_SRL.reshape(-1, shape[-1]), lengths_SR.ravel(), self._marked)
        return Batches(
            inputs=inputs,
            targets=targets,
            phases=phases_SR,
            families=families_SR,
            held_out=None if held is None else held.reshape(shape[:2]),
        )

    @cached_property
    def families(self) -> tuple[tuple[str, str], ...]:
        """The phase and name of each family of each universe.

        A phase is the universe's name; of a single universe that holds several of seqgen's phases, it is theirs.
        """
        single = len(self.phases) == 1
        return tuple(
            (f"phase{family.phase}" if single and several else name, family.name)
            for name, each in zip(self.phases, self.universes, strict=True)
            for several in [len({family.phase for family in each.families}) > 1]
            for family in each.families
        )

    @property
    def universes(self) -> tuple[Universe, ...]:
        """The universe of each phase."""
        return tuple(stream.universe for stream in self._streams)

    def rule(self, row: int) -> Rule:
        """Return the rule behind row `row`, counted over all steps."""
        step, place = divmod(row, self.rows)
        stream = self._streams[int(self._choose(step, 1)[0, place])]
        return stream[row].rule

    @property
    def choice(self) -> tuple[str, int]:
        """Purpose and seed of the words that pick each row's universe."""
        return f"{self.purpose}-phase", self.seed

    def on(self, device: torch.device) -> "DeviceMixture | None":
        """Return the same rows as a device draws them; None where the rules are too many for a table."""
        from seqtrain.device_mixture import DeviceMixture

        try:
            return DeviceMixture(self, device)
        except ValueError as error:
            _log.info("rows are drawn on the CPU: %s", error)
            return None

    def _choose(self, first: int, count: int) -> NDArray[np.int64]:
        """Pick each row's universe, int64 (steps, rows), by 32 bits of its word."""
        word_SR = words(*self.choice, first * self.rows, count * self.rows).reshape(count, -1)
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


def vocabulary_of(recipe: Recipe) -> Vocabulary:
    """Return the vocabulary of the recipe's terms, or of its questions."""
    if recipe.questions.digits:
        return QUANTAMATHS_VOCABULARY
    return IntegerVocabulary(low=recipe.data.low, high=recipe.data.high, end=recipe.data.end)


def final_rows(recipe: Recipe, *, purpose: str) -> Mixture:
    """Return rows of the recipe's final mixture."""
    return Mixture.of(recipe, purpose=purpose, curriculum=final_mixture(recipe.curriculum))
