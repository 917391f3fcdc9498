"""TensorBoard logs: every metric in one chart with its phases and its random baseline."""

import math
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from seqtrain.baselines import random_baseline
from seqtrain.evaluation import Evaluation, Metrics

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
        """Write the training scalars."""
        for name, value in scalars.items():
            self._writer.add_scalar(f"training/{name}", value, step)

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
