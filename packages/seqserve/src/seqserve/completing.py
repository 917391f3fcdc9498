"""Expressions completed by a model of symbols, in batches of the predictor's."""

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from seqserve.chunking import chunks
from seqserve.continuation import Completion, Continuation
from seqserve.expressions import Expressions, Question
from seqserve.protocols import Strategy
from seqserve.sampling import Sampling

if TYPE_CHECKING:
    from seqserve.predictor import Predictor


def expressions_of(engine: object) -> Expressions:
    """Return how an engine's model reads text.

    Raises:
        ValueError: It reads integers.
    """
    found = getattr(engine, "expressions", None)
    if not isinstance(found, Expressions):
        raise ValueError("this model reads integers and completes no expressions: ask it with predict")
    return found


def complete_questions(
    predictor: "Predictor",
    questions: Iterable[Question],
    steps: int | None,
    *,
    strategy: Strategy = "cached",
    top: int = 0,
    sampling: Sampling | None = None,
    first: int = 0,
) -> Iterator[Completion]:
    """Complete questions as they come, one batch of them in memory at a time; see `Predictor.complete`."""
    known = expressions_of(predictor.engine)
    for number, batch in enumerate(chunks(questions, predictor.batch_size)):
        wanted = [steps_for(question, steps) for question in batch]
        # All go as far as the longest: what comes later changes nothing that was said before.
        found = predictor.predict(
            [question.tokens for question in batch],
            max(wanted),
            strategy=strategy,
            top=top,
            sampling=sampling,
            first=first + number * predictor.batch_size,
        )
        for question, count, continuation in zip(batch, wanted, found, strict=True):
            yield completion(known, question, count, continuation)


def steps_for(question: Question, steps: int | None) -> int:
    """Return how many symbols are to be predicted: so many, or as many as are missing, or one."""
    return steps or question.missing or 1


def completion(known: Expressions, question: Question, steps: int, continuation: Continuation) -> Completion:
    """Return the first `steps` predictions of a continuation as text.

    >>> from seqmodel import SymbolVocabulary
    >>> known = Expressions(symbols=SymbolVocabulary(symbols="0123456789+-="), digits=1)
    >>> answer = Continuation(terms=(10, 0, 5, 5), probabilities=(1.0, 0.5, 0.5, 0.1))
    >>> found = completion(known, known.read("2+3"), 3, answer)
    >>> found.text, found.value, found.probability
    ('2+3=+05', 5, 0.25)
    """
    text = question.text + "".join(map(known.symbol, continuation.terms[:steps]))
    probabilities = continuation.probabilities[:steps]
    return Completion(
        text=text,
        value=known.value(text),
        probabilities=probabilities,
        probability=math.prod(probabilities),
        top=tuple(
            # A model of symbols knows no END.
            tuple((known.symbol(token), share) for token, share in step if token is not None)
            for step in continuation.top[:steps]
        ),
    )
