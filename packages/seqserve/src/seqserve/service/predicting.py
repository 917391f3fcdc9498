"""POST /v1/predict: continue sequences, in one answer or term by term."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import UNSET
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from seqserve.protocols import Prediction
from seqserve.service.answering import Answering
from seqserve.service.body import read
from seqserve.service.limits import Limits
from seqserve.service.messages import Answer, DoneEvent, Outcome, PredictRequest, PredictResponse, TermEvent
from seqserve.service.refusal import Refusal, json_response
from seqserve.service.scheduler import EngineFailure, LineFull, Scheduler


class Predicting:
    """Answer requests for continuations.

    Args:
        scheduler: Whose slots they share.
        limits: What a request may ask for.
        type_: The request's type, with the bounds of model and service.
    """

    def __init__(self, scheduler: Scheduler, limits: Limits, type_: type[PredictRequest]) -> None:
        self._scheduler = scheduler
        self._limits = limits
        self._type = type_

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        asked = await read(request, self._type, self._limits)
        self._check(asked)
        deadline = self._limits.deadline if asked.deadline is None else asked.deadline
        try:
            answering = Answering(
                self._scheduler,
                asked.sequences,
                steps=asked.steps,
                top=asked.top,
                strategy=asked.strategy,
                streams=asked.stream,
            )
        except LineFull as full:
            raise Refusal(429, "busy", str(full), {"retry-after": str(full.retry_after)}) from None
        if asked.stream:
            return EventStream(answering, deadline)
        with answering:
            predictions = await _unless_gone(request, answering, deadline)
        return json_response(PredictResponse(continuations=[answer_of(each, asked.top) for each in predictions]))

    def _check(self, asked: PredictRequest) -> None:
        if asked.top and asked.strategy != "cached":
            raise Refusal(400, "invalid", f'top: expected 0 with strategy "{asked.strategy}", got {asked.top}')
        outcomes = len(asked.sequences) * asked.steps * max(1, asked.top)
        if outcomes > self._limits.outcomes:
            raise Refusal(
                400,
                "invalid",
                f"sequences x steps x top: expected at most {self._limits.outcomes} outcomes, "
                f"got {len(asked.sequences)} x {asked.steps} x {max(1, asked.top)} = {outcomes}",
            )


def answer_of(predictions: Sequence[Prediction], top: int) -> Answer:
    """Return the predictions of one sequence as the service writes them."""
    terms = [prediction.term for prediction in predictions if prediction.term is not None]
    probabilities = [prediction.probability for prediction in predictions]
    return Answer(
        terms=terms,
        probabilities=[] if any(map(math.isnan, probabilities)) else probabilities,
        ended=len(terms) < len(predictions),
        top=[_outcomes(prediction) for prediction in predictions] if top else UNSET,
    )


class EventStream(StreamingResponse):
    """Answer by server-sent events as predictions come, the last of which is `done` or `error`."""

    def __init__(self, answering: Answering, deadline: float) -> None:
        super().__init__(_events(answering, deadline), media_type="text/event-stream")
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, and free all slots when the client goes."""
        with self._answering:
            await super().__call__(scope, receive, send)


async def _events(answering: Answering, deadline: float) -> AsyncIterator[bytes]:
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
        yield _event("term", _term_event(sequence, step, prediction, answering.jobs[sequence].top))
        sent += 1


def _term_event(sequence: int, step: int, prediction: Prediction, top: int) -> TermEvent:
    return TermEvent(
        sequence=sequence,
        step=step,
        term=prediction.term,
        probability=prediction.probability,
        top=_outcomes(prediction) if top else UNSET,
    )


async def _unless_gone(request: Request, answering: Answering, deadline: float) -> list[list[Prediction]]:
    """Return the predictions, unless the client goes or the time is up before."""
    answer = asyncio.ensure_future(answering.all())
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({answer, gone}, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if gone.done():
            raise ClientDisconnect
        raise _too_late(deadline)
    except EngineFailure as failure:
        raise _failed(failure) from failure
    finally:
        answer.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _outcomes(prediction: Prediction) -> list[Outcome]:
    return [Outcome(term=term, probability=probability) for term, probability in prediction.top]


def _event(name: str, data: msgspec.Struct) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))


def _too_late(deadline: float) -> Refusal:
    return Refusal(504, "deadline", f"deadline: no answer after {deadline:g} s")


def _failed(failure: EngineFailure) -> Refusal:
    return Refusal(500, "engine", f"the engine failed: {type(failure.__cause__).__name__}")
