"""When and on what the model is measured."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least, between, fail, more_than


@dataclass(frozen=True, kw_only=True)
class ValidationRecipe:
    """Say when and on how many rows the model is measured, always on the final mixture.

    Before the first step and at the end of the budget it is measured whatever the cadence.

    Attributes:
        cadence: `steps`: every so many of them; `epoch`: at the end of each, `budget.epoch` steps;
            `minutes`: so many of them after the last one, so that two runs of one recipe validate at
            different steps, and the same logs after a kill are not promised;
            `adaptive`: after `every` steps, and ever later while nothing improves.
        every: Steps between validations; the fewest with `adaptive`.
        minutes: Minutes between them.
        growth: What `adaptive` multiplies the steps to the next validation by after one without
            progress, as `stopping` counts it; progress brings them back to `every`.
        longest: The most steps between two of them with `adaptive`.
        rows: Rows of each validation, the same ones every time.
        final_rows: Rows of the evaluation after training, from a stream of their own.
        ceiling: Whether the figures after training stand beside the exact ceiling: some seconds
            and, for ten million rules, 2.2 GB of memory; `seqtrain estimate` says what is the most.
    """

    cadence: Literal["steps", "epoch", "minutes", "adaptive"] = "steps"
    every: int = 500
    minutes: float = 1.0
    growth: float = 2.0
    longest: int = 5000
    rows: int = 1000
    final_rows: int = 10_000
    ceiling: bool = True

    def __post_init__(self) -> None:
        at_least("validation.every", self.every, 1)
        more_than("validation.minutes", self.minutes, 0)
        between("validation.growth", self.growth, 1, 100)
        at_least("validation.longest", self.longest, 1)
        if self.cadence == "adaptive" and self.longest < self.every:
            fail("validation.longest", self.longest, f"at least validation.every = {self.every}")
        at_least("validation.rows", self.rows, 1)
        at_least("validation.final_rows", self.final_rows, 1)
