"""A soak: a service as a process of its own, full load, misbehaving clients, and SIGTERM in the middle of it."""

import asyncio
import json
import random
import re
import signal
import sys
import time
from pathlib import Path

from seqserve.predictor import Predictor
from seqserve.service.mischief import KINDS
from seqserve.service.soak_report import Report
from seqserve.service.talk import Talk, head

_QUESTIONS = 100
_MISCHIEVOUS = 4
_PATIENCE_S = 2
_LIMITS = (f"--patience={_PATIENCE_S}", "--max-steps=64", "--max-body=65536", "--universe=none", "--linger=0.5")


class Soak:
    """Run a service and trouble it.

    Args:
        model: A checkpoint, a folder with one, or a packaged model's name.
        seconds: How long.
        clients: Well-behaved clients at a time; some others misbehave.
        workers: The service's processes.
    """

    def __init__(self, model: str, *, seconds: float, clients: int, workers: int = 1) -> None:
        self._model = model
        self._seconds = seconds
        self._clients = clients
        self._workers = workers
        self._report = Report()
        self._signalled = False
        self._port = 0

    async def run(self) -> Report:
        """Return what was seen."""
        questions = self._questions()
        process, said = await self._start()
        began = time.perf_counter()
        tasks = [
            *(asyncio.create_task(self._behave(questions, seed)) for seed in range(self._clients)),
            *(asyncio.create_task(self._misbehave(seed)) for seed in range(_MISCHIEVOUS)),
        ]
        watching = asyncio.create_task(self._watch(process.pid))
        await asyncio.sleep(self._seconds)
        self._report.seconds = time.perf_counter() - began
        watching.cancel()
        self._signalled = True
        process.send_signal(signal.SIGTERM)
        await asyncio.gather(*tasks)
        self._report.status = await process.wait()
        self._report.said = await said
        return self._report

    def _questions(self) -> list[tuple[bytes, bytes]]:
        """Return requests, as they are sent, with the answers that the library gives."""
        predictor = Predictor.load(self._model)
        low, high = predictor.engine.low, predictor.engine.high
        draw = random.Random(0)  # noqa: S311  # questions, not secrets
        found = []
        for _ in range(_QUESTIONS):
            steps = draw.choice([1, 1, 1, 2, 4, 16, 64])
            sequences = [
                [draw.randint(low, high) for _ in range(draw.randint(1, 12))] for _ in range(draw.choice([1, 1, 1, 8]))
            ]
            expected = {"continuations": [one.to_dict() for one in predictor.predict(sequences, steps)]}
            found.append((head({"sequences": sequences, "steps": steps}), json.dumps(expected).encode()))
        return found

    async def _start(self) -> tuple[asyncio.subprocess.Process, asyncio.Task[str]]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "import sys; from seqserve.cli import main; sys.exit(main())", "serve", "--port=0"),
            *(f"--model={self._model}", f"--workers={self._workers}", *_LIMITS),
            stderr=asyncio.subprocess.PIPE,
        )
        said = []
        errors = process.stderr or asyncio.StreamReader()
        async for line in errors:
            said.append(line.decode())
            if found := re.search(r"http://127\.0\.0\.1:(\d+) answers", said[-1]):
                self._port = int(found[1])
                return process, asyncio.create_task(_rest(errors, said))
        raise RuntimeError("the service did not begin: " + "".join(said).strip().replace("\n", "; "))

    async def _behave(self, questions: list[tuple[bytes, bytes]], seed: int) -> None:
        """Ask one question after the other, and compare, until the service has ended."""
        draw = random.Random(seed)  # noqa: S311
        talk: Talk | None = None
        while True:
            question, expected = draw.choice(questions)
            early = not self._signalled
            began = time.perf_counter()
            try:
                talk = talk or await Talk.begin(self._port)
                await talk.send(question)
                sent = time.perf_counter()
                status, content, closes = await talk.answer()
            except (OSError, asyncio.IncompleteReadError) as error:
                if early:
                    (self._report.lost if self._signalled else self._report.broken).append(repr(error))
                if self._signalled:
                    return
                talk = None
                continue
            if closes:
                await talk.end()
                talk = None
            if status != 200:
                self._report.refuse(status, content, slow=sent - began >= _PATIENCE_S)
                await asyncio.sleep(draw.uniform(0.2, 1))
            elif json.loads(content) != json.loads(expected):
                self._report.wrong.append(f"{content[:200]!r}")
            else:
                self._report.latencies.append(time.perf_counter() - began)
                self._report.after_signal += self._signalled

    async def _misbehave(self, seed: int) -> None:
        draw = random.Random(1000 + seed)  # noqa: S311
        while not self._signalled:
            kind = draw.choice(list(KINDS))
            try:
                fault = await KINDS[kind](self._port, draw)
            except OSError:  # refused, or cut off, as it deserves
                fault = None
            if fault and not self._signalled:
                self._report.unexpected.append(f"{kind}: {fault}")
            self._report.mischief[kind] += 1

    async def _watch(self, pid: int) -> None:
        while True:
            self._report.memory.append(sum(map(_resident, _family(pid))))
            await asyncio.sleep(min(1.0, self._seconds / 30))


async def _rest(errors: asyncio.StreamReader, said: list[str]) -> str:
    return "".join(said) + (await errors.read()).decode()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    return [pid, *(one for child in children.read_text().split() for one in _family(int(child)))]


def _resident(pid: int) -> int:
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
