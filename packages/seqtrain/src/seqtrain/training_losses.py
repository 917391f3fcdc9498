"""The losses of training steps: their mean since the last log, the last one looked at, and, if wanted, each."""

from collections.abc import Mapping

import torch
from torch import Tensor


class TrainingLosses:
    """Take the loss of every step, and read it from the device only when it is asked for.

    Args:
        device: Where losses lie.
        steps: How many of them are to be kept, one by one; 0: none.

    Attributes:
        last: The last loss that was looked at, of training or validation.

    >>> losses = TrainingLosses(torch.device("cpu"), steps=4)
    >>> for step, loss in enumerate([3.0, 1.0]):
    ...     losses.add(step, torch.tensor(loss))
    >>> losses.mean(2), losses.each(2)
    (2.0, [3.0, 1.0])
    """

    def __init__(self, device: torch.device, *, steps: int) -> None:
        self.last = 0.0
        self.sum = torch.zeros((), device=device)
        self._each_S = torch.full((steps,), torch.nan, device=device)

    def add(self, step: int, loss: Tensor) -> None:
        """Take the loss of the step that follows `step` finished ones."""
        self.sum += loss
        if len(self._each_S):
            self._each_S[step] = loss

    def mean(self, steps: int) -> float:
        """Return the mean since it was last asked for, so many steps ago."""
        self.last = self.sum.item() / steps
        self.sum.zero_()
        return self.last

    def each(self, steps: int) -> list[float]:
        """Return the loss of each of the first steps; none where they are not kept."""
        losses: list[float] = self._each_S[:steps].tolist()
        return losses

    def tensors(self, steps: int) -> dict[str, Tensor]:
        """Return what `restore` goes on from after so many steps."""
        each = {"each": self._each_S[:steps]} if len(self._each_S) else {}
        return {"sum": self.sum, "last": torch.tensor(self.last, dtype=torch.float64), **each}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        self.sum = tensors["sum"].to(self.sum.device)
        self.last = tensors.get("last", torch.zeros(())).item()  # states of before lack it
        if len(self._each_S) and "each" in tensors:
            each_S = tensors["each"][: len(self._each_S)]
            self._each_S[: len(each_S)] = each_S.to(self._each_S.device)
