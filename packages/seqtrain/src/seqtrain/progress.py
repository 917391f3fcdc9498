"""What a person sees while a run goes on: a bar in a terminal, a line a minute elsewhere."""

import math
import os
import time
from collections.abc import Mapping
from typing import NoReturn, TextIO

from tqdm import tqdm

from seqtrain.metrics import OVERALL, Evaluation
from seqtrain.protocols import Callback
from seqtrain.recipe import Recipe
from seqtrain.time_left import TimeLeft

SECONDS_BETWEEN_LINES = 60.0


def make_progress(recipe: Recipe, stream: TextIO) -> Callback:
    """Return the progress display that suits the stream, for a run of the recipe."""
    return ProgressBar(recipe, stream) if has_room(stream) else ProgressLines(recipe, stream)


def has_room(stream: TextIO) -> bool:
    """Say whether the stream is a terminal in which a bar can be seen."""
    # A terminal may say that it has no lines or columns; a bar would then stay hidden.
    return stream.isatty() and all(os.get_terminal_size(stream.fileno()))


class ProgressBar:
    """Show steps per second, loss, accuracy and the time left."""

    def __init__(self, recipe: Recipe, stream: TextIO) -> None:
        self._recipe = recipe
        self._steps = recipe.budget.total_steps
        self._left = TimeLeft(recipe)
        self._stream = stream
        self._bar: tqdm[NoReturn] | None = None

    def started(self, step: int) -> None:
        """Draw the bar."""
        self._left.started(step)
        self._bar = tqdm(
            total=self._steps,
            initial=step,
            file=self._stream,
            unit=" steps",
            dynamic_ncols=True,
            bar_format="{n}/{total} |{bar}| {rate_fmt}{postfix}",
        )

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Move the bar."""
        self._left.logged(step)
        if self._bar is not None:
            self._bar.set_postfix_str(f"{_figures(scalars)}{_left(self._left)}", refresh=False)
            self._bar.update(step - self._bar.n)

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Print the figures above the bar."""
        self._left.validated(step)
        tqdm.write(_validation_line(self._recipe, step, evaluation), file=self._stream)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


class ProgressLines:
    """Print a line now and then, for logs that nobody looks at while they grow."""

    def __init__(self, recipe: Recipe, stream: TextIO) -> None:
        self._recipe = recipe
        self._steps = recipe.budget.total_steps
        self._left = TimeLeft(recipe)
        self._stream = stream

    def started(self, step: int) -> None:
        """Begin to measure time."""
        self._left.started(step)
        self._last_step, self._last_line = step, time.monotonic()

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Print a line if the last one is a minute old."""
        self._left.logged(step)
        now = time.monotonic()
        if now - self._last_line < SECONDS_BETWEEN_LINES:
            return
        rate = (step - self._last_step) / (now - self._last_line)
        self._last_step, self._last_line = step, now
        self._write(f"step {step}/{self._steps}, {rate:.1f} steps/s, {_figures(scalars)}{_left(self._left)}")

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Print the figures."""
        self._left.validated(step)
        self._write(_validation_line(self._recipe, step, evaluation))

    def close(self) -> None:
        """Do nothing: every line is out."""

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


def _left(estimate: TimeLeft) -> str:
    seconds = estimate.seconds()
    return "" if seconds is None else f", {tqdm.format_interval(int(seconds))} left"


def _figures(scalars: Mapping[str, float]) -> str:
    return f"loss {scalars['loss']:.3f}, accuracy {100 * scalars['accuracy']:.1f} %"


def _validation_line(recipe: Recipe, step: int, evaluation: Evaluation) -> str:
    figures = evaluation.overall
    if recipe.questions.digits:
        groups = {OVERALL: figures, **evaluation.phases}
        right = ", ".join(f"{name} {100 * each.teacher_forced:.3f} %" for name, each in groups.items())
        return f"step {step}: validation log-loss {figures.log_loss:.6f}, answers right: {right}"
    # A model of one number has no log-loss; one that has gone wrong has neither.
    unknown = math.isnan(figures.log_loss)
    loss = f"loss {figures.training_loss:.4f}" if unknown else f"log-loss {figures.log_loss:.4f}"
    return f"step {step}: validation {loss}, accuracy {100 * figures.accuracy:.2f} %, distance {figures.distance:.2f}"
