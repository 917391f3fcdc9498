"""How long things took, by the clock and in processor time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from seqmodel.benchmark import Timing


@dataclass(frozen=True, kw_only=True)
class Turn:
    """How long something took, by the clock and in processor time, in seconds.

    On a busy machine the clock counts the neighbours too; processor time is that of all threads.
    """

    clock: float
    processor: float

    @classmethod
    def now(cls) -> "Turn":
        """Read both."""
        return cls(clock=time.perf_counter(), processor=time.process_time())

    def since(self, before: "Turn", parts: int = 1) -> "Turn":
        """Return one of so many equal parts of the time since then."""
        return Turn(clock=(self.clock - before.clock) / parts, processor=(self.processor - before.processor) / parts)


@dataclass(frozen=True, kw_only=True)
class Times:
    """All turns of one contestant, by the clock and in processor time."""

    clock: Timing
    processor: Timing

    @classmethod
    def of(cls, name: str, setting: str, turns: Sequence[Turn]) -> "Times":
        """Gather the turns."""
        return cls(
            clock=Timing(name=name, setting=setting, seconds=tuple(turn.clock for turn in turns)),
            processor=Timing(name=name, setting=setting, seconds=tuple(turn.processor for turn in turns)),
        )

    @property
    def name(self) -> str:
        """Whose they are."""
        return self.clock.name

    @property
    def setting(self) -> str:
        """In what setting."""
        return self.clock.setting
