"""Whether the service is about to end."""

from dataclasses import dataclass


@dataclass
class Drain:
    """Be told once that the service ends: then it is not ready, and each answer closes its connection."""

    begun: bool = False
