"""Ctrl-C or SIGTERM, once to stop in order and twice to leave at once."""

import signal
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class InterruptFlag:
    """Turn the first SIGINT or SIGTERM within the block into `raised`; the second one is KeyboardInterrupt.

    Python delivers signals to the main thread alone; in any other thread the block does nothing.

    Args:
        quiet: Whether to say nothing at the first signal.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.raised = False
        self._quiet = quiet

    def __enter__(self) -> Self:
        active = threading.current_thread() is threading.main_thread()
        self._before = [(number, signal.signal(number, self._take)) for number in SIGNALS if active]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def _take(self, *_: object) -> None:
        if self.raised:
            raise KeyboardInterrupt
        self.raised = True
        if self._quiet:
            return
        # The signal may have come in the middle of a write, or the terminal may be gone.
        with suppress(RuntimeError, OSError):
            sys.stderr.write("\nstopping after this step; Ctrl-C again leaves at once\n")
