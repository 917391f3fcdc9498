"""What the service counts, in Prometheus' text format."""

import os
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from seqserve.service.settings import METRICS_FOLDER

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Count requests, predictions and steps of one worker."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.requests = Counter(
            "seqserve_requests", "Requests answered, by path and status.", ("path", "status"), registry=registry
        )
        self.seconds = Histogram(
            "seqserve_request_seconds",
            "Seconds from a request's head to its answer's end.",
            ("path",),
            registry=registry,
            buckets=_SECONDS,
        )
        self.predictions = Counter("seqserve_predictions", "Terms and ENDs predicted.", registry=registry)
        self.cancelled = Counter(
            "seqserve_cancelled", "Requests whose client left before the answer, or was too slow.", registry=registry
        )
        self.step_size = Histogram(
            "seqserve_step_sequences", "Sequences that take part in a step.", registry=registry, buckets=_SIZES
        )
        self.step_seconds = Histogram(
            "seqserve_step_seconds", "Seconds of a step.", registry=registry, buckets=_SECONDS
        )
        self.waiting = _gauge("seqserve_waiting", "Sequences that wait for a slot.", registry)
        self.running = _gauge("seqserve_running", "Sequences that hold a slot.", registry)
        self.connections = _gauge("seqserve_connections", "Open connections.", registry)
        self._watched: list[tuple[Gauge, Callable[[], float]]] = []
        self._labelled: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        if METRICS_FOLDER not in os.environ:
            ProcessCollector(registry=registry)

    def watch(self, gauge: Gauge, value: Callable[[], float]) -> None:
        """Let a gauge follow a value."""
        self._watched.append((gauge, value))

    def look(self) -> None:
        """Set the gauges to what they follow: now and then, since several workers read each other's."""
        for gauge, value in self._watched:
            gauge.set(value())

    def observe_request(self, path: str, status: int, seconds: float) -> None:
        """Count a request at one of the service's paths, or at "other"."""
        found = self._labelled.get((path, status))
        if found is None:  # to look labels up takes longer than to count
            found = self._labelled[path, status] = self.requests.labels(path, str(status)), self.seconds.labels(path)
        requests, request_seconds = found
        requests.inc()
        request_seconds.observe(seconds)

    def observe_step(self, size: int, seconds: float) -> None:
        """Count a step of the running batch."""
        self.predictions.inc(size)
        self.step_size.observe(size)
        self.step_seconds.observe(seconds)

    def text(self) -> bytes:
        """Return all counts, of all workers where there are several."""
        self.look()
        if METRICS_FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry)


def _gauge(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livesum")
