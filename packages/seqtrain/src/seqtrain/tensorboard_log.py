"""TensorBoard logs: every metric in one chart with its phases, its baselines and what is possible."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from seqtrain.baselines import random_baseline
from seqtrain.metrics import OVERALL, Evaluation, Metrics
from seqtrain.recipe import Recipe
from seqtrain.tensorboard_picture import picture_of

LONGEST_WAIT = 2.0
"""Seconds; a name that lies further in the future tells of a clock that was set back."""

_log = logging.getLogger("seqtrain")

FIGURES = ("accuracy", "distance", "log_loss", "training_loss", "teacher_forced", "free_running")

_BESIDE = ("accuracy", "distance", "log_loss", "teacher_forced", "free_running")
"""What is known of those that are not trained."""

_SECONDS_BETWEEN_PICTURES = 60.0


def figures_of(recipe: Recipe) -> tuple[str, ...]:
    """Return the metrics of a recipe's validations that mean something.

    A number has no log-loss. Symbols have no distance, and since all of an answer is scored, it is right on its own
    exactly where it is right after the true symbols.
    """
    left_out = {"log_loss"} if recipe.model.head == "regression" else set()
    left_out |= {"distance", "free_running"} if recipe.questions.digits else set()
    return tuple(figure for figure in FIGURES if figure not in left_out)


class TensorBoardLog:
    """Write scalars, and pictures of accuracy by family and position, to event files.

    A tag is `validation_FIGURE/GROUP`: the group is `all`, a phase, `rows/held_out` and `rows/others`, or
    `beside/` and a baseline, or `beside/possible`, which is the exact posterior on the same rows. `validation_regret`
    and `validation_share_of_possible` compare the model with that.

    Args:
        folder: Where they go.
        phases: Names that validations report.
        terms: Size of the vocabulary, for the random baseline; None where there is none.
        figures: The metrics of a validation that are written.
        context: Terms that the model sees, for the random baseline's sequences; None where they are not written.
        beside: The figures of those that need no training, on the validation rows, by name; asked for with the first
            validation, since they take as long as one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        phases: tuple[str, ...],
        terms: int | None,
        figures: tuple[str, ...] = FIGURES,
        context: int | None = None,
        beside: Mapping[str, Callable[[], Metrics]] | None = None,
    ) -> None:
        self._folder = folder
        self._figures = figures
        self._ask_beside: dict[str, Callable[[], Metrics]] = {**(beside or {})}
        if terms is not None:
            self._ask_beside = {"random": partial(random_baseline, terms, context), **self._ask_beside}
        self._beside: dict[str, Metrics] = {}
        self._groups = (OVERALL, *phases, *(f"beside/{_tag(name)}" for name in (*self._ask_beside, "possible")))
        self._last: tuple[int, Evaluation] | None = None
        self._drawn = -math.inf

    def started(self, step: int) -> None:
        """Open a file; what an earlier session logged after `step` is taken back."""
        _wait_for_a_later_name(self._folder)
        self._writer = SummaryWriter(str(self._folder), purge_step=step + 1)
        compared = {name: [f"validation_{name}/.*"] for name in ("regret", "share_of_possible")}
        charts = {figure: [f"validation_{figure}/{name}$" for name in self._groups] for figure in self._figures}
        self._writer.add_custom_scalars(
            {"validation": {name: ["Multiline", tags] for name, tags in (charts | compared).items()}}
        )

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the training scalars, to the file at once: a state that is saved next does not bring them again."""
        for name, value in scalars.items():
            self._writer.add_scalar(f"training/{name}", value, step)
        self._writer.flush()

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Write the figures of every group beside those of the baselines and of the exact posterior."""
        for group, metrics in _groups(evaluation):
            for figure in self._figures:
                self._writer.add_scalar(f"validation_{figure}/{group}", getattr(metrics, figure), step)
        if not self._beside:
            self._beside = {name: ask() for name, ask in self._ask_beside.items()}
        beside = dict(self._beside)
        if evaluation.possible is not None:
            beside["possible"] = evaluation.possible.overall
            self._compare(step, evaluation, evaluation.possible)
        for name, metrics in beside.items():
            for figure in self._figures:
                value = getattr(metrics, figure)
                if figure in _BESIDE and not math.isnan(value):
                    self._writer.add_scalar(f"validation_{figure}/beside/{_tag(name)}", value, step)
        self._last = step, evaluation
        if time.monotonic() - self._drawn >= _SECONDS_BETWEEN_PICTURES:
            self._draw()
        self._writer.flush()

    def close(self) -> None:
        """Draw the last validation, and write what is left."""
        self._draw()
        self._writer.close()

    def _compare(self, step: int, evaluation: Evaluation, possible: Evaluation) -> None:
        there = dict(_groups(possible))
        for group, metrics in _groups(evaluation):
            regret = metrics.log_loss - there[group].log_loss
            if not math.isnan(regret):
                self._writer.add_scalar(f"validation_regret/{group}", regret, step)
            share = metrics.accuracy / there[group].accuracy
            self._writer.add_scalar(f"validation_share_of_possible/{group}", share, step)

    def _draw(self) -> None:
        if self._last is None or not self._last[1].cells:
            return
        (step, evaluation), self._last = self._last, None
        self._drawn = time.monotonic()
        pictures = {"accuracy": evaluation, "possible_accuracy": evaluation.possible}
        for name, figures in pictures.items():
            if figures is not None:
                image = picture_of(figures, lambda metrics: metrics.accuracy)
                self._writer.add_image(f"validation_{name}_by_family_and_position", image, step, dataformats="HWC")


def _groups(evaluation: Evaluation) -> Iterator[tuple[str, Metrics]]:
    yield OVERALL, evaluation.overall
    yield from evaluation.phases.items()
    for side, metrics in evaluation.held_out.items():
        yield f"rows/{_tag(side)}", metrics


def _tag(name: str) -> str:
    """Return a name as TensorBoard has it in tags.

    >>> _tag("linear extrapolation")
    'linear_extrapolation'
    """
    return name.replace(" ", "_")


def _wait_for_a_later_name(folder: Path) -> None:
    """Wait until a new file's name sorts behind all others: it begins with the second in which it is made.

    TensorBoard reads files in the order of their names, and must meet what a session takes back before that session.
    """
    seconds = [int(file.name.split(".")[3]) for file in folder.glob("events.out.tfevents.*")]
    early = max(seconds, default=0) + 1 - time.time()
    if early > LONGEST_WAIT:
        _log.warning("the clock has gone back by %.0f s: TensorBoard may show some steps twice", early)
    elif early > 0:
        time.sleep(early)
