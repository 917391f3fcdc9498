"""Several workers that share one socket: started together, replaced when one dies, ended together."""

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from seqserve.service.parent import end_with_parent
from seqserve.service.settings import METRICS_FOLDER, Settings


class Supervisor:
    """Run workers until a signal ends them.

    Args:
        settings: What every worker serves, and how.
        listener: The bound socket that they share.
        count: How many.
        started: Called once all answer, with what they promise.
    """

    def __init__(
        self, settings: Settings, listener: socket.socket, count: int, started: Callable[[str], object]
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._missing = count
        self._started = started
        self._starting: dict[BaseProcess, Connection] = {}
        self._ready: set[BaseProcess] = set()
        self._ending = False

    def run(self) -> int:
        """Start the workers and watch over them; return an exit status, 1 where one could not begin."""
        failed = False
        with tempfile.TemporaryDirectory(prefix="seqserve-") as folder:
            os.environ[METRICS_FOLDER] = folder
            for sig in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sig, self._end)
            for _ in range(self._missing):
                self._start()
            while self._starting or self._ready:
                wait([*self._starting.values(), *(worker.sentinel for worker in self._ready)], timeout=0.2)
                failed |= self._hear()
                self._replace()
        return int(failed)

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=False)
        worker = spawn.Process(target=_work, args=(self._settings, self._listener, theirs))
        worker.start()
        theirs.close()
        self._starting[worker] = ours
        if self._ending:  # the signal came while it was started
            worker.terminate()

    def _hear(self) -> bool:
        """Listen to workers that start; return whether one has died before it answered anything."""
        failed = False
        for worker, pipe in list(self._starting.items()):
            if not pipe.poll():
                continue
            del self._starting[worker]
            try:
                promise = pipe.recv()
            except EOFError:
                worker.join()
                failed |= not self._ending
            else:
                self._ready.add(worker)
                self._missing -= 1
                if self._missing == 0:
                    self._started(promise)
            pipe.close()
        if failed:
            self._end()
        return failed

    def _replace(self) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        for worker in [worker for worker in self._ready if not worker.is_alive()]:
            self._ready.remove(worker)
            worker.join()
            mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
            if not self._ending:
                message = f"seqserve: a worker died (status {worker.exitcode}); another begins"
                print(message, file=sys.stderr, flush=True)
                self._start()

    def _end(self, *_: object) -> None:
        self._ending = True
        for worker in [*self._starting, *self._ready]:
            if worker.is_alive():
                worker.terminate()


def _work(settings: Settings, listener: socket.socket, pipe: Connection) -> None:
    """Be a worker."""
    from seqserve.service.worker import work

    end_with_parent()
    work(settings, listener, started=pipe.send)
