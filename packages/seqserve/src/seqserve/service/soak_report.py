"""What a soak has seen."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

_GROWTH = 0.1
"""Share by which the memory may differ between the first and the last third: allocators keep what they once had."""

_UNDER_LOAD = (429, 503, 504)
"""What a full service answers: the line is full, too many connections, the deadline has passed."""
_TOO_SLOW = 408


@dataclass(kw_only=True)
class Report:
    """Count what clients of a service met with.

    Attributes:
        seconds: How long the load lasted.
        latencies: Seconds of each answer to a well-behaved client.
        refusals: Answers to well-behaved clients that say why there is none, by status.
        unjust: Those of them that no load excuses.
        wrong: Answers to well-behaved clients that are not the library's.
        broken: Connections of well-behaved clients that broke.
        mischief: By kind, how often clients misbehaved.
        unexpected: By kind, what misbehaving clients were answered that they should not be.
        memory: Resident bytes of the service's processes, in the order of time.
        after_signal: Answers that were complete after SIGTERM.
        lost: Requests begun before SIGTERM that were not answered.
        status: The service's exit status.
        said: Its standard error.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)
    unjust: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    mischief: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    after_signal: int = 0
    lost: list[str] = field(default_factory=list)
    status: int | None = None
    said: str = ""

    def refuse(self, status: int, content: bytes, *, slow: bool) -> None:
        """Count a refusal of a well-behaved client.

        Args:
            status: Its HTTP status.
            content: What it says.
            slow: Whether the client itself took longer to send than the service waits, as happens on a starved machine.
        """
        self.refusals[status] += 1
        if status not in _UNDER_LOAD and not (status == _TOO_SLOW and slow):
            self.unjust.append(f"{status}: {content[:200]!r}")

    def growth(self) -> float:
        """Return by which share the memory grew from the second third of the time to the last; 0 where unknown."""
        third = len(self.memory) // 3
        if third == 0:
            return 0.0
        early, late = (float(np.median(part)) for part in (self.memory[third : 2 * third], self.memory[-third:]))
        return late / early - 1

    def faults(self) -> list[str]:
        """Return what was not as it should be, each in a line; empty after a good soak.

        >>> Report(status=0, latencies=[0.001]).faults()
        []
        >>> Report(status=0, latencies=[0.001], unjust=["500: b''"]).faults()
        ["1 unjust refusals, the first: 500: b''"]
        """
        found = []
        if not self.latencies:
            found.append("nothing was answered")
        for name, items in (
            ("wrong answers", self.wrong),
            ("unjust refusals", self.unjust),
            ("broken connections", self.broken),
            ("answers to mischief", self.unexpected),
            ("lost", self.lost),
        ):
            if items:
                found.append(f"{len(items)} {name}, the first: {items[0]}")
        if self.growth() > _GROWTH:
            found.append(f"memory grew by {self.growth():.0%}")
        if self.status != 0:
            found.append(f"the service ended with status {self.status}")
        if "Traceback" in self.said:
            found.append(f"the service complained: {self.said[self.said.index('Traceback') :].splitlines()[-1]}")
        return found

    def text(self) -> str:
        """Return the report for reading."""
        times = np.array(self.latencies or [np.nan]) * 1000
        p50, p99 = np.percentile(times, [50, 99])
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.mischief.items()))
        refused = ", ".join(f"{count:,} with {status}" for status, count in sorted(self.refusals.items()))
        first, last = (self.memory[place] / 1e6 if self.memory else 0.0 for place in (0, -1))
        rate = len(self.latencies) / self.seconds
        lines = [
            f"answers     {len(self.latencies):,} in {self.seconds:.0f} s, {rate:,.0f} a second",
            f"latency     {p50:.1f} ms half of them, {p99:.1f} ms 99 % (well-behaved clients, all at once)",
            f"refused     {refused or 'none'}",
            f"mischief    {kinds}",
            f"memory      {first:.0f} MB at first, {last:.0f} MB at last; last third {self.growth():+.1%}",
            f"SIGTERM     {self.after_signal:,} answered after it, {len(self.lost):,} lost, status {self.status}",
            *(f"FAULT       {fault}" for fault in self.faults()),
        ]
        return "\n".join(lines if self.faults() else [*lines, "no fault"])
