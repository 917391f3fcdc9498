"""How far `seqserve predict` is, on the terminal."""

import os
import sys
from typing import Any, Self

from seqserve.counted_lines import CountedLines

_SIZE = {"ncols": 80, "nrows": 24}
"""Characters and lines of a terminal that does not say how many it has."""


class Progress:
    """Show a bar while prompts are answered: with an estimate of the time that is left where the input has an end.

    Args:
        lines: The input; None where the prompt was in the arguments.
        shown: Whether anybody sees it.
    """

    def __init__(self, lines: CountedLines | None, *, shown: bool) -> None:
        self._lines = None if lines is None or lines.size is None else lines
        self._bar: Any = None
        self._answered = 0
        if shown:
            from tqdm import tqdm

            wide: dict[str, Any] = {"dynamic_ncols": True} if _says_its_size() else _SIZE
            if self._lines is None:
                self._bar = tqdm(unit=" sequences", **wide)
            else:
                size, read = self._lines.size, self._lines.bytes
                self._bar = tqdm(total=size, initial=read, unit="B", unit_scale=True, **wide)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, count: int) -> None:
        """Hear of so many answers."""
        if self._bar is None:
            return
        self._answered += count
        if self._lines is None:
            self._bar.update(count)
        else:
            self._bar.set_postfix_str(f"{self._answered:,} sequences", refresh=False)
            self._bar.update(self._lines.bytes - self._bar.n)


def _says_its_size() -> bool:
    """Whether tqdm can know the size: it draws nothing into a width of 0, which containers and scripts report."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except (OSError, ValueError):
        return False
