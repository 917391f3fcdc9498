"""POST /v1/explain: which rules explain a sequence, found in a process of its own so that predictions never wait."""

import asyncio
import multiprocessing
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec

from starlette.requests import Request
from starlette.responses import Response

from seqserve.service import rules
from seqserve.service.body import read
from seqserve.service.limits import Limits
from seqserve.service.messages import ExplainRequest, ExplainResponse
from seqserve.service.parent import end_with_parent
from seqserve.service.refusal import Refusal, json_response

_MOST_ASKED = 8
"""Questions that may be open at a time: each takes about a second."""
_REMEMBERED = 256


class Explaining:
    """Answer questions for rules, one after the other, in a process between `open` and `close`.

    Args:
        universe: The name of a universe of seqgen; None where nothing is explained.
        limits: What a request may ask for.
        type_: The request's type, with the bounds of model and service.
    """

    def __init__(self, universe: str | None, limits: Limits, type_: type[ExplainRequest]) -> None:
        self._universe = universe
        self._limits = limits
        self._type = type_
        self._open = 0
        self._known: OrderedDict[tuple[int, ...], ExplainResponse] = OrderedDict()
        self._pool: ProcessPoolExecutor | None = None

    def open(self) -> None:
        """Begin the process, where there is anything to explain by."""
        if self._universe is not None:
            self._begin(self._universe)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())  # noqa: SLF001  # 3.14 has kill_workers
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
                process.join()

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if self._universe is None:
            raise Refusal(404, "no_posterior", "rules are not explained here: start the service with --universe NAME")
        asked = await read(request, self._type, self._limits)
        return json_response(await self._explained(self._universe, tuple(asked.sequence)))

    async def _explained(self, universe: str, sequence: tuple[int, ...]) -> ExplainResponse:
        if sequence in self._known:
            self._known.move_to_end(sequence)
            return self._known[sequence]
        if self._open >= _MOST_ASKED:
            message = f"{self._open} sequences are being explained: ask again in 2 s"
            raise Refusal(429, "busy", message, {"retry-after": "2"})
        self._open += 1
        try:
            found = await self._looked_up(universe, sequence)
        finally:
            self._open -= 1
        self._known[sequence] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def _looked_up(self, universe: str, sequence: tuple[int, ...]) -> ExplainResponse:
        pool = self._pool or self._begin(universe)
        try:
            async with asyncio.timeout(self._limits.deadline):
                return await asyncio.wrap_future(pool.submit(rules.explanation, universe, sequence))
        except TimeoutError:
            message = f"deadline: no answer after {self._limits.deadline:g} s"
            raise Refusal(504, "deadline", message) from None
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            raise Refusal(503, "rules", "the process that looks at rules has died: ask again") from None

    def _begin(self, universe: str) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent)
        self._pool.submit(rules.warm, universe)
        return self._pool


def universe_for(name: str | None, low: int, high: int) -> str | None:
    """Return the universe to explain with: the one that was named, or the default one where it can be had.

    Args:
        name: What was asked for: a universe's name, "none", or None for whatever is possible.
        low: The model's smallest term.
        high: The model's largest term.

    Raises:
        ValueError: It is unknown, has other terms than the model, or seqgen is not installed.
    """
    if name == "none":
        return None
    if find_spec("seqgen") is None:
        if name is None:
            return None
        raise ValueError(f"universe: {name!r} needs seqgen: install seqserve's extra 'posterior'")
    from seqgen import Span, universe
    from seqgen.universes import NAMES

    # To build a universe takes seconds, and the named ones have the span that all have.
    span = Span() if name is None or name in NAMES else universe(name).span
    if (span.low, span.high) != (low, high):
        if name is None:
            return None
        raise ValueError(
            f"universe: {name!r} has the terms {span.low}..{span.high}, the model {low}..{high}; give --universe none"
        )
    return name or "default"
