"""One request's jobs on the event loop: all of them at the end, or each prediction as it comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Self

from seqserve.protocols import Prediction, Strategy
from seqserve.service.job import Job
from seqserve.service.scheduler import Scheduler
from seqserve.service.wording import Posed


class Answering:
    """Submit the sequences of a request, wait for what becomes of them, and cancel them when left.

    Use it as a context manager: whatever ends it (an answer, a deadline, a client that has gone), no slot stays
    taken.

    Raises `LineFull` at once where there is no room for all sequences.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        posed: Sequence[Posed],
        *,
        top: int = 0,
        strategy: Strategy = "cached",
        streams: bool = False,
    ) -> None:
        self._scheduler = scheduler
        self._ended = asyncio.get_running_loop().create_future()
        self._unfinished = len(posed)
        self._told: asyncio.Queue[int] = asyncio.Queue()
        self.jobs = [
            Job(
                sequence=one.terms,
                steps=one.steps,
                top=top,
                strategy=strategy,
                streams=streams,
                notify=lambda job, number=number: self._hear(job, number),  # type: ignore[misc]
            )
            for number, one in enumerate(posed)
        ]
        scheduler.submit(self.jobs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scheduler.cancel(self.jobs)

    async def all(self) -> list[list[Prediction]]:
        """Return the predictions of every sequence, in order. Raises the failure of any, or why it was given up."""
        await self._ended
        for job in self.jobs:
            if job.failure is not None:
                raise job.failure
        return [job.predictions for job in self.jobs]

    def give_up(self, reason: Exception) -> None:
        """Let `all` raise an error, unless everything is there already."""
        if not self._ended.done():
            self._ended.set_exception(reason)

    async def each(self) -> AsyncIterator[tuple[int, int, Prediction]]:
        """Yield (sequence, step, prediction) as they come. Raises the failure of any."""
        given = [0] * len(self.jobs)
        left = len(self.jobs)
        while left:
            number = await self._told.get()
            job = self.jobs[number]
            if job.failure is not None:
                raise job.failure
            # The engine may be several terms ahead of what was told.
            for step in range(given[number], len(job.predictions)):
                yield number, step, job.predictions[step]
                given[number] = step + 1
                left -= _is_last(job, step)

    def _hear(self, job: Job, number: int) -> None:
        if job.streams:
            self._told.put_nowait(number)
            return
        self._unfinished -= 1
        if (job.failure is not None or not self._unfinished) and not self._ended.done():
            self._ended.set_result(None)


def _is_last(job: Job, step: int) -> bool:
    return step + 1 == job.steps or job.predictions[step].term is None
