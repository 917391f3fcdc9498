"""A server that ends without losing what it has accepted."""

import signal
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from seqserve.service.connection import PatientProtocol
from seqserve.service.drain import Drain
from seqserve.service.settings import Settings

_KEEP_ALIVE_S = 15


class Server(uvicorn.Server):
    """uvicorn's server, with an end in two stages.

    The first SIGTERM or SIGINT begins the drain: the service says that it is not ready and closes each connection
    with its next answer, but still accepts what comes. After `linger` seconds it stops listening, answers what it
    has accepted, and ends. A second SIGINT ends it at once.

    Args:
        app: What answers.
        settings: How the service was started.
        drain: Told when the end begins.
        started: Called once it listens.
        tick: Called ten times a second.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        drain: Drain,
        *,
        started: Callable[[], object],
        tick: Callable[[], object],
    ) -> None:
        limits = settings.limits
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(PatientProtocol, limits=limits),  # type: ignore[arg-type]
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # nobody's address is looked at
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=round(limits.deadline + limits.patience) + 1,
            )
        )
        self._linger = settings.linger
        self._drain = drain
        self._call_started: Callable[[], object] | None = started
        self._tick = tick
        self._end = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin the end, or hasten it."""
        if self._drain.begun and sig == signal.SIGINT:
            self.should_exit = self.force_exit = True
        if not self._drain.begun:
            self._end = time.monotonic() + self._linger
            self._drain.begun = True

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether to stop listening."""
        self._tick()
        if self._call_started is not None:
            self._call_started()
            self._call_started = None
        if self._drain.begun and time.monotonic() >= self._end:
            self.should_exit = True
        return await super().on_tick(counter)
