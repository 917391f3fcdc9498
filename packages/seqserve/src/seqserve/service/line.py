"""The waiting line: who is next when a slot comes free, so that nobody starves."""

import heapq

from seqserve.service.job import Job, State

STRIDE = 8
"""Jobs of others that may pass between two of one request. The larger, the sooner a lone sequence passes a
request of many; however large, only finitely many pass."""


class Line:
    """Order the jobs of many requests, those of one request spread out among the others.

    The i-th job of a request that came after `n` jobs stands at place `n + STRIDE * i`, and the smallest place
    is next. A job that comes later stands at least at the number of jobs before it, so a job at place p waits
    for at most p others, whatever arrives.

    >>> line = Line()
    >>> many, one = [Job(sequence=[n], steps=1) for n in range(3)], Job(sequence=[9], steps=1)
    >>> line.add(many, arrived=0)
    >>> line.add([one], arrived=3)
    >>> [line.pop().sequence[0] for _ in range(4)]
    [0, 9, 1, 2]
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job]] = []
        self._added = 0

    def add(self, jobs: list[Job], *, arrived: int) -> None:
        """Add the jobs of one request, before which `arrived` jobs have come."""
        for number, job in enumerate(jobs):
            heapq.heappush(self._heap, (arrived + STRIDE * number, self._added, job))
            self._added += 1

    def place(self) -> tuple[int, int] | None:
        """Return the place of the next job that still waits, smaller is sooner; None where there is none."""
        while self._heap and self._heap[0][2].state is not State.WAITING:
            heapq.heappop(self._heap)
        return self._heap[0][:2] if self._heap else None

    def pop(self) -> Job:
        """Take the next job out of the line; `place` has said that there is one."""
        return heapq.heappop(self._heap)[2]

    def forget_cancelled(self, waiting: int) -> None:
        """Let go of cancelled jobs once they are more than the `waiting` ones."""
        if len(self._heap) > 2 * waiting + 64:
            self._heap = [entry for entry in self._heap if entry[2].state is State.WAITING]
            heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)
