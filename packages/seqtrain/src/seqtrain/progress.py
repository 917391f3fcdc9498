"""What a person sees while a run goes on: a bar in a terminal, a line a minute elsewhere."""

import math
import os
import time
from collections.abc import Mapping
from typing import NoReturn, TextIO

from tqdm import tqdm

from seqtrain.evaluation import Evaluation
from seqtrain.protocols import Callback

SECONDS_BETWEEN_LINES = 60.0


def make_progress(steps: int, stream: TextIO) -> Callback:
    """Return the progress display that suits the stream, for a run of so many steps."""
    return ProgressBar(steps, stream) if _has_room(stream) else ProgressLines(steps, stream)


def _has_room(stream: TextIO) -> bool:
    # A terminal may say that it has no lines or columns; a bar would then stay hidden.
    return stream.isatty() and all(os.get_terminal_size(stream.fileno()))


class ProgressBar:
    """Show steps per second, loss, accuracy and the time left."""

    def __init__(self, steps: int, stream: TextIO) -> None:
        self._steps = steps
        self._stream = stream
        self._bar: tqdm[NoReturn] | None = None

    def started(self, step: int) -> None:
        """Draw the bar."""
        self._bar = tqdm(
            total=self._steps,
            initial=step,
            file=self._stream,
            unit=" steps",
            dynamic_ncols=True,
            bar_format="{n}/{total} |{bar}| {rate_fmt}{postfix}, {remaining} left",
        )

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_postfix_str(_figures(scalars), refresh=False)
            self._bar.update(step - self._bar.n)

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Print the figures above the bar."""
        tqdm.write(_validation_line(step, evaluation), file=self._stream)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


class ProgressLines:
    """Print a line now and then, for logs that nobody looks at while they grow."""

    def __init__(self, steps: int, stream: TextIO) -> None:
        self._steps = steps
        self._stream = stream

    def started(self, step: int) -> None:
        """Begin to measure time."""
        self._first = step
        self._since = self._last_line = time.monotonic()

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Print a line if the last one is a minute old."""
        now = time.monotonic()
        if now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        rate = (step - self._first) / (now - self._since)
        left = tqdm.format_interval((self._steps - step) / rate)
        self._write(f"step {step}/{self._steps}, {rate:.1f} steps/s, {_figures(scalars)}, {left} left")

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Print the figures."""
        self._write(_validation_line(step, evaluation))

    def close(self) -> None:
        """Do nothing: every line is out."""

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def _figures(scalars: Mapping[str, float]) -> str:
    return f"loss {scalars['loss']:.3f}, accuracy {100 * scalars['accuracy']:.1f} %"


def _validation_line(step: int, evaluation: Evaluation) -> str:
    figures = evaluation.overall
    # A model of one number has no log-loss; one that has gone wrong has neither.
    unknown = math.isnan(figures.log_loss)
    loss = f"loss {figures.training_loss:.4f}" if unknown else f"log-loss {figures.log_loss:.4f}"
    return f"step {step}: validation {loss}, accuracy {100 * figures.accuracy:.2f} %, distance {figures.distance:.2f}"
