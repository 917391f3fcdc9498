"""What a prediction is: the terms that follow a sequence, and how sure the model was of each."""

from dataclasses import dataclass


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

    >>> Continuation(terms=(128,), probabilities=(0.98, 0.75), ended=True).to_dict()
    {'terms': [128], 'probabilities': [0.98, 0.75], 'ended': True}
    """

    terms: tuple[int, ...]
    probabilities: tuple[float, ...]
    ended: bool = False

    def __post_init__(self) -> None:
        expected = len(self.terms) + self.ended
        if self.probabilities and len(self.probabilities) != expected:
            raise ValueError(
                f"probabilities: {len(self.probabilities)} given for {len(self.terms)} terms, "
                f"ended={self.ended}; {expected} are needed"
            )

    def to_dict(self) -> dict[str, list[int] | list[float] | bool]:
        """Return the fields as JSON types."""
        return {
            "terms": list(self.terms),
            "probabilities": list(self.probabilities),
            "ended": self.ended,
        }
