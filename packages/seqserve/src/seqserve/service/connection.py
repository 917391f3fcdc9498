"""A connection that is patient, but not for ever."""

import asyncio
from enum import Enum, auto
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from seqserve.service.joined_writes import JoinedWrites
from seqserve.service.limits import Limits
from seqserve.service.messages import Error, ErrorResponse
from seqserve.service.patience import Patience


class _Reading(Enum):
    """What a connection is in the middle of."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's connection, with a bound on how many there are and on how long a request's head and body may take.

    Args:
        limits: `connections` and `patience` count here.
        arguments: uvicorn's own.
    """

    def __init__(self, *, limits: Limits, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._limits = limits
        self._reading = _Reading.HEAD
        self._patience = Patience(self.loop, limits.patience, self._is_late)
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request's head, or refuse where there are too many connections."""
        self._joined = JoinedWrites(transport)
        super().connection_made(self._joined)  # type: ignore[arg-type]
        if len(self.connections) > self._limits.connections:
            self._refuse(
                b"503 Service Unavailable", "busy", f"connections: {self._limits.connections} are open; ask again"
            )
        else:
            self._patience.begin()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and wait where it has got a part of a request. Whatever comes between two is a part."""
        if self._reading is _Reading.NOTHING:
            self._reading = _Reading.HEAD
        super().data_received(data)
        if self._reading is _Reading.NOTHING:
            self._patience.end()
        else:
            self._patience.begin()

    def on_message_begin(self) -> None:
        """Notice that a head begins."""
        self._reading = _Reading.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Notice that a body may begin: it has time of its own."""
        self._reading = _Reading.BODY
        self._patience.end()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Notice that the request is there."""
        self._reading = _Reading.NOTHING
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Send the head of an answer that has no content: one to HEAD."""
        self._joined.flush()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and tell the request that is being answered."""
        self._patience.end()
        super().connection_lost(exc)
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # uvicorn tells only the request that was read last, which is another one where requests are pipelined.
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _is_late(self) -> None:
        part = "head" if self._reading is _Reading.HEAD else "body"
        before = self._answered
        if before is not None and not before.response_complete and (part == "head" or before is not self.cycle):
            self._patience.begin()  # an earlier request is being answered: nothing may come between
            return
        if part == "body" and self.cycle.response_started:  # answered before its body was read
            self.transport.close()
            return
        message = f"{part}: it was not complete after {self._limits.patience:g} s"
        self._refuse(b"408 Request Timeout", f"slow_{part}", message)

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        if self.transport.is_closing():
            return
        body = msgspec.json.encode(ErrorResponse(error=Error(code=code, message=message)))
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"retry-after: 1\r\nconnection: close\r\n\r\n%s" % (status, len(body), body)
        )
        self.transport.close()
