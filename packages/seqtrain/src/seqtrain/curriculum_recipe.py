"""What is trained on, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqtrain._checks import at_least, fail


@dataclass(frozen=True, kw_only=True)
class StageRecipe:
    """Describe one stage of the curriculum.

    Attributes:
        start: The step at which the shares begin to move towards this stage's.
        transition: Steps that the linear move takes; 0 is an abrupt change.
        shares: Universe name to its share of the rows once the move is over. Shares are
            relative: they are divided by their sum.
    """

    start: int = 0
    transition: int = 0
    shares: Mapping[str, float] = field(default_factory=lambda: {"default": 1.0})

    def __post_init__(self) -> None:
        at_least("curriculum.stages.start", self.start, 0)
        at_least("curriculum.stages.transition", self.transition, 0)
        for name, share in self.shares.items():
            at_least(f"curriculum.stages.shares.{name}", share, 0)
        if sum(self.shares.values()) <= 0:
            fail("curriculum.stages.shares", dict(self.shares), "at least one share above 0")


@dataclass(frozen=True, kw_only=True)
class CurriculumRecipe:
    """List the stages in order; a stage begins when the move to the one before is over.

    Attributes:
        stages: At least one, the first at step 0. The last one's shares are the final mixture,
            on which every validation is done.
    """

    stages: tuple[StageRecipe, ...] = (StageRecipe(),)

    def __post_init__(self) -> None:
        if not self.stages:
            fail("curriculum.stages", [], "at least one stage")
        first = self.stages[0]
        if first.start or first.transition:
            given = f"start {first.start}, transition {first.transition}"
            fail("curriculum.stages", given, "0 for both in the first stage")
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            over = before.start + before.transition
            if after.start < over or after.start == before.start:
                least = max(over, before.start + 1)
                fail("curriculum.stages.start", after.start, f"{least} or more in this stage")
