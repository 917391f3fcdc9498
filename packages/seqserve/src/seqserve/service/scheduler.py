"""Continuous batching: sequences join the running batch as slots come free, and leave it between steps."""

import math
import threading
import time
from collections.abc import Callable, Sequence

from seqserve.protocols import RunningBatch, Strategy
from seqserve.service.job import Job, State
from seqserve.service.line import Line


class LineFull(Exception):  # noqa: N818  # a state of the service, not a mistake
    """No more sequences can wait; `retry_after` says in how many seconds it is worth asking again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the line of waiting sequences is full: ask again in {retry_after} s")
        self.retry_after = retry_after


class EngineFailure(Exception):  # noqa: N818
    """The engine raised an error: what it was working on is lost, what waits is not."""


class Scheduler:
    """Share an engine's slots among jobs.

    `submit` and `cancel` may be called from any thread, at any time. `wait` and `step` belong to the one thread
    that runs the engine. There is no idle wait: a step takes whoever is there.

    Long jobs together hold at most three quarters of the slots, so a short one waits for a slot that comes free
    soon. Within these bounds the line decides; see `Line` for why nobody starves.

    Args:
        open_batch: Gives a running batch with at least the given number of slots for a strategy.
        slots: Sequences that run at a time.
        queue: Sequences that may wait.
        long_steps: From how many steps on a job is long.
        observe: Hears after each step how many sequences took part, and how many seconds it took.
    """

    def __init__(
        self,
        open_batch: Callable[[Strategy, int], RunningBatch],
        *,
        slots: int = 64,
        queue: int = 1024,
        long_steps: int = 32,
        observe: Callable[[int, float], object] = lambda _size, _seconds: None,
    ) -> None:
        self._open_batch = open_batch
        self._slots = slots
        self._long_slots = max(1, slots * 3 // 4)
        self._queue = queue
        self._long_steps = long_steps
        self._observe = observe
        self._changed = threading.Condition()
        self._short, self._long = Line(), Line()
        self._arrived = 0
        self._waiting = 0
        self._waiting_steps = 0
        self._running: list[Job] = []
        self._batches: dict[Strategy, RunningBatch] = {}
        self._step_seconds = 0.0
        self._stopped = False

    @property
    def waiting(self) -> int:
        """How many sequences wait for a slot."""
        return self._waiting

    @property
    def running(self) -> int:
        """How many sequences hold a slot."""
        return len(self._running)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Accept the jobs of one request, all or none.

        Raises:
            LineFull: They would make the line longer than it may be.
        """
        with self._changed:
            if self._waiting + len(jobs) > self._queue:
                raise LineFull(self._retry_after())
            long = [job for job in jobs if self._is_long(job)]
            self._long.add(long, arrived=self._arrived)
            self._short.add([job for job in jobs if not self._is_long(job)], arrived=self._arrived)
            self._arrived += len(jobs)
            self._waiting += len(jobs)
            self._waiting_steps += sum(job.steps for job in jobs)
            self._changed.notify()

    def cancel(self, jobs: Sequence[Job]) -> None:
        """Forget jobs that nobody waits for any longer; their slots come free before the next step."""
        with self._changed:
            for job in jobs:
                if job.state is State.WAITING:
                    self._leave_line(job)
                if job.state is not State.DONE:
                    job.state = State.CANCELLED
            self._short.forget_cancelled(self._waiting)
            self._long.forget_cancelled(self._waiting)

    def stop(self) -> None:
        """Let `wait` return False from now on."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def wait(self) -> bool:
        """Sleep until there is something to do; return whether there is, and not an end to it all."""
        with self._changed:
            while not (self._stopped or self._waiting or self._running):
                self._changed.wait()
            return not self._stopped

    def step(self) -> list[Job]:
        """Let jobs leave and join, predict one term of each that runs, and return those of which there is news."""
        news: list[Job] = []
        self._release(news)
        self._admit(news)
        for strategy in list(self._batches):
            jobs = [job for job in self._running if job.strategy == strategy and job.state is State.RUNNING]
            if jobs:
                self._step(strategy, jobs, news)
        self._release(news)
        return news

    def _is_long(self, job: Job) -> bool:
        return job.steps >= self._long_steps

    def _retry_after(self) -> int:
        rounds = self._waiting_steps / self._slots
        return min(60, max(1, math.ceil(rounds * self._step_seconds)))

    def _leave_line(self, job: Job) -> None:
        self._waiting -= 1
        self._waiting_steps -= job.steps

    def _admit(self, news: list[Job]) -> None:
        with self._changed:
            joining: list[Job] = []
            long = sum(map(self._is_long, self._running))
            while self._waiting and len(self._running) + len(joining) < self._slots:
                job = self._next(long)
                if job is None:
                    break
                long += self._is_long(job)
                self._leave_line(job)
                job.state = State.RUNNING
                joining.append(job)
        # The engine may take its time over a long prompt: nobody is kept from submitting meanwhile.
        for job in joining:
            self._running.append(job)
            if job.state is not State.RUNNING:  # lost with its batch, or cancelled, a moment ago
                continue
            try:
                if job.strategy not in self._batches:
                    self._batches[job.strategy] = self._open_batch(job.strategy, self._slots)
                job.slot = self._batches[job.strategy].join(job.sequence)
            except Exception as error:  # noqa: BLE001  # whatever an engine raises must become an answer
                self._lose(job.strategy, error, news)

    def _next(self, long_running: int) -> Job | None:
        places = [
            (place, number, line)
            for number, line in enumerate((self._short, self._long))
            if (line is self._short or long_running < self._long_slots) and (place := line.place()) is not None
        ]
        return min(places)[2].pop() if places else None

    def _step(self, strategy: Strategy, jobs: list[Job], news: list[Job]) -> None:
        began = time.perf_counter()
        try:
            predictions = self._batches[strategy].step([job.slot for job in jobs], max(job.top for job in jobs))
        except Exception as error:  # noqa: BLE001  # whatever an engine raises must become an answer
            self._lose(strategy, error, news)
            return
        seconds = time.perf_counter() - began
        self._step_seconds += 0.1 * (seconds - self._step_seconds)
        self._observe(len(jobs), seconds)
        for job, prediction in zip(jobs, predictions, strict=True):
            if len(prediction.top) > job.top:  # another one in the step asked for more
                prediction = prediction._replace(top=prediction.top[: job.top])
            job.predictions.append(prediction)
            if job.finished:
                self._end(job)
            if job.state is State.DONE or (job.streams and job.state is State.RUNNING):
                news.append(job)

    def _lose(self, strategy: Strategy, error: Exception, news: list[Job]) -> None:
        """Fail all that run in a batch whose engine raised, and let go of it: nobody knows the state of its slots."""
        self._batches.pop(strategy, None)
        lost = [job for job in self._running if job.strategy == strategy]
        self._running = [job for job in self._running if job.strategy != strategy]
        for job in lost:
            if job.state is State.RUNNING:
                job.failure = EngineFailure(f"{type(error).__name__}: {error}")
                job.failure.__cause__ = error
                self._end(job)
                news.append(job)

    def _end(self, job: Job) -> None:
        with self._changed:
            if job.state is State.RUNNING:
                job.state = State.DONE

    def _release(self, news: list[Job]) -> None:
        """Free the slots of jobs that are done or cancelled."""
        running, leaving = list[Job](), list[Job]()
        for job in self._running:  # each is looked at once: it may be cancelled at any moment
            (running if job.state is State.RUNNING else leaving).append(job)
        self._running = running
        for job in leaving:
            if job.slot >= 0 and job.strategy in self._batches:
                try:
                    self._batches[job.strategy].leave(job.slot)
                except Exception as error:  # noqa: BLE001  # whatever an engine raises must become an answer
                    self._lose(job.strategy, error, news)
