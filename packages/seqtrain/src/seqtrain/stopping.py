"""Early stopping: which weights are best, and when waiting for better ones is over.

Two questions that are easy to mix up are kept apart. The *best* weights are those of the strict
minimum of the validation loss. *Progress* is a loss below the reference by more than `min_delta`;
only then does the reference move. So many tiny improvements still count as standing still, and
the last of them is still the one that is kept.
"""

import math
from dataclasses import dataclass
from typing import Literal

StopReason = Literal["steps done", "time budget", "early stopping", "not a number", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class StoppingState:
    """Remember what the validations so far amount to.

    Attributes:
        best_loss: The lowest validation loss, in nats a term.
        best_step: The step at which it was first reached.
        reference: The loss that the next one must undercut by more than `min_delta`.
        waited: Armed validations since the reference last moved.

    >>> state = StoppingState()
    >>> for step, loss in enumerate([2.0, 1.9995]):
    ...     state = state.observe(step=step, loss=loss, min_delta=0.001, armed=True)
    >>> state.best_step, state.reference, state.waited
    (1, 2.0, 1)
    """

    best_loss: float = math.inf
    best_step: int = 0
    reference: float = math.inf
    waited: int = 0

    def observe(self, *, step: int, loss: float, min_delta: float, armed: bool) -> "StoppingState":
        """Return the state after one more validation; patience is used up only when `armed`.

        A loss that is NaN is never best and never progress.
        """
        better = loss < self.best_loss
        progress = loss < self.reference - min_delta
        return StoppingState(
            best_loss=loss if better else self.best_loss,
            best_step=step if better else self.best_step,
            reference=loss if progress else self.reference,
            waited=0 if progress or not armed else self.waited + 1,
        )
