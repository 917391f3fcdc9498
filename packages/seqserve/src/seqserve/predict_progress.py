"""How far `seqserve predict` is, on the terminal."""

from typing import Any, Self

from seqserve.counted_lines import CountedLines


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

            if self._lines is None:
                self._bar = tqdm(unit=" sequences")
            else:
                size, read = self._lines.size, self._lines.bytes
                self._bar = tqdm(total=size, initial=read, unit="B", unit_scale=True, dynamic_ncols=True)

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
