"""How sequences and answers are worded in JSON: as integers, or as the texts of a model of symbols."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from msgspec import UNSET, Struct

from seqserve.completing import completion, steps_for
from seqserve.expressions import Expressions, Question
from seqserve.predictions import continuation_of
from seqserve.protocols import Engine, Prediction
from seqserve.service import messages, symbol_messages
from seqserve.service.limits import Limits
from seqserve.service.messages import PredictRequest
from seqserve.service.refusal import Refusal
from seqserve.service.request_types import predict_type, terms_type, text_type


@dataclass(frozen=True, kw_only=True)
class Posed:
    """One sequence of a request: what the engine continues, and by how much; `question` is its text, if it has one."""

    terms: Sequence[int]
    steps: int
    question: Question | None = None


class Wording(Protocol):
    """Read requests, and word their answers."""

    @property
    def predict(self) -> type[PredictRequest]:
        """The type of requests for continuations."""
        ...

    @property
    def answers(self) -> tuple[type[Struct], type[Struct]]:
        """The types of answers and events, which the OpenAPI document describes."""
        ...

    def sequence_type(self, length: int) -> Any:
        """Return the type of a sequence of at most so many terms or symbols."""
        ...

    def posed(self, sequence: Any, steps: int | None, name: str) -> Posed:
        """Return what is asked of a sequence; `name` stands for it in the Refusal that is raised where it is none."""
        ...

    def plain(self) -> "Wording":
        """Return a wording that takes sequences as the model reads them, whatever it is trained to be asked."""
        ...

    def named(self, term: int) -> Any:
        """Return a term as JSON has it."""
        ...

    def response(self, posed: Sequence[Posed], found: Sequence[Sequence[Prediction]], top: int) -> Struct:
        """Return the answer to a request."""
        ...

    def event(self, number: int, step: int, prediction: Prediction, top: int) -> Struct:
        """Return the event of one prediction of the sequence of this number."""
        ...


def wording_of(engine: Engine, limits: Limits) -> Wording:
    """Return how an engine's model is asked."""
    expressions = getattr(engine, "expressions", None)
    return (
        IntegerWording(limits, engine.low, engine.high) if expressions is None else SymbolWording(limits, expressions)
    )


class IntegerWording:
    """Sequences are lists of integers in `low`..`high`."""

    answers = (messages.PredictResponse, messages.TermEvent)

    def __init__(self, limits: Limits, low: int, high: int) -> None:
        self._low, self._high = low, high
        outcomes = high - low + 2
        self.predict = predict_type(limits, self.sequence_type(limits.length), outcomes=outcomes, steps="one term")

    def sequence_type(self, length: int) -> Any:
        """Return the type of a list of terms."""
        return terms_type(self._low, self._high, length)

    def posed(self, sequence: Any, steps: int | None, name: str) -> Posed:  # noqa: ARG002
        """Return what is asked."""
        return Posed(terms=sequence, steps=steps or 1)

    def plain(self) -> "IntegerWording":
        """Return this wording."""
        return self

    def named(self, term: int) -> int:
        """Return a term."""
        return term

    def response(self, posed: Sequence[Posed], found: Sequence[Sequence[Prediction]], top: int) -> Struct:  # noqa: ARG002
        """Return the continuations."""
        return messages.PredictResponse(continuations=[self._answer(predictions, top) for predictions in found])

    def event(self, number: int, step: int, prediction: Prediction, top: int) -> Struct:
        """Return the event of a predicted term."""
        return messages.TermEvent(
            sequence=number,
            step=step,
            term=prediction.term,
            probability=prediction.probability,
            top=self._outcomes(prediction) if top else UNSET,
        )

    def _answer(self, predictions: Sequence[Prediction], top: int) -> messages.Answer:
        found = continuation_of(predictions)
        return messages.Answer(
            terms=list(found.terms),
            probabilities=list(found.probabilities),
            ended=found.ended,
            top=[self._outcomes(prediction) for prediction in predictions] if top else UNSET,
        )

    @staticmethod
    def _outcomes(prediction: Prediction) -> list[messages.Outcome]:
        return [messages.Outcome(term=term, probability=probability) for term, probability in prediction.top]


class SymbolWording:
    """Sequences are texts, completed where nothing else is asked."""

    answers = (symbol_messages.PredictResponse, symbol_messages.TermEvent)

    def __init__(self, limits: Limits, expressions: Expressions) -> None:
        self._limits = limits
        self._expressions = expressions
        steps = "one symbol" if expressions.digits is None else "what completes the expression"
        outcomes = expressions.symbols.outputs
        self.predict = predict_type(limits, self.sequence_type(limits.length), outcomes=outcomes, steps=steps)

    def sequence_type(self, length: int) -> Any:
        """Return the type of a text."""
        return text_type(self._expressions, length)

    def posed(self, sequence: Any, steps: int | None, name: str) -> Posed:
        """Return what is asked. Raises Refusal where a text is no question, or lacks more than may be predicted."""
        try:
            question = self._expressions.read(sequence)
        except ValueError as error:
            raise Refusal(400, "invalid", f"{name}: {error}") from None
        wanted = steps_for(question, steps)
        if wanted > self._limits.steps:
            most = self._limits.steps
            raise Refusal(400, "invalid", f"steps: expected at most {most}, but {name} lacks {wanted}: say fewer")
        return Posed(terms=question.tokens, steps=wanted, question=question)

    def plain(self) -> "SymbolWording":
        """Return a wording that takes every text of the symbols."""
        return SymbolWording(self._limits, replace(self._expressions, digits=None))

    def named(self, term: int) -> str:
        """Return the symbol of a token."""
        return self._expressions.symbol(term)

    def response(self, posed: Sequence[Posed], found: Sequence[Sequence[Prediction]], top: int) -> Struct:
        """Return the completed texts."""
        return symbol_messages.PredictResponse(
            continuations=[self._answer(one, predictions, top) for one, predictions in zip(posed, found, strict=True)]
        )

    def event(self, number: int, step: int, prediction: Prediction, top: int) -> Struct:
        """Return the event of a predicted symbol."""
        assert prediction.term is not None  # noqa: S101  # a model of symbols knows no END
        return symbol_messages.TermEvent(
            sequence=number,
            step=step,
            term=self.named(prediction.term),
            probability=prediction.probability,
            top=self._outcomes(prediction) if top else UNSET,
        )

    def _answer(self, posed: Posed, predictions: Sequence[Prediction], top: int) -> symbol_messages.CompletedAnswer:
        assert posed.question is not None  # noqa: S101
        found = completion(self._expressions, posed.question, posed.steps, continuation_of(predictions))
        return symbol_messages.CompletedAnswer(
            sequence=posed.question.text,
            completed=found.text,
            value=None if found.value is None else str(found.value),
            probabilities=list(found.probabilities),
            probability=found.probability,
            top=[self._outcomes(prediction) for prediction in predictions] if top else UNSET,
        )

    def _outcomes(self, prediction: Prediction) -> list[symbol_messages.SymbolOutcome]:
        return [
            symbol_messages.SymbolOutcome(term=self.named(token), probability=probability)
            for token, probability in prediction.top
            if token is not None
        ]
