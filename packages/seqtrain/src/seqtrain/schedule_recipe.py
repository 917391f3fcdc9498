"""How the learning rate moves."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least, between, fail


@dataclass(frozen=True, kw_only=True)
class ScheduleRecipe:
    """Say how the learning rate moves. It is a pure function of the step.

    Attributes:
        kind: After the warmup, `cosine` falls to the floor at the last step of the budget;
            `constant` stays at the top; `step` is multiplied by the factor every so many steps, at
            once; `exponential` falls by the same factor in as many steps, a little in each.
        warmup: Steps of linear rise before that.
        warmup_from: Share of the top that the first step has, the rise then ending one step after the warmup; 0: the
            first of `warmup` equal ones.
        floor: The learning rate that `cosine` falls to, and that `step` and `exponential` do not
            fall below.
        every: Steps in which `step` and `exponential` fall by the factor.
        factor: What they fall by: above 0, at most 1.
    """

    kind: Literal["cosine", "constant", "step", "exponential"] = "cosine"
    warmup: int = 100
    warmup_from: float = 0.0
    floor: float = 1e-6
    every: int = 1000
    factor: float = 0.5

    def __post_init__(self) -> None:
        at_least("schedule.warmup", self.warmup, 0)
        between("schedule.warmup_from", self.warmup_from, 0, 1)
        at_least("schedule.floor", self.floor, 0)
        at_least("schedule.every", self.every, 1)
        if not 0 < self.factor <= 1:
            fail("schedule.factor", self.factor, "above 0 and at most 1")
