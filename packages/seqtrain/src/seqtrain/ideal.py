"""What the exact posterior answers to the targets of some rows, and what it thinks of a model's answers there."""

# R rows, T positions, Q different prefixes of one length, M outcomes of all their distributions, V classes

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen import Distributions, Posterior
from seqmodel import IntegerVocabulary, integers_of
from seqtrain.asked_rows import AskedRows
from seqtrain.evaluation import evaluate
from seqtrain.metrics import Evaluation
from seqtrain.mixture import final_rows, vocabulary_of
from seqtrain.predictions import Predictions, Predictor
from seqtrain.protocols import IGNORE, Batches
from seqtrain.recipe import Recipe

_OF_ANOTHER = "no rule of the universe explains some of the rows: the posterior is of another one"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ideal:
    """Hold the exact posterior's answers to the targets of R rows, each (R, T); those not scored mean nothing.

    Attributes:
        classes: Its likeliest class, int64; of several the smallest term, END last.
        integers: Its median among the terms, int64.
        log_losses: Minus the log-probability of the target, in nats, float64.
        sureness: The probability of `classes`, float64.
        model_sureness: The probability of the model's answer, float64; 0 where no model was asked.
        divergence: What the model's log-loss is expected to have more than the posterior's, in nats, float64:
            KL(posterior || model); NaN of a model that gives no probabilities.
    """

    classes: NDArray[np.int64]
    integers: NDArray[np.int64]
    log_losses: NDArray[np.float64]
    sureness: NDArray[np.float64]
    model_sureness: NDArray[np.float64]
    divergence: NDArray[np.float64]

    @property
    def predictions(self) -> Predictions:
        """The same as what a predictor says."""
        return Predictions(
            classes=self.classes.ravel(), integers=self.integers.ravel(), log_losses=self.log_losses.ravel()
        )


def posterior_predictor(posterior: Posterior, vocabulary: IntegerVocabulary) -> Predictor:
    """Return the posterior as a predictor of rows of its universe.

    Without END in the vocabulary it is told that a term follows. It raises ValueError at rows of another universe.
    """

    def predict(batches: Batches) -> Predictions:
        tokens, targets = (each.reshape(-1, each.shape[-1]) for each in (batches.inputs, batches.targets))
        return _ideal(posterior, tokens, targets, vocabulary, None).predictions

    return predict


def possible_validation(recipe: Recipe, posterior: Posterior) -> Evaluation:
    """Return what the posterior of a recipe's final mixture reaches on the validation rows."""
    vocabulary = integers_of(vocabulary_of(recipe))
    return evaluate(
        posterior_predictor(posterior, vocabulary),
        final_rows(recipe, purpose="validation"),
        rows=recipe.validation.rows,
        terms=vocabulary.size,
    )


def ideal_beside(posterior: Posterior, rows: AskedRows, vocabulary: IntegerVocabulary, said: Predictions) -> Ideal:
    """Return the posterior's answers beside a model's. Equal prefixes are looked up once."""
    return _ideal(posterior, rows.inputs, rows.targets, vocabulary, said)


def _ideal(
    posterior: Posterior,
    tokens_RT: NDArray[np.int64],
    targets_RT: NDArray[np.int64],
    vocabulary: IntegerVocabulary,
    said: Predictions | None,
) -> Ideal:
    shape = tokens_RT.shape
    found = Ideal(
        classes=np.zeros(shape, np.int64),
        integers=np.zeros(shape, np.int64),
        log_losses=np.zeros(shape),
        sureness=np.zeros(shape),
        model_sureness=np.zeros(shape),
        divergence=np.zeros(shape),
    )
    for column in range(shape[1]):
        row = np.flatnonzero(targets_RT[:, column] != IGNORE)
        if not len(row):
            continue
        prefixes, first, which = np.unique(tokens_RT[row, : column + 1], axis=0, return_index=True, return_inverse=True)
        known = _Known.of(posterior.batch(prefixes + vocabulary.low), vocabulary)
        which = which.reshape(-1)
        found.classes[row, column] = known.mode[which]
        found.integers[row, column] = known.median[which]
        found.sureness[row, column] = known.of_mode[which]
        of_target = known.probability(which, targets_RT[row, column])
        if not of_target.all():
            raise ValueError(_OF_ANOTHER)
        found.log_losses[row, column] = -np.log(of_target)
        if said is not None:
            flat = row * shape[1] + column
            found.model_sureness[row, column] = known.probability(which, said.classes[flat])
            found.divergence[row, column] = known.divergence(said, flat[first])[which]
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """Hold Q next-term distributions by class."""

    first: NDArray[np.int64]
    query: NDArray[np.int64]
    classes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    mode: NDArray[np.int64]
    of_mode: NDArray[np.float64]
    median: NDArray[np.int64]
    outcomes: int

    @classmethod
    def of(cls, given: Distributions, vocabulary: IntegerVocabulary) -> "_Known":
        if not (np.diff(given.first) > 0).all():
            raise ValueError(_OF_ANOTHER)
        class_M = np.where(given.is_end, vocabulary.size, given.terms - vocabulary.low)
        weight_M = given.weights
        if vocabulary.end_token is None:
            weight_M = np.where(given.is_end, 0, weight_M)
        first, query_M = given.first[:-1], np.repeat(np.arange(len(given)), np.diff(given.first))
        total, heaviest = np.add.reduceat(weight_M, first), np.maximum.reduceat(weight_M, first)
        likeliest = np.flatnonzero(weight_M == heaviest[query_M])
        mode = likeliest[np.searchsorted(query_M[likeliest], np.arange(len(given)))]
        return cls(
            first=first,
            query=query_M,
            classes=class_M,
            probabilities=weight_M / total[query_M],
            mode=class_M[mode],
            of_mode=heaviest / total,
            median=class_M[_medians(given, query_M)],
            outcomes=vocabulary.size + 1,
        )

    def probability(self, query: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the probability of a class in each of some queries; 0 where it is no outcome."""
        keys = self.query * self.outcomes + self.classes  # ascending
        wanted = query * self.outcomes + classes
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, self.probabilities[place], 0.0)

    def divergence(self, said: Predictions, flat: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return KL(posterior || model) of each query; the model's answer to it is the one at `flat`."""
        if said.log_probabilities is None:
            return np.full(len(flat), np.nan)
        likely = self.probabilities > 0
        p, c, q = self.probabilities[likely], self.classes[likely], self.query[likely]
        terms = p * (np.log(p) - said.log_probabilities[flat[q], c])
        return np.asarray(np.bincount(q, terms, len(flat)), dtype=np.float64)


def _medians(given: Distributions, query_M: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each query's median stands: the first term with half of the terms' weight up to it."""
    first = given.first[:-1]
    # Total weights stay below 2**62, but not the sum over all queries: each counts from its own beginning.
    weight_M = np.where(given.is_end, 0, given.weights)
    reached_M = np.cumsum(weight_M, dtype=np.uint64)
    before_M = (reached_M[first] - weight_M[first].astype(np.uint64))[query_M]
    half = (np.add.reduceat(weight_M, first) + 1) // 2
    enough = np.flatnonzero((reached_M - before_M).astype(np.int64) >= half[query_M])
    return enough[np.searchsorted(query_M[enough], np.arange(len(given)))]
