"""Where a recipe's rows come from: its universes, its questions, or the user's own files."""

from functools import cached_property

from seqmodel import integers_of
from seqtrain._checks import fail
from seqtrain.mixture import Mixture, final_rows, vocabulary_of
from seqtrain.protocols import BatchSource
from seqtrain.question_source import QuestionSource
from seqtrain.recipe import Recipe
from seqtrain.sequence_file import SequenceFile
from seqtrain.windows import Part


class Sources:
    """The rows of a recipe for training, validation and evaluation; each is made when it is first asked for.

    Raises, when asked for rows of a file:
        OSError: It cannot be read.
        ValueError: There is no such file, it holds something else than sequences, or too few.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    @cached_property
    def training(self) -> BatchSource:
        """Rows to train on."""
        if self._recipe.questions.digits:
            return QuestionSource.of(self._recipe, purpose="train")
        return self._trained_file if self._recipe.data.train else Mixture.of(self._recipe, purpose="train")

    @cached_property
    def validation(self) -> BatchSource:
        """Rows to validate on, of the final mixture."""
        return self._held("validation")

    @cached_property
    def evaluation(self) -> BatchSource:
        """Rows for the figures after training, likewise."""
        return self._held("evaluation")

    def _held(self, part: Part) -> BatchSource:
        if self._recipe.questions.digits:
            return QuestionSource.of(self._recipe, purpose=part)
        return self._held_file.part(part) if self._recipe.data.train else final_rows(self._recipe, purpose=part)

    @cached_property
    def _trained_file(self) -> SequenceFile:
        return self._file("train", held_out=self._recipe.data.held_out, part="train")

    @cached_property
    def _held_file(self) -> SequenceFile:
        if not self._recipe.data.validation:
            return self._trained_file
        return self._file("validation", held_out=1.0, part="validation")

    def _file(self, field: str, *, held_out: float, part: Part) -> SequenceFile:
        recipe = self._recipe
        path = getattr(recipe.data, field)
        try:
            return SequenceFile(
                path,
                vocabulary=integers_of(vocabulary_of(recipe)),
                context=recipe.model.context,
                rows=recipe.data.batch,
                overflow=recipe.data.overflow,
                held_out=held_out,
                part=part,
                seed=recipe.run.seed,
            )
        except (FileNotFoundError, IsADirectoryError):
            fail(f"data.{field}", path, "a file of sequences, as seen from the current folder; there is none")
