"""A service within the test's own process, over any engine, and what is asked of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import numpy as np

from seqserve.service.app import application
from seqserve.service.drain import Drain
from seqserve.service.metrics import Metrics
from seqserve.service.settings import Settings


class Part(dict):
    """A configuration, or a vocabulary."""

    layers = heads = 1
    context = 8

    def to_dict(self):
        return dict(self)


class Checkpoint:
    """As much of a checkpoint as /v1/info shows."""

    config = Part(layers=1)
    vocabulary = Part(kind="integers")
    tensors = {"weight": np.ones((2, 3), np.float32)}  # noqa: RUF012


@asynccontextmanager
async def client_of(
    engine, settings=None, drain=None, checkpoint=None, root_path=""
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the application over an engine, its lifespan included, and yield a client of it."""
    app = application(settings or Settings(), checkpoint or Checkpoint(), engine, drain or Drain(), Metrics())
    begin, end = asyncio.Event(), asyncio.Event()
    told = []

    async def receive():
        if not begin.is_set():
            begin.set()
            return {"type": "lifespan.startup"}
        await end.wait()
        return {"type": "lifespan.shutdown"}

    started = asyncio.Event()

    async def send(message):
        told.append(message["type"])
        started.set()

    lifespan = asyncio.create_task(app({"type": "lifespan", "app": None, "state": {}}, receive, send))
    await started.wait()
    assert told == ["lifespan.startup.complete"]
    try:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield client
    finally:
        end.set()
        await lifespan


def events_of(text: str) -> list[tuple[str, dict]]:
    """Return the server-sent events of an answer."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found
