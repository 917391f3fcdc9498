"""What `seqserve predict` is asked to do with each sequence."""

from dataclasses import asdict, dataclass
from typing import Any

from seqserve.protocols import Strategy
from seqserve.sampling import Sampling


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Hold the options that decide what is answered.

    Attributes:
        steps: How many terms to predict; None: what a model of symbols lacks to a whole expression, else 1.
        strategy: How to decode.
        top: How many of the most probable outcomes of each step to write.
        sampling: How to draw terms; None: the most probable.
        beam: How many continuations a beam search keeps; None: none is made.
        stream: Whether each prediction is written as soon as it is made.
        as_json: Whether to write JSON Lines instead of tables.

    Raises:
        ValueError: Two of them do not go together.
    """

    steps: int | None = None
    strategy: Strategy = "cached"
    top: int = 0
    sampling: Sampling | None = None
    beam: int | None = None
    stream: bool = False
    as_json: bool = False

    def __post_init__(self) -> None:
        stepwise = {
            "--top": bool(self.top),
            "--temperature, --top-k or --seed": self.sampling is not None,
            "--beam": self.beam is not None,
            "--stream": self.stream,
        }
        for option, given in stepwise.items():
            if given and self.strategy != "cached":
                raise ValueError(f"{option} goes step by step: expected --strategy cached, got {self.strategy!r}")
        for option, given in stepwise.items():
            if given and self.beam is not None and option != "--beam":
                raise ValueError(f"--beam finds whole continuations: give it without {option}")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)

    @property
    def stepping(self) -> dict[str, Any]:
        """The arguments of `predict` beyond those that every predictor takes; none where they are not asked for."""
        return ({"top": self.top} if self.top else {}) | ({"sampling": self.sampling} if self.sampling else {})
