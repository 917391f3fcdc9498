"""A connection that waits for the rest of a request: never in the midst of an answer, and never for ever."""

import asyncio

from uvicorn import Config
from uvicorn.server import ServerState

from seqserve.service.connection import PatientProtocol
from seqserve.service.limits import Limits

HEAD = b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
UNFINISHED = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1234"


class Recorder(asyncio.Transport):
    """A transport that keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.sent = b""
        self.closed = asyncio.Event()

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed.set()

    def is_closing(self):
        return self.closed.is_set()

    def pause_reading(self):
        """Do nothing: what is received is said by the test."""

    resume_reading = pause_reading


async def answered(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def connected(app, patience=0.05):
    config = Config(app, lifespan="off", ws="none", log_config=None)
    protocol = PatientProtocol(
        config=config,
        server_state=ServerState(),
        app_state={},
        _loop=asyncio.get_running_loop(),
        limits=Limits(patience=patience),
    )
    transport = Recorder()
    protocol.connection_made(transport)
    return protocol, transport


def test_a_late_head_is_refused_behind_the_answer_before_it_and_not_in_its_midst():
    async def asking():
        gate = asyncio.Event()

        async def slow(scope, receive, send):
            await gate.wait()
            await answered(scope, receive, send)

        protocol, transport = connected(slow)
        protocol.data_received(HEAD + b"GET / HT")
        await asyncio.sleep(0.2)
        before = transport.sent
        gate.set()
        await transport.closed.wait()
        return before, transport.sent

    before, after = asyncio.run(asking())
    assert before == b""
    first, second = after.split(b"ok", 1)
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 408 ")
    assert b"slow_head" in second


def test_a_late_body_behind_an_unanswered_request_waits_too():
    async def asking():
        gate = asyncio.Event()

        async def slow(scope, receive, send):
            if scope["method"] == "POST":
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            await gate.wait()
            await answered(scope, receive, send)

        protocol, transport = connected(slow)
        protocol.data_received(HEAD + UNFINISHED)
        await asyncio.sleep(0.2)
        before = transport.sent
        gate.set()
        await transport.closed.wait()
        protocol.connection_lost(None)
        return before, transport.sent

    before, after = asyncio.run(asking())
    assert before == b""
    first, second = after.split(b"ok", 1)
    assert first.startswith(b"HTTP/1.1 200 ")
    assert b"slow_body" in second


def test_a_request_that_was_answered_before_its_body_came_gets_no_second_answer():
    async def asking():
        protocol, transport = connected(answered)
        protocol.data_received(UNFINISHED)
        await transport.closed.wait()
        return transport.sent

    sent = asyncio.run(asking())
    assert sent.startswith(b"HTTP/1.1 200 ")
    assert sent.endswith(b"ok")


def test_a_body_has_time_of_its_own_behind_its_head():
    async def asking():
        protocol, _ = connected(answered, patience=60.0)
        protocol.data_received(UNFINISHED[:9])
        first = protocol._patience._timer
        protocol.data_received(UNFINISHED[9:])
        second = protocol._patience._timer
        protocol.data_received(b"56789")
        return first, second, protocol._patience._timer

    first, second, last = asyncio.run(asking())
    assert first.cancelled()
    assert second is not first
    assert last is None
