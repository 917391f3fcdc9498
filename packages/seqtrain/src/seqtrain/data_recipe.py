"""Which terms exist, and how many rows make a batch."""

from dataclasses import dataclass

from seqgen import Overflow
from seqtrain._checks import between, fail

MOST_ROWS = 1_000_000
MOST_TERMS = 1_000_000
"""What a slip of the finger must not exceed."""


@dataclass(frozen=True, kw_only=True)
class DataRecipe:
    """Say which terms exist and how many rows make a batch. A row has `model.context + 1` terms.

    Attributes:
        low: Smallest term.
        high: Largest term.
        overflow: What happens to a sequence that leaves the range, as in `seqgen.Span`.
        end: Whether leaving the range is a class of its own that the model learns (END).
            When false those targets are ignored.
        batch: Rows in a training batch.
    """

    low: int = 0
    high: int = 255
    overflow: Overflow = "truncate"
    end: bool = True
    batch: int = 256

    def __post_init__(self) -> None:
        if self.high <= self.low:
            fail("data.high", self.high, f"a whole number above data.low = {self.low}")
        between("data.batch", self.batch, 1, MOST_ROWS + 1)
        if self.high - self.low >= MOST_TERMS:
            fail("data.high", self.high, f"less than {MOST_TERMS} above data.low = {self.low}: each value is a class")
