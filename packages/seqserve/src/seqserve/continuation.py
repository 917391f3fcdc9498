"""What a prediction is: the terms that follow a sequence, and how sure the model was of each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """Hold the terms that follow one sequence.

    A model may predict END: that the next term leaves its vocabulary's range. END is no term. It
    sets `ended`, and its probability stands last in `probabilities`, then one longer than `terms`.

    Attributes:
        terms: The predicted terms, in order; fewer than the steps asked for when END came first.
        probabilities: The probability in 0..1 of each prediction, given those before it; none at all
            from a model that predicts numbers and not classes.
        ended: Whether END was predicted.
        top: Of each prediction the most probable outcomes with their probabilities, best first, None
            being END; empty unless asked for.

    >>> Continuation(terms=(128,), probabilities=(0.98, 0.75), ended=True).to_dict()
    {'terms': [128], 'probabilities': [0.98, 0.75], 'ended': True}
    """

    terms: tuple[int, ...]
    probabilities: tuple[float, ...]
    ended: bool = False
    top: tuple[tuple[tuple[int | None, float], ...], ...] = ()

    def __post_init__(self) -> None:
        expected = len(self.terms) + self.ended
        if self.probabilities and len(self.probabilities) != expected:
            raise ValueError(
                f"probabilities: {len(self.probabilities)} given for {len(self.terms)} terms, "
                f"ended={self.ended}; {expected} are needed"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types; "top" is there if it was asked for, and names END null."""
        top = {"top": [[list(outcome) for outcome in step] for step in self.top]} if self.top else {}
        return {
            "terms": list(self.terms),
            "probabilities": list(self.probabilities),
            "ended": self.ended,
            **top,
        }


@dataclass(frozen=True, kw_only=True)
class Beam:
    """Hold one continuation and how probable it is.

    Attributes:
        terms: The terms, END left out.
        ended: Whether END was predicted behind them.
        score: The sum of the natural logarithms of all predictions' probabilities.
    """

    terms: tuple[int, ...]
    ended: bool
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"terms": list(self.terms), "ended": self.ended, "score": self.score}


@dataclass(frozen=True, kw_only=True)
class Completion:
    """Hold a text that a model of symbols has completed.

    Attributes:
        text: The question and what was predicted behind it.
        value: The number behind `=`; None where the text is no whole expression.
        probabilities: The probability in 0..1 of each predicted symbol, given those before it.
        probability: That of all of them together.
        top: Of each predicted symbol the most probable ones with their probabilities, best first; empty unless
            asked for.
    """

    text: str
    value: int | None
    probabilities: tuple[float, ...]
    probability: float
    top: tuple[tuple[tuple[str, float], ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types; the value as text, since many readers of JSON round above 2**53.

        >>> Completion(text="2+3=+05", value=5, probabilities=(1.0, 0.5, 0.5), probability=0.25).to_dict()
        {'completed': '2+3=+05', 'value': '5', 'probabilities': [1.0, 0.5, 0.5], 'probability': 0.25}
        """
        top = {"top": [[list(outcome) for outcome in step] for step in self.top]} if self.top else {}
        return {
            "completed": self.text,
            "value": None if self.value is None else str(self.value),
            "probabilities": list(self.probabilities),
            "probability": self.probability,
            **top,
        }
