"""Early stopping: which weights are best, and when waiting for better ones is over.

Two questions that are easy to mix up are kept apart. The *best* weights are those of the strict
minimum of the validation loss, or of the strict maximum of the accuracy where that is what is
watched. *Progress* is a figure better than its reference by more than `min_delta`; only then does
the reference move. So many tiny improvements still count as standing still, and the last of them is
still the one that is kept.
"""

import math
from dataclasses import dataclass
from typing import Literal

from seqtrain.stopping_recipe import Monitor

StopReason = Literal["steps done", "time budget", "early stopping", "not a number", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class StoppingState:
    """Remember what the validations so far amount to.

    Attributes:
        best_loss: The validation loss of the best weights; in nats a term, where it is log-loss.
        best_accuracy: Their accuracy.
        best_step: The step at which they were first reached.
        reference: The loss that the next one must undercut by more than `min_delta`.
        reference_accuracy: The accuracy that the next one must exceed by more than it.
        waited: Armed validations without progress since the last one with it.
        stalled: The same, armed or not.
        last_loss: The loss of the last validation.
        last_step: The step of the last validation; -1 before the first.
        last_seconds: Time spent training when it was over, over all sessions.

    >>> state = StoppingState()
    >>> for step, loss in enumerate([2.0, 1.9995]):
    ...     state = state.observe(step=step, loss=loss, min_delta=0.001, armed=True)
    >>> state.best_step, state.reference, state.waited
    (1, 2.0, 1)
    """

    best_loss: float = math.inf
    best_accuracy: float = -math.inf
    best_step: int = 0
    reference: float = math.inf
    reference_accuracy: float = -math.inf
    waited: int = 0
    stalled: int = 0
    last_loss: float = math.inf
    last_step: int = -1
    last_seconds: float = 0.0

    def observe(
        self,
        *,
        step: int,
        loss: float,
        accuracy: float = 0.0,
        monitor: Monitor = "loss",
        min_delta: float,
        armed: bool,
        seconds: float = 0.0,
    ) -> "StoppingState":
        """Return the state after one more validation; patience is used up only when `armed`.

        A loss that is NaN is never best and never progress, whatever is watched.
        """
        fell = loss < self.reference - min_delta
        rose = accuracy > self.reference_accuracy + min_delta and not math.isnan(loss)
        progress = {"loss": fell, "accuracy": rose, "combined": fell or rose}[monitor]
        better = self._is_better(loss, accuracy, monitor)
        return StoppingState(
            best_loss=loss if better else self.best_loss,
            best_accuracy=accuracy if better else self.best_accuracy,
            best_step=step if better else self.best_step,
            reference=loss if fell else self.reference,
            reference_accuracy=accuracy if rose else self.reference_accuracy,
            waited=0 if progress or not armed else self.waited + 1,
            stalled=0 if progress else self.stalled + 1,
            last_loss=loss,
            last_step=step,
            last_seconds=seconds,
        )

    def _is_better(self, loss: float, accuracy: float, monitor: Monitor) -> bool:
        if monitor == "accuracy":
            return accuracy > self.best_accuracy and not math.isnan(loss)
        return loss < self.best_loss
