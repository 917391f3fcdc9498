"""Waiting for somebody, but not for ever, in time in which somebody could be heard."""

import asyncio
from collections.abc import Callable

_ROUNDS = 10


class Patience:
    """Call a function unless the wait is over within so many seconds in which the event loop listened.

    A loop that was kept from running, on a machine that is busy otherwise, finds the time gone before it has read what
    came meanwhile. So the time is counted in rounds, and however long the loop was away, that is one of them: between
    two it reads everything that is there.

    Args:
        loop: The running event loop.
        seconds: How long to wait.
        lose: Called when nothing came.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, lose: Callable[[], object]) -> None:
        self._loop = loop
        self._round_seconds = seconds / _ROUNDS
        self._lose = lose
        self._rounds = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Begin to wait; a wait that has begun goes on."""
        if self._timer is None:
            self._rounds = _ROUNDS
            self._next()

    def end(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self) -> None:
        self._timer = self._loop.call_later(self._round_seconds, self._round)

    def _round(self) -> None:
        self._rounds -= 1
        if self._rounds:
            self._next()
        else:
            self._timer = None
            self._lose()
