"""Load on the service and on a peer in turn: requests of one client, of many, and short ones among long ones."""

import asyncio
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqserve.predictor import Predictor
from seqserve.service.talk import Talk, head

OURS = "seqserve"
_QUESTIONS = 64
_TERMS = 8
_BEGINS_WITHIN_S = 120
_COMMANDS = {
    OURS: "import sys; from seqserve.cli import main; sys.exit(main(['serve', '--model', sys.argv[1], '--port', "
    "sys.argv[2], '--universe=none', '--linger=0']))",
    "LitServe": "import sys; from seqserve.service.litserve_peer import main; main(sys.argv[1], int(sys.argv[2]))",
}

Question = tuple[bytes, list[int]]
"""A request as it is sent, and the terms that the library answers."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Say who asks for what: so many clients for so many terms each, and others beside them for more."""

    name: str
    clients: int
    steps: int
    others: int = 0
    others_steps: int = 0


WORKS = (
    Work(name="1 client, 1 term", clients=1, steps=1),
    Work(name="1 client, 16 terms", clients=1, steps=16),
    Work(name="64 clients, 1 term", clients=64, steps=1),
    Work(name="64 clients, 16 terms", clients=64, steps=16),
    Work(name="8 clients, 1 term, beside 32 of 64", clients=8, steps=1, others=32, others_steps=64),
)


@dataclass(kw_only=True)
class Measured:
    """Hold what one server did in one kind of work.

    Attributes:
        work: The work's name.
        name: The server's.
        seconds: How long it was asked, all rounds together.
        latencies: Seconds of each answer.
        wrong: How many were not the library's.
    """

    work: str
    name: str
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def rate(self) -> float:
        """Answers a second.

        >>> Measured(work="w", name="n", seconds=2.0, latencies=[0.1] * 6).rate
        3.0
        """
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the seconds within which so many of 100 answers came."""
        return float(np.percentile(self.latencies, share))

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values, in seconds."""
        percentiles = {f"p{share}": self.percentile(share) for share in (50, 99)}
        found = {"work": self.work, "name": self.name, "answers": len(self.latencies), "wrong": self.wrong}
        return {**found, "seconds": self.seconds, "rate": self.rate, **percentiles}


class Load:
    """Ask servers, one after the other in each round, so that a busy neighbour slows all of them.

    Args:
        model: A checkpoint, a folder with one, or a packaged model's name.
        seconds: How long each does each kind of work in a round.
        rounds: How many.
        works: What they are asked.
    """

    def __init__(self, model: str, *, seconds: float, rounds: int, works: Sequence[Work] = WORKS) -> None:
        self._model = model
        self._seconds = seconds
        self._rounds = rounds
        self._works = works

    async def run(self, names: Sequence[str]) -> list[Measured]:
        """Return what each server did in each work, in this order."""
        steps = {steps for work in self._works for steps in (work.steps, work.others_steps) if steps}
        questions = {count: self._questions(count) for count in sorted(steps)}
        found = {(work, name): Measured(work=work.name, name=name) for work in self._works for name in names}
        for _ in range(self._rounds):
            for name in names:
                async with self._server(name) as port:
                    for work in self._works:
                        await self._ask(port, work, questions, Measured(work="", name=""), self._seconds / 10)
                        await self._ask(port, work, questions, found[work, name], self._seconds)
        return list(found.values())

    def _questions(self, steps: int) -> list[Question]:
        predictor = Predictor.load(self._model)
        draw = random.Random(steps)  # noqa: S311  # questions, not secrets
        low, high = predictor.engine.low, predictor.engine.high
        sequences = [[draw.randint(low, high) for _ in range(_TERMS)] for _ in range(_QUESTIONS)]
        answers = predictor.predict(sequences, steps)
        return [
            (head({"sequences": [sequence], "steps": steps}), list(answer.terms))
            for sequence, answer in zip(sequences, answers, strict=True)
        ]

    @asynccontextmanager
    async def _server(self, name: str) -> AsyncIterator[int]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _COMMANDS[name], self._model, str(port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await self._answers(port, process, name)
            yield port
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()
            with suppress(ProcessLookupError):  # LitServe leaves processes behind
                os.killpg(process.pid, signal.SIGKILL)

    async def _answers(self, port: int, process: asyncio.subprocess.Process, name: str) -> None:
        """Wait until a server answers."""
        (question, _), *_ = self._questions(1)
        until = time.perf_counter() + _BEGINS_WITHIN_S
        while process.returncode is None and time.perf_counter() < until:
            try:
                talk = await Talk.begin(port)
                status, _, _ = await talk.ask(question)
                await talk.end()
                if status == 200:
                    return
            except (OSError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.1)
        raise RuntimeError(f"{name} did not begin to answer within {_BEGINS_WITHIN_S} s")

    async def _ask(
        self, port: int, work: Work, questions: dict[int, list[Question]], into: Measured, seconds: float
    ) -> None:
        until = time.perf_counter() + seconds
        began = time.perf_counter()
        clients = [_client(port, questions[work.steps], number, until, into) for number in range(work.clients)]
        beside = Measured(work="", name="")
        others = [_client(port, questions[work.others_steps], n, until, beside) for n in range(work.others)]
        await asyncio.gather(*clients, *others)
        into.seconds += time.perf_counter() - began


async def _client(port: int, questions: list[Question], first: int, until: float, into: Measured) -> None:
    """Ask one question after the other on one connection."""
    talk = await Talk.begin(port)
    number = first
    while time.perf_counter() < until:
        question, expected = questions[number % len(questions)]
        began = time.perf_counter()
        status, content, closes = await talk.ask(question)
        into.latencies.append(time.perf_counter() - began)
        into.wrong += status != 200 or json.loads(content)["continuations"][0]["terms"] != expected
        number += 1
        if closes:
            await talk.end()
            talk = await Talk.begin(port)
    await talk.end()
