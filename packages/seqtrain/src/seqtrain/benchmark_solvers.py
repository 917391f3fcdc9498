"""Who answers the benchmark's questions: the exact posterior and SymPy, which do not learn, and models."""

# N rows, T positions

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen import Posterior
from seqmodel import SequenceModel, integers_of
from seqtrain.benchmark_sets import TERMS
from seqtrain.model_predictor import model_predictor
from seqtrain.outside_answers import Answerer
from seqtrain.predictions import Predictions, Predictor
from seqtrain.protocols import IGNORE, Batches

_FEWEST_FOR_SYMPY = 4
"""After fewer terms its guess says nothing, or that they go on as a line."""


def posterior_answers(posterior: Posterior) -> Answerer:
    """Return the posterior's likeliest terms: after no more terms than its rows have, and a line where no rule fits."""
    context = posterior.universe.length - 1

    def answer(sequences: list[list[int]]) -> list[int | None]:
        known = posterior.batch([terms[-context:] for terms in sequences])
        return [each.mode if each else line(terms) for each, terms in zip(known, sequences, strict=True)]

    return answer


def sympy_answers() -> Answerer | None:
    """Return what SymPy's `guess` finds a formula for, and a line elsewhere; None where SymPy is not installed.

    Source: sympy.concrete.guess.guess, after Krattenthaler's Rate.
    """
    try:
        import sympy
        from sympy.concrete.guess import guess
    except ImportError:
        return None

    @cache
    def next_term(terms: tuple[int, ...]) -> int:
        if len(terms) >= _FEWEST_FOR_SYMPY:
            for formula in guess(list(terms)):
                found = formula.subs(sympy.Symbol("i0"), len(terms) + 1)
                for symbol in found.free_symbols:
                    found = found.subs(symbol, len(terms) + 1)
                if found.is_Integer:
                    return int(found)
        return line(terms)

    return lambda sequences: [next_term(tuple(terms)) for terms in sequences]


def line(terms: "list[int] | tuple[int, ...]") -> int:
    """Return the next term of a straight line through the last two; the only term where there is one.

    >>> line([3, 5]), line([7])
    (7, 7)
    """
    return 2 * terms[-1] - terms[-2] if len(terms) > 1 else terms[0]


def benchmarked_model(model: SequenceModel) -> Predictor:
    """Return a model as a predictor of the benchmark's rows; of longer ones it sees the last terms.

    A model without END never says it, and its log-loss is not comparable: NaN.

    Raises:
        ValueError: Its terms are not 0 to 255.
    """
    vocabulary = integers_of(model.vocabulary)
    if (vocabulary.low, vocabulary.high) != (TERMS.low, TERMS.high):
        said = f"{vocabulary.low} to {vocabulary.high}"
        raise ValueError(f"the model's terms are {said}; the benchmark is about {TERMS.low} to {TERMS.high}")
    predict, context = model_predictor(model), model.config.context

    def ask(inputs_NT: NDArray[np.int64], targets_NT: NDArray[np.int64]) -> Predictions:
        if vocabulary.end_token is None:
            targets_NT = np.where(targets_NT == TERMS.end_token, IGNORE, targets_NT)
        nobody = np.zeros((1, len(inputs_NT)), np.int64)
        return predict(Batches(inputs=inputs_NT[None], targets=targets_NT[None], phases=nobody))

    def predict_all(batches: Batches) -> Predictions:
        inputs, targets = (each.reshape(-1, each.shape[-1]) for each in (batches.inputs, batches.targets))
        rows, positions = inputs.shape
        parts = [ask(inputs[:, :context], targets[:, :context])]
        seen = min(context, positions)
        # Behind its context it is asked about one position at a time.
        parts += [
            ask(inputs[:, end - context : end], targets[:, end - context : end])
            for end in range(seen + 1, positions + 1)
        ]

        def joined(value: Callable[[Predictions], NDArray[Any]]) -> NDArray[Any]:
            shaped = [value(part).reshape(rows, -1) for part in parts]
            return np.concatenate([shaped[0], *(part[:, -1:] for part in shaped[1:])], axis=1).ravel()

        losses = joined(lambda said: said.log_losses)
        return Predictions(
            classes=joined(lambda said: said.classes),
            integers=joined(lambda said: said.integers),
            log_losses=np.full(losses.shape, np.nan) if vocabulary.end_token is None else losses,
        )

    return predict_all
