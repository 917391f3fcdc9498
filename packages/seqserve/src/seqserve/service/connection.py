"""A connection that is patient, but not for ever."""

import asyncio
from asyncio.events import TimerHandle
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from seqserve.service.joined_writes import JoinedWrites
from seqserve.service.limits import Limits
from seqserve.service.messages import Error, ErrorResponse


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's connection, with a bound on how many there are and on how long a request's head may take.

    Args:
        limits: `connections` and `patience` count here.
        arguments: uvicorn's own.
    """

    def __init__(self, *, limits: Limits, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._limits = limits
        self._head_timer: TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request's head, or refuse where there are too many connections."""
        super().connection_made(JoinedWrites(transport))  # type: ignore[arg-type]
        if len(self.connections) > self._limits.connections:
            self._refuse(
                b"503 Service Unavailable", "busy", f"connections: {self._limits.connections} are open; ask again"
            )
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        """Feed the parser. Whatever comes between two requests is the beginning of a head."""
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Stop waiting for the head."""
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and tell the request that is being answered."""
        self._stop_waiting()
        super().connection_lost(exc)
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # uvicorn tells only the request that was read last, which is another one where requests are pipelined.
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._limits.patience, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        message = f"head: it was not complete after {self._limits.patience:g} s"
        self._refuse(b"408 Request Timeout", "slow_head", message)

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        if self.transport.is_closing():
            return
        body = msgspec.json.encode(ErrorResponse(error=Error(code=code, message=message)))
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"retry-after: 1\r\nconnection: close\r\n\r\n%s" % (status, len(body), body)
        )
        self.transport.close()
