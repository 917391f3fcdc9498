"""Which terms exist, where rows come from, and how many make a batch."""

from dataclasses import dataclass

from seqgen import Overflow
from seqtrain._checks import at_least, between, fail

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
        short_terms: Where above 0, every second step reads only so many terms of a row, and of as many more
            rows as make it the same work: what follows few terms is hardest to know.
        short_from: The step from which on that is so, when the curriculum has reached its final mixture.
        train: A file of sequences to train on in place of the curriculum's universes, as seen from the current
            folder: JSON Lines or Parquet, as `seqtrain.sequence_reading` describes. Empty: none.
        validation: Another one, half of it to validate on and half for the figures after training.
        held_out: Share of the rows, by a hash of their terms, that training never sees. Validation and evaluation
            see all rows of the universes, and report these beside the others. With `train`, and no file to
            validate on, it is the share of its sequences that is kept for that.
    """

    low: int = 0
    high: int = 255
    overflow: Overflow = "truncate"
    end: bool = True
    batch: int = 256
    short_terms: int = 0
    short_from: int = 0
    train: str = ""
    validation: str = ""
    held_out: float = 0.0

    def __post_init__(self) -> None:
        if self.high <= self.low:
            fail("data.high", self.high, f"a whole number above data.low = {self.low}")
        between("data.batch", self.batch, 1, MOST_ROWS + 1)
        between("data.held_out", self.held_out, 0, 1)
        if self.high - self.low >= MOST_TERMS:
            fail("data.high", self.high, f"less than {MOST_TERMS} above data.low = {self.low}: each value is a class")
        at_least("data.short_terms", self.short_terms, 0)
        at_least("data.short_from", self.short_from, 0)
        self._check_files()

    def _check_files(self) -> None:
        if self.validation and not self.train:
            fail("data.validation", self.validation, "left out where data.train names no file")
        if self.train and not self.validation and not self.held_out:
            fail(
                "data.held_out",
                self.held_out,
                "above 0, such as 0.1, where data.train stands without data.validation",
            )
        if self.validation and self.held_out:
            fail("data.held_out", self.held_out, "0 where data.validation names a file")
        if self.train and self.short_terms:
            fail("data.short_terms", self.short_terms, "0 where data.train names a file")
