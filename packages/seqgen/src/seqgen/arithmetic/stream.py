"""An endless stream of questions, every one of which can be had at once by its index."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from seqgen.arguments import integer
from seqgen.arithmetic.columns import Flags
from seqgen.arithmetic.drawing import Draws
from seqgen.arithmetic.enrichment import Enrichment, enriched
from seqgen.arithmetic.questions import Questions
from seqgen.arithmetic.symbols import MAX_DIGITS
from seqgen.philox import MAX_INDEX, MAX_SEED, stream_key

Operation = Literal["add", "sub", "mix"]


@dataclass(frozen=True)
class QuestionStream:
    """The questions that an operation, a purpose and a seed stand for.

    Question i is a pure function of (stream version, purpose, seed, i) and the other arguments. Streams of different
    purposes or seeds are independent.

    Args:
        digits: of each number, 1 to 20.
        operation: "add", "sub", or "mix" of both.
        seed: 0 to 2**64 - 1.
        purpose: what the questions are for, such as "train".
        enrichment: which shares of the rows are made anew.
        subtraction: share of subtractions in a mix.
        block: so many consecutive rows, from index 0 on, share their operation and their enrichment.

    **Stability.** A question never changes within a stream version; known-answer tests hold this.

    >>> QuestionStream(6, "mix", seed=7).questions(first=10**12, count=2).texts() == (
    ...     QuestionStream(6, "mix", seed=7).questions(first=10**12 - 5, count=9)[5:7].texts()
    ... )
    True
    """

    digits: int
    operation: Operation
    seed: int
    purpose: str = "train"
    enrichment: Enrichment = field(default_factory=Enrichment)
    subtraction: float = 0.66
    block: int = 1

    def __post_init__(self) -> None:
        stream_key(self.purpose, self.seed)
        for name, least, largest in (("digits", 1, MAX_DIGITS), ("seed", 0, MAX_SEED), ("block", 1, MAX_INDEX)):
            object.__setattr__(self, name, integer(name, getattr(self, name), least, largest))
        if self.operation not in get_args(Operation):
            raise ValueError(f"operation={self.operation!r}: give 'add', 'sub' or 'mix'")
        if not isinstance(self.enrichment, Enrichment):
            raise TypeError(f"enrichment={self.enrichment!r}: give an Enrichment")
        self.enrichment.check(self.digits)
        if isinstance(self.subtraction, bool) or not isinstance(self.subtraction, int | float):
            raise TypeError(f"subtraction={self.subtraction!r}: give a share from 0 to 1")
        if not 0 <= self.subtraction <= 1:
            raise ValueError(f"subtraction={self.subtraction!r}: give a share from 0 to 1")

    def questions(self, first: int, count: int) -> Questions:
        """Return questions ``first`` to ``first + count - 1``; indices end at 2**63 - 2."""
        first = integer("first", first, 0, MAX_INDEX + 1)
        count = integer("count", count, 0, MAX_INDEX + 1 - first)
        draws = Draws(self.purpose, self.seed, first, count)
        subtract_N = self._subtract(draws)
        first_ND, second_ND = draws.digits("first", self.digits), draws.digits("second", self.digits)
        first_ND, second_ND = enriched(self.enrichment, first_ND, second_ND, subtract_N, draws, self.block)
        return Questions(first_ND, second_ND, subtract_N)

    def _subtract(self, draws: Draws) -> Flags:
        if self.operation == "mix":
            return draws.shares("operation", self.block) < self.subtraction
        return np.full(draws.count, self.operation == "sub")
