"""What a person sees while many rows are asked about: a bar in a terminal, a line a minute elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TextIO

from tqdm import tqdm

from seqtrain.progress import SECONDS_BETWEEN_LINES, has_room
from seqtrain.scores import Answers


@contextmanager
def asked_progress(rows: int, stream: TextIO) -> Iterator[Callable[[Answers], None]]:
    """Show how many of the rows are done; give what is to be told of each part of them."""
    with rows_progress(rows, stream) as watch:
        yield lambda answers: watch(len(answers.rows.row))


@contextmanager
def rows_progress(rows: int, stream: TextIO) -> Iterator[Callable[[int], None]]:
    """Show how many of the rows are done; give what is to be told how many more are."""
    if has_room(stream):
        with tqdm(
            total=rows,
            file=stream,
            unit=" rows",
            dynamic_ncols=True,
            leave=False,
            bar_format="{n:,}/{total:,} rows |{bar}| {rate_fmt}, {remaining} left",
        ) as bar:
            yield lambda more: _forward(bar, more)
    else:
        yield _Lines(rows, stream).told


def _forward(bar: "tqdm[NoReturn]", more: int) -> None:
    bar.update(more)


class _Lines:
    def __init__(self, rows: int, stream: TextIO) -> None:
        self._rows, self._stream, self._done = rows, stream, 0
        self._since = self._last_line = time.monotonic()

    def told(self, more: int) -> None:
        self._done += more
        now = time.monotonic()
        if now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        rate = self._done / (now - self._since)
        left = tqdm.format_interval((self._rows - self._done) / rate)
        self._stream.write(f"{self._done:,}/{self._rows:,} rows, {rate:,.0f} rows/s, {left} left\n")
        self._stream.flush()
