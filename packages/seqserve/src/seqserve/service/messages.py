"""What the service reads and writes: the one description of its JSON, from which the OpenAPI document is made."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from seqserve.protocols import Strategy


class PredictRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Sequences to continue: lists of terms, or texts. `request_types` adds the bounds of a model and a service."""

    sequences: list[Any]
    steps: int | None = None
    strategy: Strategy = "cached"
    top: int = 0
    stream: bool = False
    deadline: float | None = None


class ExplainRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A sequence whose rules are asked for."""

    sequence: list[int]


class Outcome(Struct, kw_only=True):
    """A possible next term; `term` is null where it is END, that the sequence leaves the model's range."""

    term: int | None
    probability: float


class Answer(Struct, kw_only=True, omit_defaults=True):
    """What follows one sequence.

    `probabilities` has one more entry than `terms` where `ended` says that END was predicted, and none where the
    model predicts numbers and not classes. `top` is there where it was asked for.
    """

    terms: list[int]
    probabilities: list[float]
    ended: bool
    top: list[list[Outcome]] | UnsetType = UNSET


class PredictResponse(Struct, kw_only=True):
    """The continuations of a request's sequences, in their order."""

    continuations: list[Answer]


class TermEvent(Struct, kw_only=True, omit_defaults=True):
    """The data of a server-sent event `term`: what `step`, from 0 on, predicts of a sequence."""

    sequence: int
    step: int
    term: int | None
    probability: float | None
    top: list[Outcome] | UnsetType = UNSET


class DoneEvent(Struct, kw_only=True):
    """The data of the last server-sent event, `done`: how many terms and ENDs were sent."""

    predictions: int


class Rule(Struct, kw_only=True):
    """A rule that explains a sequence."""

    family: str
    formula: str
    probability: float
    next: int | None


class ExplainResponse(Struct, kw_only=True):
    """The exact posterior over the next term, and the likeliest rules; both empty where no rule explains the terms."""

    universe: str
    rules_in_universe: int
    rules_in_all: int
    next: list[Outcome]
    rules: list[Rule]


class Promise(Struct, kw_only=True):
    """Whether an answer is the same bits whoever shares its batch, and how that is known."""

    exact: bool
    text: str


class Question(Struct, kw_only=True):
    """What a model of symbols is asked: numbers of so many digits, or any text where `digits` is null."""

    digits: int | None
    example: str


class Info(Struct, kw_only=True):
    """What answers here. `low` and `high` bound the terms that are read; both are null with a model of symbols.

    `attention` is how many terms or symbols /v1/attention reads at most, 0 where it is off.
    """

    version: str
    model: str
    weights: str
    parameters: int
    low: int | None
    high: int | None
    question: Question | None
    configuration: dict[str, Any]
    vocabulary: dict[str, Any]
    engine: str
    promise: Promise
    limits: dict[str, float]
    universe: str | None
    attention: int


class AttentionRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A sequence, or a text, whose attention is asked for."""

    sequence: Any


class AttentionResponse(Struct, kw_only=True):
    """Where each head looks: `weights[layer][head][from][to]`, each row a distribution over what it reads."""

    read: list[Any]
    weights: list[list[list[list[float]]]]


class Health(Struct, kw_only=True):
    """How the service is: ok, draining or failed."""

    status: str


class Error(Struct, kw_only=True):
    """What is wrong, for a program (`code`) and for a person (`message`)."""

    code: str
    message: str


class ErrorResponse(Struct, kw_only=True):
    """Any answer that is no success."""

    error: Error
