"""What the service reads and writes: the one description of its JSON, from which the OpenAPI document is made."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from seqserve.protocols import Strategy
from seqserve.service.limits import Limits

SHORTEST_DEADLINE = 0.1
"""Seconds that a client must give at least."""

LONGEST_EXPLAINED = 64
"""Terms of a sequence that is explained: every rule is unrolled as far, and rules are many."""

_EXAMPLE = [1, 1, 2, 3, 5, 8]


class PredictRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Sequences to continue. `request_types` adds the bounds of a model and a service."""

    sequences: list[list[int]]
    steps: int = 1
    strategy: Strategy = "cached"
    top: int = 0
    stream: bool = False
    deadline: float | None = None


class ExplainRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A sequence whose rules are asked for."""

    sequence: list[int]


def request_types(limits: Limits, low: int, high: int) -> tuple[type[PredictRequest], type[ExplainRequest]]:
    """Return both requests' types with the bounds of a service and of its model's terms.

    >>> predict, _ = request_types(Limits(), 0, 255)
    >>> msgspec.json.decode(b'{"sequences": [[1, 256]]}', type=predict)
    Traceback (most recent call last):
    ...
    msgspec.ValidationError: Expected `int` <= 255 - at `$.sequences[0][1]`
    """
    term = Annotated[int, Meta(ge=low, le=high)]
    about = Meta(description="its terms, the oldest first", examples=[_EXAMPLE])
    sequence = Annotated[list[term], Meta(min_length=1, max_length=limits.length), about]
    explained = Annotated[list[term], Meta(min_length=1, max_length=min(limits.length, LONGEST_EXPLAINED)), about]
    outcomes = high - low + 2
    predict: Any = msgspec.defstruct(
        "PredictRequest",
        [
            (
                "sequences",
                Annotated[
                    list[sequence],
                    Meta(min_length=1, max_length=limits.sequences, description="the sequences to continue"),
                ],
            ),
            (
                "steps",
                Annotated[int, Meta(ge=1, le=limits.steps, description="how many terms to predict of each")],
                1,
            ),
            (
                "strategy",
                Annotated[Strategy, Meta(description="how to decode; the answers are the same")],
                "cached",
            ),
            (
                "top",
                Annotated[
                    int,
                    Meta(
                        ge=0,
                        le=outcomes,
                        description="how many of the most probable outcomes to return with each step; strategy "
                        f'"cached" only; sequences x steps x top is at most {limits.outcomes}',
                    ),
                ],
                0,
            ),
            (
                "stream",
                Annotated[bool, Meta(description="whether to answer by server-sent events, one for each term")],
                False,
            ),
            (
                "deadline",
                Annotated[
                    Annotated[float, Meta(ge=SHORTEST_DEADLINE, le=limits.deadline)] | None,
                    Meta(description=f"seconds after which the answer is of no use; null: {limits.deadline:g}"),
                ],
                None,
            ),
        ],
        bases=(PredictRequest,),
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": "Sequences to continue."},
    )
    explain: Any = msgspec.defstruct(
        "ExplainRequest",
        [("sequence", explained)],
        bases=(ExplainRequest,),
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": "A sequence whose rules are asked for."},
    )
    return predict, explain


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


class Info(Struct, kw_only=True):
    """What answers here."""

    version: str
    model: str
    weights: str
    parameters: int
    low: int
    high: int
    configuration: dict[str, Any]
    vocabulary: dict[str, Any]
    engine: str
    promise: Promise
    limits: dict[str, float]
    universe: str | None


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
