"""Several observers as one."""

from collections.abc import Mapping, Sequence

from seqtrain.metrics import Evaluation
from seqtrain.protocols import Callback


class Callbacks:
    """Tell each callback in turn."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = callbacks
        self._begun: list[Callback] = []

    def started(self, step: int) -> None:
        """Pass on the start."""
        for callback in self._callbacks:
            callback.started(step)
            self._begun.append(callback)

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Pass on the training scalars."""
        for callback in self._callbacks:
            callback.logged(step, scalars)

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Pass on the figures of a validation."""
        for callback in self._callbacks:
            callback.validated(step, evaluation)

    def close(self) -> None:
        """Pass on the end, to those that were there at the start: it may have come in the middle of that."""
        for callback in self._begun:
            callback.close()
