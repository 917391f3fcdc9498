"""What the service counts, and gauges that follow what they watch without being asked."""

import asyncio

from seqserve.service.drain import Drain
from seqserve.service.metrics import Metrics
from seqserve.service.server import Server
from seqserve.service.settings import Settings


def counts_of(metrics):
    lines = metrics.text().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_requests_are_counted_by_path_and_status():
    metrics = Metrics()
    for path, status, seconds in [("/a", 200, 0.25), ("/a", 200, 0.5), ("/a", 404, 0.125), ("other", 404, 1.0)]:
        metrics.observe_request(path, status, seconds)
    counts = counts_of(metrics)
    assert counts['seqserve_requests_total{path="/a",status="200"}'] == 2
    assert counts['seqserve_requests_total{path="/a",status="404"}'] == 1
    assert counts['seqserve_requests_total{path="other",status="404"}'] == 1
    assert counts['seqserve_request_seconds_count{path="/a"}'] == 3
    assert counts['seqserve_request_seconds_sum{path="/a"}'] == 0.875


def test_gauges_follow_with_every_tick_of_the_server():
    metrics, waiting = Metrics(), [3]
    metrics.watch(metrics.waiting, lambda: waiting[0])
    server = Server(None, Settings(), Drain(), started=lambda: None, tick=metrics.look)

    async def ticked():
        await server.on_tick(1)
        return next(iter(metrics.waiting.collect())).samples[0].value

    assert asyncio.run(ticked()) == 3
    waiting[0] = 0
    assert asyncio.run(ticked()) == 0
