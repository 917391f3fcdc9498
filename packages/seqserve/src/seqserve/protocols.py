"""The seams of seqserve: what may stand behind a predictor, and what a predictor is to its users.

Both are met by anything with the right methods; nothing needs to inherit from them.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from seqserve.continuation import Continuation

Strategy = Literal["cached", "naive", "parallel"]
"""How an engine decodes: with a cache of keys and values, from the whole window at each step, or by
guessing many terms and keeping those that prove right. The answers are the same."""


class Prediction(NamedTuple):
    """Say what one step predicts of one sequence.

    Attributes:
        term: The most probable next term; None is END.
        probability: Its own, 0..1; NaN from a model that predicts numbers and not classes.
        top: The most probable outcomes with their probabilities, best first; empty unless asked
            for, and from a model that predicts numbers.
    """

    term: int | None
    probability: float
    top: tuple[tuple[int | None, float], ...] = ()


class RunningBatch(Protocol):
    """Sequences being continued: they join and leave between steps, and none changes another's answer.

    Attributes:
        slots: How many sequences fit at a time.
    """

    slots: int

    def join(self, sequence: Sequence[int]) -> int:
        """Take a free slot for a sequence and return it.

        The caller has checked that the sequence is not empty and that every term is in low..high.

        Raises:
            ValueError: No slot is free.
        """
        ...

    def step(self, slots: Sequence[int], top: int = 0) -> list[Prediction]:
        """Predict the next term of each of these sequences, and append it.

        END is appended to nothing: a sequence that has ended leaves, or is refused.

        Args:
            slots: Different slots that are taken, in any order.
            top: How many of the most probable outcomes to return.

        Raises:
            ValueError: A slot is given twice, is not taken, or its sequence has ended.
        """
        ...

    def leave(self, slot: int) -> None:
        """Free a slot.

        Raises:
            ValueError: It is not taken.
        """
        ...


class Engine(Protocol):
    """Decode one batch. An engine is chosen when a model loads and never varies with the batch."""

    @property
    def low(self) -> int:
        """The smallest term it knows."""
        ...

    @property
    def high(self) -> int:
        """The largest term it knows."""
        ...

    def decode(self, sequences: Sequence[Sequence[int]], steps: int, strategy: Strategy) -> list[Continuation]:
        """Continue each sequence greedily by up to `steps` terms, in order.

        The caller has checked that there is at least one sequence, that none is empty, that every
        term is in low..high and that `steps` is at least 1.
        """
        ...

    def open(self, slots: int) -> RunningBatch:
        """Return an empty running batch with so many slots, at least 1."""
        ...


class PredictorLike(Protocol):
    """Answer sequences with continuations, in order."""

    def predict(
        self, sequences: Iterable[Sequence[int]], steps: int = 1, *, strategy: Strategy = "cached"
    ) -> list[Continuation]:
        """Continue each sequence by up to `steps` terms."""
        ...
