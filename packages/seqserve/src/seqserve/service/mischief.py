"""Clients that misbehave, each in its own way; each returns what it was answered that it should not be, or None."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from seqserve.service.talk import Talk, head

_LONG = {"sequences": [[1, 2, 3]] * 8, "steps": 64}


async def hang_up(port: int, draw: random.Random) -> str | None:
    """Ask for much, and leave before the answer."""
    talk = await Talk.begin(port)
    talk.writer.write(head({**_LONG, "stream": draw.random() < 0.5}))
    await talk.writer.drain()
    await asyncio.sleep(draw.uniform(0, 0.05))
    await talk.end()
    return None


async def send_garbage(port: int, draw: random.Random) -> str | None:
    """Send bytes that are no HTTP."""
    talk = await Talk.begin(port)
    talk.writer.write(draw.randbytes(draw.randint(1, 2000)))
    talk.writer.write_eof()
    answered = await talk.reader.read()
    await talk.end()
    return None if not answered or answered.startswith(b"HTTP/1.1 4") else repr(answered[:60])


async def send_nonsense(port: int, draw: random.Random) -> str | None:
    """Send HTTP whose body is no request."""
    body = draw.choice([b"", b"{", b"[[]]", draw.randbytes(50), b'{"sequences": [["x"]]}', b'{"sequences": 1e999}'])
    return await _expect(port, head(body), 400)


async def exceed_limits(port: int, draw: random.Random) -> str | None:
    """Ask for more than is allowed."""
    wrong = draw.choice(
        [
            {"sequences": [[10**9]]},
            {"sequences": [[1]], "steps": 10**6},
            {"sequences": [[1]] * 1000},
            {"sequences": [[1] * 5000]},
            {"sequences": [[1]], "top": -1},
            {"sequences": []},
        ]
    )
    return await _expect(port, head(wrong), 400)


async def send_too_much(port: int, _draw: random.Random) -> str | None:
    """Send a body that is too long."""
    return await _expect(port, head(b" " * 100_000), 413)


async def trickle(port: int, draw: random.Random) -> str | None:
    """Send a request byte by byte, and never the whole of it."""
    talk = await Talk.begin(port)
    request = head(_LONG)[:-1]
    sent = 0
    while sent < len(request) and not talk.reader.at_eof():
        size = draw.choice([1, 1, 40])
        talk.writer.write(request[sent : sent + size])
        await talk.writer.drain()  # says where the other side has cut it off
        sent += size
        await asyncio.sleep(0.05)
    answered = await talk.reader.read()
    await talk.end()
    return None if answered.startswith(b"HTTP/1.1 408 ") else repr(answered[:60])


async def _expect(port: int, request: bytes, status: int) -> str | None:
    talk = await Talk.begin(port)
    try:
        found, content, _ = await talk.ask(request)
    except asyncio.IncompleteReadError:
        return "no answer" if status != 413 else None
    finally:
        await talk.end()
    return None if found in (status, 503) else f"{found}: {content[:60]!r}"


KINDS: dict[str, Callable[[int, random.Random], Awaitable[str | None]]] = {
    "hung up": hang_up,
    "garbage": send_garbage,
    "nonsense": send_nonsense,
    "limits": exceed_limits,
    "too much": send_too_much,
    "trickle": trickle,
}
"""What misbehaves, by what it is called in the report."""
