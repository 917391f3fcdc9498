"""How long a run may take."""

from dataclasses import dataclass

from seqmodel.memory_budget import byte_count
from seqtrain._checks import at_least, fail


@dataclass(frozen=True, kw_only=True)
class BudgetRecipe:
    """Limit the run. Whatever limit is met, the weights that `stopping.restore` names are kept.

    Attributes:
        steps: Training steps.
        epoch: Steps of an epoch: rows have no end, so its length is what it is said to be.
        epochs: Epochs to train; they take the place of `steps`, unless 0.
        memory: An amount like "8GB" (8 * 1000**3 bytes) or "8GiB"; a run that takes more is refused before it takes
            any. Empty sets no limit.
        max_minutes: Minutes of training, summed over resumed runs; 0 sets no limit.

    >>> BudgetRecipe(epochs=50, epoch=200).total_steps
    10000
    """

    steps: int = 10_000
    epoch: int = 1000
    epochs: int = 0
    max_minutes: float = 0.0
    memory: str = ""

    def __post_init__(self) -> None:
        at_least("budget.steps", self.steps, 1)
        at_least("budget.epoch", self.epoch, 1)
        at_least("budget.epochs", self.epochs, 0)
        at_least("budget.max_minutes", self.max_minutes, 0)
        if self.memory:
            try:
                byte_count(self.memory)
            except ValueError:
                fail("budget.memory", self.memory, "an amount like 8GB, 512MiB or 1000000, or left out")

    @property
    def total_steps(self) -> int:
        """The step at which training ends at the latest."""
        return self.epochs * self.epoch or self.steps
