"""The requests' types with the bounds of a service and of its model: what is checked while JSON is read."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from seqserve.expressions import Expressions
from seqserve.protocols import Strategy
from seqserve.service.limits import Limits
from seqserve.service.messages import AttentionRequest, ExplainRequest, PredictRequest

T = TypeVar("T", bound=msgspec.Struct)

SHORTEST_DEADLINE = 0.1
"""Seconds that a client must give at least."""

LONGEST_EXPLAINED = 64
"""Terms of a sequence that is explained: every rule is unrolled as far, and rules are many."""

_EXAMPLE = [1, 1, 2, 3, 5, 8]


def predict_type(limits: Limits, sequence: Any, *, outcomes: int, steps: str) -> type[PredictRequest]:
    """Return the type of requests for continuations.

    Args:
        limits: What a request may ask for.
        sequence: The type of a sequence.
        outcomes: How many may follow it.
        steps: What is predicted where a request does not say how much.
    """
    found: Any = msgspec.defstruct(
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
                Annotated[
                    Annotated[int, Meta(ge=1, le=limits.steps)] | None,
                    Meta(description=f"how much to predict of each; null: {steps}"),
                ],
                None,
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
    return found  # type: ignore[no-any-return]


def explain_type(limits: Limits, low: int, high: int) -> type[ExplainRequest]:
    """Return the type of requests for rules, of terms in `low`..`high`."""
    sequence = terms_type(low, high, min(limits.length, LONGEST_EXPLAINED))
    return _with_sequence("ExplainRequest", sequence, ExplainRequest, "A sequence whose rules are asked for.")


def attention_type(sequence: Any) -> type[AttentionRequest]:
    """Return the type of requests for attention."""
    return _with_sequence("AttentionRequest", sequence, AttentionRequest, "A sequence whose attention is asked for.")


def terms_type(low: int, high: int, length: int) -> Any:
    """Return the type of a sequence of terms.

    >>> msgspec.json.decode(b"[1, 256]", type=terms_type(0, 255, 8))
    Traceback (most recent call last):
    ...
    msgspec.ValidationError: Expected `int` <= 255 - at `$[1]`
    """
    term = Annotated[int, Meta(ge=low, le=high)]
    examples = [_EXAMPLE] if low <= min(_EXAMPLE) and max(_EXAMPLE) <= high else None
    about = Meta(min_length=1, max_length=length, description="its terms, the oldest first", examples=examples)
    return Annotated[list[term], about]


def text_type(expressions: Expressions, length: int) -> Any:
    """Return the type of a text; what is no question of the model is refused where it is read, with more to say."""
    about = "a question; zeros before its numbers and = may be left out, and the answer may have begun"
    return Annotated[
        str,
        Meta(
            min_length=1,
            max_length=length,
            description="a text of the model's symbols" if expressions.digits is None else about,
            examples=[expressions.example],
            extra_json_schema={"pattern": expressions.pattern},
        ),
    ]


def _with_sequence(name: str, sequence: Any, base: type[T], about: str) -> type[T]:
    found: Any = msgspec.defstruct(
        name,
        [("sequence", sequence)],
        bases=(base,),
        kw_only=True,
        forbid_unknown_fields=True,
        namespace={"__doc__": about},
    )
    return found  # type: ignore[no-any-return]
