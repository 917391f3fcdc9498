"""How a model stands beside what is possible: by phase, family, position and both, on the same rows.

On the same rows most of what chance does to the model's figures, it does to the posterior's too: so their difference
is known far better than either. And the posterior says more of each prefix than what followed it this time: how
likely the model's answer was to be right, and how much more than its own loss the model's is expected to be. Those
figures, called *expected*, leave only the chance in which prefixes were drawn. Intervals: see `seqtrain.ratio`.
"""

# R rows, T positions, G groups

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen import Ceiling, Ceilings
from seqtrain.asked_rows import AskedRows
from seqtrain.ideal import Ideal
from seqtrain.metrics import Breakdown, Group, broken_down
from seqtrain.predictions import Predictions
from seqtrain.ratio import RatioSums
from seqtrain.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Hold the figures of some targets; accuracies and gaps are shares, 0 to 1, losses nats a target.

    What needs the posterior is None where it is not known, and so is what needs probabilities of a
    model that gives none. Errors are half the width of 95 % intervals.

    Attributes:
        targets: How many.
        accuracy: The model's.
        log_loss: The model's.
        possible_accuracy: The posterior's on the same targets.
        possible_log_loss: The posterior's on the same targets.
        gap: How much accuracy is missing there.
        gap_error: Its error.
        regret: How much more loss there is.
        regret_error: Its error.
        expected_accuracy: How likely the model's answers are to be right, by the posterior.
        expected_possible: How likely the posterior's are.
        expected_gap: How much more likely.
        expected_gap_error: Its error.
        expected_share: The one over the other: the share of the ceiling that is reached.
        expected_share_error: Its error.
        expected_regret: KL(posterior || model): the loss that the model has more, on average over what may follow.
        expected_regret_error: Its error.
        ceiling_accuracy: The posterior's over all rows there are, exact.
        ceiling_log_loss: The posterior's over all rows there are, exact.
    """

    targets: int
    accuracy: float
    log_loss: float | None
    possible_accuracy: float | None = None
    possible_log_loss: float | None = None
    gap: float | None = None
    gap_error: float | None = None
    regret: float | None = None
    regret_error: float | None = None
    expected_accuracy: float | None = None
    expected_possible: float | None = None
    expected_gap: float | None = None
    expected_gap_error: float | None = None
    expected_share: float | None = None
    expected_share_error: float | None = None
    expected_regret: float | None = None
    expected_regret_error: float | None = None
    ceiling_accuracy: float | None = None
    ceiling_log_loss: float | None = None

    @property
    def share_of_possible(self) -> float | None:
        """The model's accuracy over the posterior's on the same targets."""
        return self.accuracy / self.possible_accuracy if self.possible_accuracy else None


@dataclass(frozen=True, kw_only=True)
class Standings(Breakdown[Standing]):
    """Hold the standing of all targets and of their groups.

    Attributes:
        rows: How many rows were asked about.
        phase_of_family: The phase that each family belongs to.
    """

    rows: int
    phase_of_family: Mapping[str, str]


class StandingTally:
    """Add up a model's answers beside the posterior's.

    Args:
        groups: G.
        positions: T.
        model: The tally of the model's answers to the same rows.
        possible: That of the posterior's; empty where it is not known.
        ceilings: Exact figures of the universe; None where they are not known.
    """

    def __init__(
        self, groups: Sequence[Group], positions: int, *, model: Tally, possible: Tally, ceilings: Ceilings | None
    ) -> None:
        self._groups, self._positions = groups, positions
        self._model, self._possible, self._ceilings = model, possible, ceilings
        self._gap, self._regret, self._certainty, self._expected_gap, self._share, self._divergence = (
            RatioSums(len(groups), positions) for _ in range(6)
        )

    def add(self, rows: AskedRows, said: Predictions, ideal: Ideal) -> None:
        """Add the answers to R more rows."""
        scored_RT, targets_RT = rows.scored, rows.targets
        classes_RT, losses_RT = (each.reshape(targets_RT.shape) for each in (said.classes, said.log_losses))
        ones_RT = scored_RT.astype(float)

        def add(sums: RatioSums, values_RT: NDArray[np.float64], weights_RT: NDArray[np.float64]) -> None:
            sums.add(np.where(scored_RT, values_RT, 0.0), weights_RT, rows.runs)

        right_RT, possible_RT = (each == targets_RT for each in (classes_RT, ideal.classes))
        add(self._gap, possible_RT.astype(float) - right_RT, ones_RT)
        add(self._regret, losses_RT - ideal.log_losses, ones_RT)
        add(self._certainty, ideal.sureness, ones_RT)
        add(self._expected_gap, ideal.sureness - ideal.model_sureness, ones_RT)
        add(self._share, ideal.model_sureness, np.where(scored_RT, ideal.sureness, 0.0))
        add(self._divergence, ideal.divergence, ones_RT)

    def standings(self) -> Standings:
        """Return how the model stands.

        Raises:
            ValueError: No target was scored.
        """
        return Standings(
            rows=self._model.rows,
            phase_of_family={group.family: group.phase for group in reversed(self._groups) if group.family is not None},
            **vars(broken_down(self._groups, self._positions, self._standing)),
        )

    def _standing(self, chosen_G: NDArray[np.bool_], depth: int) -> Standing | None:
        model, possible = (tally.metrics(chosen_G, depth) for tally in (self._model, self._possible))
        if model is None:
            return None
        plain: dict[str, Any] = {
            "targets": model.targets,
            "accuracy": model.accuracy,
            "log_loss": _number(model.log_loss),
        }
        if possible is None:
            return Standing(**plain)
        gap, regret, share, divergence, missing, certainty = (
            sums.ratio(chosen_G, depth)
            for sums in (self._gap, self._regret, self._share, self._divergence, self._expected_gap, self._certainty)
        )
        ceiling = ceiling_of(self._ceilings, self._groups, chosen_G, depth)
        return Standing(
            **plain,
            possible_accuracy=possible.accuracy,
            possible_log_loss=possible.log_loss,
            gap=gap.value,
            gap_error=gap.error,
            regret=_number(regret.value),
            regret_error=_number(regret.error),
            expected_accuracy=certainty.value - missing.value,
            expected_possible=certainty.value,
            expected_gap=missing.value,
            expected_gap_error=missing.error,
            expected_share=share.value,
            expected_share_error=share.error,
            expected_regret=_number(divergence.value),
            expected_regret_error=_number(divergence.error),
            ceiling_accuracy=None if ceiling is None or ceiling.accuracy is None else float(ceiling.accuracy),
            ceiling_log_loss=None if ceiling is None else ceiling.loss,
        )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def ceiling_of(
    ceilings: Ceilings | None, groups: Sequence[Group], chosen_G: NDArray[np.bool_], depth: int
) -> Ceiling | None:
    """Return the exact ceiling of some groups at a depth (0: all positions); None of a part of a family's rows."""
    chosen = [group for group, among in zip(groups, chosen_G, strict=True) if among]
    sides = {group.held_out for group in chosen}
    if ceilings is None or len(sides) < 2:
        return None
    names = list(dict.fromkeys(group.family for group in chosen if group.family is not None))
    found = ceilings.of_families(names, depth or None)
    return found if found.weight else None
