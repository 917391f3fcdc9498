"""Questions of arithmetic as training rows: all that is scored is the answer."""

# S steps, R rows, T tokens read, N rows of all steps

import numpy as np

from seqgen.arithmetic import CLASS_NAMES, KINDS, Questions, QuestionStream
from seqtrain.protocols import IGNORE, Batches
from seqtrain.recipe import QuestionsRecipe, Recipe

OPERATIONS = ("add", "sub")

_FIRST_OF_KIND = np.array([CLASS_NAMES.index(f"{kind}0") for kind in KINDS])
"""The index of each kind's first class."""


class QuestionSource:
    """A `BatchSource` whose rows are questions with their answers; its families are the classes of difficulty.

    Row j of step t is question t * rows + j of the stream, a pure function of purpose, seed and that number.

    Args:
        recipe: Which questions.
        rows: Rows in a step's batch.
        purpose: Names the stream.
        seed: Names the stream, too.
        uniform: Whether nothing is enriched and half of the rows of "mix" are subtractions, as for all figures.
    """

    phases = OPERATIONS
    families = tuple((OPERATIONS[not name.startswith("S")], name) for name in CLASS_NAMES)

    def __init__(self, recipe: QuestionsRecipe, *, rows: int, purpose: str, seed: int, uniform: bool = False) -> None:
        self.rows = rows
        self._stream = _stream(recipe, rows, purpose, seed, uniform=uniform)

    @classmethod
    def of(cls, recipe: Recipe, *, purpose: str) -> "QuestionSource":
        """Return a recipe's rows for a purpose; uniform ones unless that is "train"."""
        return cls(
            recipe.questions,
            rows=recipe.data.batch,
            purpose=purpose,
            seed=recipe.run.seed,
            uniform=purpose != "train",
        )

    def questions(self, first: int, count: int) -> Questions:
        """Return the questions of the rows first, ..., first + count - 1, counted over all steps."""
        return self._stream.questions(first, count)

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of the steps first, ..., first + count - 1, made in one go."""
        questions = self.questions(first * self.rows, count * self.rows)
        tokens_NT = questions.tokens().astype(np.int64)
        targets_NT = tokens_NT[:, 1:].copy()
        targets_NT[:, : -(questions.digits + 2)] = IGNORE
        kinds_N = questions.kinds()

        def by_step(values: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(values, np.int64).reshape(count, self.rows, *values.shape[1:])

        return Batches(
            inputs=by_step(tokens_NT[:, :-1]),
            targets=by_step(targets_NT),
            phases=by_step(kinds_N > 0),
            families=by_step(_FIRST_OF_KIND[kinds_N] + questions.levels()),
        )


def _stream(recipe: QuestionsRecipe, rows: int, purpose: str, seed: int, *, uniform: bool) -> QuestionStream:
    if uniform:
        return QuestionStream(recipe.digits, recipe.operation, seed, purpose, subtraction=0.5)
    return QuestionStream(
        recipe.digits,
        recipe.operation,
        seed,
        purpose,
        enrichment=recipe.enrichment,
        subtraction=recipe.subtraction,
        block=rows if recipe.batches == "alike" else 1,
    )
