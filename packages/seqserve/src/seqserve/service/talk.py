"""HTTP as plain as it gets, for clients that must be quick, or rude."""

import asyncio
import json
import re
from contextlib import suppress
from typing import Self

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"connection: *close", re.IGNORECASE)


def head(body: object, path: str = "/v1/predict") -> bytes:
    """Return a whole POST request; a body that is bytes is sent as it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = f"host: soak\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{headers}\r\n".encode() + content


class Talk:
    """One connection to a service on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def begin(cls, port: int) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[int, bytes, bool]:
        """Send a request; return the answer's status and content, and whether the connection closes.

        Raises:
            asyncio.IncompleteReadError: The answer was cut short.
            OSError: The connection broke.
        """
        await self.send(request)
        return await self.answer()

    async def send(self, request: bytes) -> None:
        """Send a request. Raises OSError where the connection broke."""
        self.writer.write(request)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes, bool]:
        """Read one answer that says its length."""
        before = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(before)
        content = await self.reader.readexactly(int(length[1]) if length else 0)
        return int(before.split(b" ", 2)[1]), content, bool(_CLOSES.search(before))

    async def end(self) -> None:
        """Close the connection."""
        self.writer.close()
        with suppress(OSError):  # the other side may be quicker
            await self.writer.wait_closed()
