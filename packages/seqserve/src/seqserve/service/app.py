"""The application: an engine behind its paths."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp

from seqmodel import CheckpointFile
from seqserve.protocols import Engine
from seqserve.service import playground
from seqserve.service.attending import Attending
from seqserve.service.decoded_batch import open_batch
from seqserve.service.description import describe
from seqserve.service.drain import Drain
from seqserve.service.engine_thread import EngineThread
from seqserve.service.explaining import Explaining
from seqserve.service.guard import Guard
from seqserve.service.messages import Health
from seqserve.service.metrics import CONTENT_TYPE, Metrics
from seqserve.service.openapi import document
from seqserve.service.predicting import Predicting
from seqserve.service.refusal import json_response
from seqserve.service.request_types import explain_type
from seqserve.service.routes import Route, Routes
from seqserve.service.scheduler import Scheduler
from seqserve.service.settings import Settings
from seqserve.service.wording import wording_of

_OPEN = {"/healthz", "/readyz", "/openapi.json", *playground.FILES}
"""Paths that need no token: they say nothing of anybody's data."""


def application(
    settings: Settings, checkpoint: CheckpointFile, engine: Engine, drain: Drain, metrics: Metrics
) -> ASGIApp:
    """Return the service as an ASGI application; its lifespan runs the engine's thread.

    Args:
        settings: How it was started.
        checkpoint: What the engine was made from.
        engine: What continues sequences.
        drain: Told when the service is about to end.
        metrics: Where all is counted.
    """
    limits = settings.limits
    scheduler = Scheduler(
        lambda strategy, slots: open_batch(engine, strategy, slots),
        slots=limits.slots,
        queue=limits.queue,
        observe=metrics.observe_step,
    )
    metrics.watch(metrics.waiting, lambda: scheduler.waiting)
    metrics.watch(metrics.running, lambda: scheduler.running)
    wording = wording_of(engine, limits)
    explain = explain_type(limits, engine.low, engine.high)
    explaining = Explaining(settings.universe, limits, explain)
    attending = Attending(settings.model, checkpoint.config, limits, wording, engine.low)
    info = describe(settings, checkpoint, engine, attention=attending.longest)
    described = msgspec.json.encode(document(wording, explain, attending.type, token=settings.token is not None))
    thread: EngineThread | None = None

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        nonlocal thread
        thread = EngineThread(scheduler, asyncio.get_running_loop())
        explaining.open()
        yield
        thread.stop()
        explaining.close()
        attending.close()

    async def healthz(_request: Request) -> Response:
        if thread is None or not thread.alive:
            return json_response(Health(status="failed"), status=HTTPStatus.SERVICE_UNAVAILABLE)
        return json_response(Health(status="ok"))

    async def readyz(request: Request) -> Response:
        if drain.begun:
            return json_response(Health(status="draining"), status=HTTPStatus.SERVICE_UNAVAILABLE)
        return await healthz(request)

    async def show_info(_request: Request) -> Response:
        return json_response(info)

    async def show_metrics(_request: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    async def show_document(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    post = ("POST",)
    routes = {
        "/v1/predict": Route(Predicting(scheduler, limits, wording).answer, post),
        "/v1/explain": Route(explaining.answer, post),
        "/v1/attention": Route(attending.answer, post),
        "/v1/info": Route(show_info),
        "/healthz": Route(healthz),
        "/readyz": Route(readyz),
        "/metrics": Route(show_metrics),
        "/openapi.json": Route(show_document),
        **playground.routes(),
    }
    return Guard(
        Routes(routes),
        lifespan=Router(lifespan=lifespan),
        paths=routes,
        open_paths=_OPEN,
        token=None if settings.token is None else settings.token.encode(),
        metrics=metrics,
        drain=drain,
    )
