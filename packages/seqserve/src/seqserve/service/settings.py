"""What a service is started with."""

from dataclasses import dataclass, field

from seqserve.loading import EngineName
from seqserve.service.limits import Limits

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client knows, when it is imported, where several workers keep their counts."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold what every worker is told; all of it can be sent to another process.

    Attributes:
        model: A checkpoint, a folder with one, or a packaged model's name.
        engine: Which engine decodes; "auto" chooses.
        threads: Processor threads of a worker's engine.
        token: What clients must bear, None where anybody may ask.
        universe: The name of the universe whose rules explain sequences; None where nothing is explained.
        limits: What is taken on at most.
        linger: Seconds between a signal to end and the end of listening, in which load balancers see that the
            service is not ready.
    """

    model: str = "default"
    engine: EngineName = "auto"
    threads: int = 1
    token: str | None = field(default=None, repr=False)
    universe: str | None = None
    limits: Limits = field(default_factory=Limits)
    linger: float = 0.5
