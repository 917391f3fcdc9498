"""When a run stops early, and which weights it keeps."""

from dataclasses import dataclass
from typing import Literal

from seqtrain._checks import at_least

Monitor = Literal["loss", "accuracy", "combined"]


@dataclass(frozen=True, kw_only=True)
class StoppingRecipe:
    """Set early stopping on figures of the validation rows.

    Attributes:
        monitor: What is watched: the plain log-`loss` (with head "regression", which has none, the
            loss that is minimised), the `accuracy`, or both: `combined` takes progress in either as
            progress, and the lowest loss as the best.
        patience: Validations without progress before the run stops, counted from the end of the
            curriculum's last transition; 0 never stops early.
        min_delta: How much better a figure must be to count as progress: nats of the loss, or a
            share of the targets, 0.001 being a tenth of a percent.
        restore: Which weights are kept in the end: the `best` ones, or the `last`. Last weights
            that are not finite are no model, and the best are kept then.
    """

    monitor: Monitor = "loss"
    patience: int = 10
    min_delta: float = 0.001
    restore: Literal["best", "last"] = "best"

    def __post_init__(self) -> None:
        at_least("stopping.patience", self.patience, 0)
        at_least("stopping.min_delta", self.min_delta, 0)
