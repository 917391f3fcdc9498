"""What the service writes where its model is one of symbols; the names are those that integers have in `messages`."""

from msgspec import UNSET, Struct, UnsetType


class SymbolOutcome(Struct, kw_only=True):
    """A symbol that may be next."""

    term: str
    probability: float


class CompletedAnswer(Struct, kw_only=True, omit_defaults=True):
    """A question completed.

    `value` is the number behind `=`, as text since many readers of JSON round large numbers, and null where the
    text is no whole expression. `probability` is that of all predictions together. `top` is there where it was asked
    for.
    """

    sequence: str
    completed: str
    value: str | None
    probabilities: list[float]
    probability: float
    top: list[list[SymbolOutcome]] | UnsetType = UNSET


class PredictResponse(Struct, kw_only=True):
    """The completed questions of a request, in their order."""

    continuations: list[CompletedAnswer]


class TermEvent(Struct, kw_only=True, omit_defaults=True):
    """The data of a server-sent event `term`: the symbol that `step`, from 0 on, predicts of a sequence."""

    sequence: int
    step: int
    term: str
    probability: float
    top: list[SymbolOutcome] | UnsetType = UNSET
