"""A progress line with an estimate, on terminals only, and without a dependency."""

import sys
import time
from types import TracebackType
from typing import Self

_WIDTH = 24
_EVERY_S = 0.1


class Progress:
    """A line on standard error that shows how far a known amount of work has come; silent where it is no terminal.

    >>> with Progress("rows", total=10) as progress:
    ...     progress.advance(10)
    """

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total = label, total
        self._done = 0
        self._begun = self._drawn = time.monotonic()
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def advance(self, amount: int) -> None:
        """Say that ``amount`` more is done."""
        self._done += amount
        now = time.monotonic()
        if self._shown and now - self._drawn >= _EVERY_S:
            self._drawn = now
            sys.stderr.write(f"\r\x1b[K{self._line(now - self._begun)}")
            sys.stderr.flush()

    def _line(self, elapsed: float) -> str:
        share = min(self._done / max(self._total, 1), 1.0)
        bar = "#" * round(share * _WIDTH)
        left = elapsed / share - elapsed if share else 0.0
        rate = self._done / elapsed if elapsed else 0.0
        return f"{self._label} {share:4.0%} [{bar:<{_WIDTH}}] {rate:,.0f}/s, {left:.0f} s left"
