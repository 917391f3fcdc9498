"""POST /v1/predict: continue sequences, in one answer or term by term."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from seqserve.protocols import Prediction
from seqserve.service.answering import Answering
from seqserve.service.body import read
from seqserve.service.limits import Limits
from seqserve.service.messages import DoneEvent, PredictRequest
from seqserve.service.refusal import Refusal, json_response
from seqserve.service.scheduler import EngineFailure, LineFull, Scheduler
from seqserve.service.wording import Posed, Wording

Event = Callable[[int, int, Prediction], msgspec.Struct]
"""From the number of a sequence, a step and what it predicts to the event that says so."""


class Predicting:
    """Answer requests for continuations.

    Args:
        scheduler: Whose slots they share.
        limits: What a request may ask for.
        wording: How requests and answers are worded.
    """

    def __init__(self, scheduler: Scheduler, limits: Limits, wording: Wording) -> None:
        self._scheduler = scheduler
        self._limits = limits
        self._wording = wording

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        asked = await read(request, self._wording.predict, self._limits)
        posed = [
            self._wording.posed(sequence, asked.steps, f"sequences[{number}]")
            for number, sequence in enumerate(asked.sequences)
        ]
        self._check(asked, posed)
        deadline = self._limits.deadline if asked.deadline is None else asked.deadline
        try:
            answering = Answering(
                self._scheduler,
                posed,
                top=asked.top,
                strategy=asked.strategy,
                streams=asked.stream,
            )
        except LineFull as full:
            raise Refusal(429, "busy", str(full), {"retry-after": str(full.retry_after)}) from None
        if asked.stream:
            return EventStream(answering, deadline, partial(self._wording.event, top=asked.top))
        with answering:
            predictions = await _unless_gone(request, answering, deadline)
        return json_response(self._wording.response(posed, predictions, asked.top))

    def _check(self, asked: PredictRequest, posed: Sequence[Posed]) -> None:
        if asked.top and asked.strategy != "cached":
            raise Refusal(400, "invalid", f'top: expected 0 with strategy "{asked.strategy}", got {asked.top}')
        steps, top = sum(one.steps for one in posed), max(1, asked.top)
        if steps * top > self._limits.outcomes:
            raise Refusal(
                400,
                "invalid",
                f"sequences x steps x top: expected at most {self._limits.outcomes} outcomes, "
                f"got {len(posed)} x {steps // len(posed)} x {top} = {steps * top}",
            )


class EventStream(StreamingResponse):
    """Answer by server-sent events as predictions come, the last of which is `done` or `error`."""

    def __init__(self, answering: Answering, deadline: float, event: Event) -> None:
        super().__init__(_events(answering, deadline, event), media_type="text/event-stream")
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and free all slots when the client goes."""
        with self._answering:
            await super().__call__(scope, receive, send)


async def _events(answering: Answering, deadline: float, event: Event) -> AsyncIterator[bytes]:
    end = asyncio.get_running_loop().time() + deadline
    sent = 0
    predictions = answering.each()
    while True:
        try:
            # The time that a client takes to read does not count, so the timeout stands around the waiting alone.
            async with asyncio.timeout_at(end):
                sequence, step, prediction = await anext(predictions)
        except StopAsyncIteration:
            yield _event("done", DoneEvent(predictions=sent))
            return
        except TimeoutError:
            yield _event("error", _too_late(deadline).content)
            return
        except EngineFailure as failure:
            yield _event("error", _failed(failure).content)
            return
        yield _event("term", event(sequence, step, prediction))
        sent += 1


async def _unless_gone(request: Request, answering: Answering, deadline: float) -> list[list[Prediction]]:
    """Return the predictions, unless the client goes or the time is up before."""
    loop = asyncio.get_running_loop()
    watching = loop.create_task(_give_up_when_gone(request, answering))
    timer = loop.call_later(deadline, lambda: answering.give_up(_too_late(deadline)))
    try:
        return await answering.all()
    except EngineFailure as failure:
        raise _failed(failure) from failure
    finally:
        watching.cancel()
        timer.cancel()


async def _give_up_when_gone(request: Request, answering: Answering) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    answering.give_up(ClientDisconnect())


def _event(name: str, data: msgspec.Struct) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))


def _too_late(deadline: float) -> Refusal:
    return Refusal(504, "deadline", f"deadline: no answer after {deadline:g} s")


def _failed(failure: EngineFailure) -> Refusal:
    return Refusal(500, "engine", f"the engine failed: {type(failure.__cause__).__name__}")
