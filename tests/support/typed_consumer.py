"""A small project that uses the four packages, to be checked by mypy --strict against the installed wheels.

`assert_type` fails the check where a public function's type is not what it says here, and where it is Any.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import seqgen
from seqmodel import CheckpointFile, IntegerVocabulary, ModelConfig, Transformer, read_checkpoint, save_checkpoint
from seqserve import Continuation, Predictor, PredictorLike, Sampling, Strategy
from seqtrain import Batches, BatchSource, Callback, Evaluation, Recipe, Result, Trainer, recipe_from_dict


class Counting:
    """A source of rows that needs to inherit from nothing."""

    @property
    def phases(self) -> tuple[str, ...]:
        """Name its one group."""
        return ("counting",)

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of some steps."""
        terms = np.arange(first, first + count)[:, None, None] % 200 + np.arange(9)
        return Batches(inputs=terms[..., :-1], targets=terms[..., 1:], phases=np.zeros((count, 1), np.int64))


class Watching:
    """A callback that needs to inherit from nothing."""

    def started(self, step: int) -> None:
        """Take the first step."""

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Take the scalars."""

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Take the figures."""
        assert_type(evaluation.overall.accuracy, float)

    def close(self) -> None:
        """Finish."""


class Echo:
    """A predictor that needs to inherit from nothing."""

    def predict(
        self, sequences: Iterable[Sequence[int]], steps: int = 1, *, strategy: Strategy = "cached"
    ) -> list[Continuation]:
        """Answer each sequence with itself."""
        return [Continuation(terms=tuple(sequence), probabilities=(), ended=False) for sequence in sequences]


def of_seqgen() -> None:
    """Use rules, streams and the posterior."""
    universe = seqgen.phase(1)
    stream = seqgen.Stream(universe, seed=7)
    assert_type(stream[0].rule.terms(9), list[int])
    assert_type(stream[0:4].values, NDArray[np.int64])
    following = seqgen.Posterior.of(universe).next([2, 4, 6])
    assert_type(following.mode, int | None)
    assert_type(following.probability(8), Fraction)


def of_seqmodel(path: Path) -> CheckpointFile:
    """Make, save and read a model."""
    model = Transformer(ModelConfig(layers=1), IntegerVocabulary())
    save_checkpoint(path, model, provenance={})
    return read_checkpoint(path)


def of_seqtrain(out: Path) -> Result:
    """Train on rows of one's own."""
    recipe = recipe_from_dict({"budget": {"steps": 10}})
    assert_type(recipe, Recipe)
    source: BatchSource = Counting()
    callback: Callback = Watching()
    return Trainer(recipe, out, source=source, validation=source, evaluation=source).run([callback])


def of_seqserve(path: Path) -> list[int]:
    """Ask a predictor."""
    predictors: list[PredictorLike] = [Echo(), Predictor.load(path)]
    assert_type(predictors[0].predict([[1, 2, 3]], 4), list[Continuation])
    drawn = Predictor.load(path).predict([[1, 2, 3]], 4, sampling=Sampling(temperature=0.8, seed=1))
    return [term for answer in drawn for term in answer.terms]
