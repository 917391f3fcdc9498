"""A transport that sends the head of an answer together with what follows it."""

import asyncio
from typing import Any


class JoinedWrites:
    """Hold the head of an answer back until its first content, so that both leave in one packet.

    uvicorn writes them one after the other, and each would wake the client: under load that is a turn more.

    Args:
        transport: What sends; all but `write`, `flush` and `close` is its own.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send data, and what was held back before it."""
        if not self._head and data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n") and data[9:10] != b"1":
            self._head = data
            return
        data, self._head = self._head + data, b""
        self._transport.write(data)

    def flush(self) -> None:
        """Send what was held back: nothing follows it."""
        if self._head and not self._transport.is_closing():
            self._transport.write(self._head)
        self._head = b""

    def close(self) -> None:
        """Send what was held back, and close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
