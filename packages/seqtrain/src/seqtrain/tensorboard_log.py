"""TensorBoard logs: every metric in one chart with its phases and its random baseline."""

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from seqtrain.baselines import random_baseline
from seqtrain.evaluation import Evaluation, Metrics

LONGEST_WAIT = 2.0
"""Seconds; a name that lies further in the future tells of a clock that was set back."""

_log = logging.getLogger("seqtrain")

FIGURES = ("accuracy", "distance", "log_loss")


class TensorBoardLog:
    """Write scalars to event files.

    Args:
        folder: Where they go.
        phases: Names that validations report.
        terms: Size of the vocabulary, for the random baseline.
        figures: The metrics of a validation that are written.
    """

    def __init__(
        self, folder: Path, *, phases: tuple[str, ...], terms: int, figures: tuple[str, ...] = FIGURES
    ) -> None:
        self._folder = folder
        self._figures = figures
        self._groups = ("all", *phases, "random")
        self._random = random_baseline(terms)

    def started(self, step: int) -> None:
        """Open a file; what an earlier session logged after `step` is taken back."""
        _wait_for_a_later_name(self._folder)
        self._writer = SummaryWriter(str(self._folder), purge_step=step + 1)
        self._writer.add_custom_scalars(
            {
                "validation": {
                    figure: ["Multiline", [f"validation_{figure}/{name}$" for name in self._groups]]
                    for figure in self._figures
                }
            }
        )

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write the training scalars, to the file at once: a state that is saved next does not bring them again."""
        for name, value in scalars.items():
            self._writer.add_scalar(f"training/{name}", value, step)
        self._writer.flush()

    def validated(self, step: int, evaluation: Evaluation) -> None:
        """Write the figures of every phase beside the random ones."""
        groups: dict[str, Metrics] = {"all": evaluation.overall, **evaluation.phases, "random": self._random}
        for group, metrics in groups.items():
            for figure in self._figures:
                value = getattr(metrics, figure)
                if metrics is self._random and math.isnan(value):
                    continue  # nobody knows what guessing would be charged
                self._writer.add_scalar(f"validation_{figure}/{group}", value, step)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


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
