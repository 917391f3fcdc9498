"""What a service takes on at most: every bound in one place."""

from dataclasses import dataclass, field, fields
from typing import Any


def _limit(default: float, least: float, meaning: str) -> Any:  # a field stands for its value
    return field(default=default, metadata={"least": least, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Hold the bounds of one worker. A request beyond one is refused with a message that names it.

    Raises ValueError where a bound is below its least value, or a request of all `sequences` could never be queued.

    >>> Limits(slots=0)
    Traceback (most recent call last):
    ...
    ValueError: slots: expected at least 1, got 0
    """

    slots: int = _limit(64, 1, "sequences that are continued at a time")
    queue: int = _limit(1024, 1, "sequences that may wait; then 429 with Retry-After")
    body: int = _limit(1 << 20, 64, "bytes of a request's body")
    sequences: int = _limit(256, 1, "sequences of a request")
    length: int = _limit(4096, 1, "terms of a sequence")
    steps: int = _limit(256, 1, "steps of a request")
    outcomes: int = _limit(65_536, 1, "outcomes of a request: sequences x steps x top")
    attention: int = _limit(262_144, 1, "weights of an answer of /v1/attention: layers x heads x terms x terms")
    connections: int = _limit(512, 2, "connections at a time; then 503")
    deadline: float = _limit(30.0, 0.1, "seconds that a request may take; then 504")
    patience: float = _limit(10.0, 0.01, "seconds a client may take to send a head, and a body; then 408")

    def __post_init__(self) -> None:
        for bound in fields(self):
            value, least = getattr(self, bound.name), bound.metadata["least"]
            if not least <= value < float("inf"):
                raise ValueError(f"{bound.name}: expected at least {least}, got {value!r}")
        if self.sequences > self.queue:
            raise ValueError(f"sequences: expected at most the queue's {self.queue}, got {self.sequences}")
