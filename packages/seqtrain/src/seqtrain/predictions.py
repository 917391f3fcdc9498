"""What a predictor says: the seam between whoever predicts and whoever measures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtrain.protocols import Batches


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Hold what a predictor says about N targets.

    Attributes:
        classes: The most probable class, int64 (N,).
        integers: The most probable token that is an integer, int64 (N,).
        log_losses: Minus the log-probability of the target, float64 (N,).
        training_losses: What training charges for it, float64 (N,); None where nothing is trained.
        weights: What that weighs in the mean, float64 (N,); likewise.
        log_probabilities: Of every class, float32 (N, classes); None of a predictor that gives none.
    """

    classes: NDArray[np.int64]
    integers: NDArray[np.int64]
    log_losses: NDArray[np.float64]
    training_losses: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None
    log_probabilities: NDArray[np.float32] | None = None


Predictor = Callable[[Batches], Predictions]
"""Predictions for every position of the batches, scored or not, in the order of `targets`."""
