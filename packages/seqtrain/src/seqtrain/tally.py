"""What a predictor's answers add up to, group by group and position by position, in memory that does not grow."""

# R rows, T positions, G groups

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqtrain.asked_rows import AskedRows
from seqtrain.metrics import FIRST_OF_SEQUENCE, Evaluation, Group, Metrics, broken_down
from seqtrain.predictions import Predictions
from seqtrain.ratio import RatioSums


@dataclass(frozen=True, kw_only=True)
class _Sums:
    accuracy: RatioSums
    distance: RatioSums
    log_loss: RatioSums
    training_loss: RatioSums
    teacher_forced: RatioSums
    free_running: RatioSums


class Tally:
    """Add up the answers of one predictor.

    Args:
        groups: G.
        positions: T.
        terms: Size of the vocabulary; classes from there on are no integers.
    """

    def __init__(self, groups: Sequence[Group], positions: int, terms: int) -> None:
        self._groups, self._positions, self._terms = groups, positions, terms
        of_targets = [RatioSums(len(groups), positions) for _ in range(4)]
        self._sums = _Sums(
            accuracy=of_targets[0],
            distance=of_targets[1],
            log_loss=of_targets[2],
            training_loss=of_targets[3],
            teacher_forced=RatioSums(len(groups), 1),
            free_running=RatioSums(len(groups), 1),
        )
        self.rows = 0

    def add(self, rows: AskedRows, said: Predictions) -> None:
        """Add the answers to R more rows."""
        targets_RT, scored_RT, runs, sums = rows.targets, rows.scored, rows.runs, self._sums
        classes_RT, integers_RT, losses_RT = (
            each.reshape(targets_RT.shape) for each in (said.classes, said.integers, said.log_losses)
        )
        numeric_RT = scored_RT & (targets_RT < self._terms)
        right_RT = scored_RT & (classes_RT == targets_RT)
        distance_RT = np.where(numeric_RT, np.abs(integers_RT - targets_RT), 0)
        sums.accuracy.add(right_RT.astype(float), scored_RT.astype(float), runs)
        sums.distance.add(distance_RT.astype(float), numeric_RT.astype(float), runs)
        sums.log_loss.add(np.where(scored_RT, losses_RT, 0), scored_RT.astype(float), runs)
        if said.training_losses is not None and said.weights is not None:
            weights_RT = said.weights.reshape(targets_RT.shape)
            charged_RT = weights_RT * said.training_losses.reshape(targets_RT.shape)
            sums.training_loss.add(np.where(weights_RT > 0, charged_RT, 0), weights_RT, runs)
        for ratio, of_RT in ((sums.teacher_forced, scored_RT), (sums.free_running, numeric_RT)):
            ratio.add(*_sequences(right_RT, of_RT), runs)
        self.rows += len(targets_RT)

    def evaluation(self, possible: Evaluation | None = None) -> Evaluation:
        """Return all figures.

        Raises:
            ValueError: No target was scored.
        """
        figures = broken_down(self._groups, self._positions, self.metrics)
        return Evaluation(rows=self.rows, possible=possible, **vars(figures))

    def metrics(self, chosen_G: NDArray[np.bool_], depth: int) -> Metrics | None:
        """Return the figures of some groups at a depth (0: whole rows, k: position k), or None without targets."""
        sums = self._sums
        accuracy, distance, log_loss, training_loss = (
            each.ratio(chosen_G, depth) for each in (sums.accuracy, sums.distance, sums.log_loss, sums.training_loss)
        )
        if not accuracy.weight:
            return None
        of_targets = Metrics(
            targets=int(accuracy.weight),
            accuracy=accuracy.value,
            distance=distance.value,
            log_loss=log_loss.value,
            training_loss=training_loss.value,
            accuracy_interval=accuracy.interval(),
            distance_error=distance.error,
            log_loss_error=log_loss.error,
        )
        if depth:
            return of_targets
        forced, free = (each.ratio(chosen_G, 0) for each in (sums.teacher_forced, sums.free_running))
        return Metrics(
            **{
                **vars(of_targets),
                "teacher_forced": forced.value,
                "free_running": free.value,
                "teacher_forced_interval": forced.interval(),
                "free_running_interval": free.interval(),
            }
        )


def _sequences(
    right_RT: NDArray[np.bool_], asked_RT: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each row whether all that is asked from position 4 on is right, and whether anything is: (R, 1).

    Who continues a sequence from its own answers has seen the true terms as long as all answers are right, so that
    the first wrong one comes where it comes after the true terms: both ways of asking have the same rows right.
    """
    from_RT = asked_RT[:, FIRST_OF_SEQUENCE - 1 :]
    asked_R1 = from_RT.any(1, keepdims=True)
    right_R1 = asked_R1 & (right_RT[:, FIRST_OF_SEQUENCE - 1 :] | ~from_RT).all(1, keepdims=True)
    return right_R1.astype(float), asked_R1.astype(float)
