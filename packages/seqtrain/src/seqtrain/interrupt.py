"""Ctrl-C, once to stop in order and twice to leave at once."""

import signal
import sys
import threading
from types import TracebackType
from typing import Self


class InterruptFlag:
    """Turn the first SIGINT within the block into `raised`; the second one is KeyboardInterrupt.

    Python delivers signals to the main thread alone; in any other thread the block does nothing.
    """

    def __init__(self) -> None:
        self.raised = False

    def __enter__(self) -> Self:
        self._active = threading.current_thread() is threading.main_thread()
        if self._active:
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._active:
            signal.signal(signal.SIGINT, self._before)

    def _take(self, *_: object) -> None:
        if self.raised:
            raise KeyboardInterrupt
        self.raised = True
        sys.stderr.write("\nstopping after this step; Ctrl-C again leaves at once\n")
