"""Slow questions, answered one after the other in a process of their own, so that predictions never wait."""

import asyncio
import multiprocessing
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

from seqserve.service.limits import Limits
from seqserve.service.parent import end_with_parent
from seqserve.service.refusal import Refusal

T = TypeVar("T")

_MOST_ASKED = 8
"""Questions that may be open at a time: each may take a second."""
_REMEMBERED = 256


class Aside(Generic[T]):
    """Call a function in another process, begun with the first question, and remember what it said.

    Args:
        function: From a question to its answer; it, questions and answers can be sent to another process.
        limits: How long an answer may take.
        work: What is done there, for messages: "rules are looked at".
    """

    def __init__(self, function: Callable[..., T], limits: Limits, work: str) -> None:
        self._function = function
        self._limits = limits
        self._work = work
        self._open = 0
        self._known: OrderedDict[tuple[Hashable, ...], T] = OrderedDict()
        self._pool: ProcessPoolExecutor | None = None

    def begin(self, warm: Callable[..., object], *arguments: object) -> None:
        """Begin the process now, by what makes its first answer quick."""
        self._begun().submit(warm, *arguments)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())  # noqa: SLF001  # 3.14 has kill_workers
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
                process.join()

    async def answer(self, *question: Hashable) -> T:
        """Return the function's answer.

        Raises:
            Refusal: Too much is asked at a time (429), it takes too long (504), or the process has died (503).
        """
        if question in self._known:
            self._known.move_to_end(question)
            return self._known[question]
        if self._open >= _MOST_ASKED:
            message = f"{self._work} for {self._open} sequences: ask again in 2 s"
            raise Refusal(429, "busy", message, {"retry-after": "2"})
        self._open += 1
        try:
            found = await self._asked(*question)
        finally:
            self._open -= 1
        self._known[question] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def _asked(self, *question: Hashable) -> T:
        pool = self._begun()
        try:
            async with asyncio.timeout(self._limits.deadline):
                return await asyncio.wrap_future(pool.submit(self._function, *question))
        except TimeoutError:
            message = f"deadline: no answer after {self._limits.deadline:g} s"
            raise Refusal(504, "deadline", message) from None
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            raise Refusal(503, "died", f"the process in which {self._work} has died: ask again") from None

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent)
        return self._pool
