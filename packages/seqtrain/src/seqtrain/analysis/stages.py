"""What a person sees while an analysis goes on: a bar for each stage in a terminal, a line a minute elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn, TextIO

from tqdm import tqdm

from seqtrain.progress import SECONDS_BETWEEN_LINES, has_room


def stages_on(stream: TextIO) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    """Return what shows the stages of an analysis on a stream, each with an estimate of the time left."""
    return lambda name, total: _stage(stream, name, total)


@contextmanager
def _stage(stream: TextIO, name: str, total: int) -> Iterator[Callable[[int], None]]:
    if has_room(stream):
        bar_format = "{desc}: {percentage:.0f} % |{bar}| {elapsed}, {remaining} left"
        with tqdm(total=total, desc=name, file=stream, dynamic_ncols=True, leave=False, bar_format=bar_format) as bar:
            yield lambda done: _forward(bar, done)
    else:
        yield _Lines(stream, name, total).told


def _forward(bar: "tqdm[NoReturn]", done: int) -> None:
    bar.update(done)


class _Lines:
    def __init__(self, stream: TextIO, name: str, total: int) -> None:
        self._stream, self._name, self._total, self._done = stream, name, total, 0
        self._since = self._last_line = time.monotonic()

    def told(self, done: int) -> None:
        self._done += done
        now = time.monotonic()
        if now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        left = tqdm.format_interval((self._total - self._done) * (now - self._since) / self._done)
        self._stream.write(f"{self._name}: {100 * self._done / self._total:.0f} %, {left} left\n")
        self._stream.flush()
