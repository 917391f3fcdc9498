"""The thread that runs the engine, and the bridge from it to the event loop."""

import asyncio
import threading

from seqserve.service.job import Job
from seqserve.service.scheduler import Scheduler


class EngineThread:
    """Step a scheduler as long as there is work, and bring the news of each step to an event loop in one go.

    Args:
        scheduler: What to step.
        loop: Where `Job.notify` is called.
    """

    def __init__(self, scheduler: Scheduler, loop: asyncio.AbstractEventLoop) -> None:
        self._scheduler = scheduler
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether jobs are worked on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish the step that runs, and end the thread."""
        self._scheduler.stop()
        self._thread.join()

    def _run(self) -> None:
        while self._scheduler.wait():
            news = self._scheduler.step()
            if news:
                self._loop.call_soon_threadsafe(_tell, news)


def _tell(news: list[Job]) -> None:
    for job in news:
        job.notify(job)
