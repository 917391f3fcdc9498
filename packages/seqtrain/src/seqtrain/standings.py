"""How a model stands beside what is possible: by phase, family and position, on the same rows.

On the same rows most of what chance does to the model's figures, it does to the posterior's too. So
their difference is known far better than either, and its error is that of a mean over rows: targets of
one row go wrong together, so each row counts as one observation (Cochran, Sampling Techniques, 1977,
section 2.11, for the error of a ratio).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seqgen import Ceiling, Ceilings
from seqtrain.answers import Answers

_TWO_SIDED_95 = 1.959964

_Key = TypeVar("_Key")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Hold the figures of some targets; accuracies and gaps are shares, 0 to 1, losses nats a target.

    What needs the posterior is None where it is not known, and so is what needs probabilities of a
    model that gives none.

    Attributes:
        targets: How many.
        accuracy: The model's; NaN where there are no targets.
        log_loss: The model's.
        possible_accuracy: The posterior's on the same targets.
        possible_log_loss: The posterior's on the same targets.
        gap: How much accuracy is missing there.
        gap_error: Half the width of its 95 % confidence interval.
        regret: How much more loss there is.
        regret_error: Half the width of its 95 % confidence interval.
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
    ceiling_accuracy: float | None = None
    ceiling_log_loss: float | None = None

    @property
    def share_of_possible(self) -> float | None:
        """The model's accuracy over the posterior's."""
        return self.accuracy / self.possible_accuracy if self.possible_accuracy else None


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Hold the standing of all targets and of their groups; a group without targets is left out.

    Attributes:
        rows: How many rows were asked about.
        overall: All targets.
        phases: By the phase's name.
        positions: By how many terms were seen.
        families: By the family's name, in the order of the phases.
        phase_of_family: The phase that each belongs to.
        cells: By family, then position.
    """

    rows: int
    overall: Standing
    phases: Mapping[str, Standing]
    positions: Mapping[int, Standing]
    families: Mapping[str, Standing]
    phase_of_family: Mapping[str, str]
    cells: Mapping[str, Mapping[int, Standing]]


def standings_of(answers: Answers, ceilings: Ceilings | None) -> Standings:
    """Return how a model stands on the rows it was asked about, beside their universe's exact ceilings."""
    phases = _families_of_phases(answers)
    family_N = answers.families[answers.row]
    depths = range(1, answers.inputs.shape[1] + 1)

    def standing(of: NDArray[np.bool_] | None, families: Sequence[str] | None, depth: int | None = None) -> Standing:
        chosen = np.ones(len(family_N), bool) if of is None else of
        if depth is not None:
            chosen = chosen & (answers.position == depth)
        return _standing(answers, chosen, _ceiling(ceilings, families, depth))

    def in_phase(place: int, families: Sequence[str]) -> NDArray[np.bool_]:
        several = len(answers.source.phases) > 1
        return answers.phase == place if several else np.isin(family_N, list(families))

    phase_of_family = {family: phase for phase, families in reversed(phases.items()) for family in families}
    of_family = {name: family_N == name for families in phases.values() for name in families}
    return Standings(
        rows=len(answers.inputs),
        overall=standing(None, None),
        phases=_asked(
            {phase: standing(in_phase(k, families), families) for k, (phase, families) in enumerate(phases.items())}
        ),
        positions=_asked({depth: standing(None, None, depth) for depth in depths}),
        families=_asked({name: standing(chosen, [name]) for name, chosen in of_family.items()}),
        phase_of_family=phase_of_family,
        cells={
            name: _asked({depth: standing(chosen, [name], depth) for depth in depths})
            for name, chosen in of_family.items()
            if chosen.any()
        },
    )


def _families_of_phases(answers: Answers) -> dict[str, list[str]]:
    """Return the families of each of the recipe's phases; a single universe is split by the phases it holds."""
    names, universes = answers.source.phases, answers.source.universes
    split = len(names) == 1 and len({family.phase for family in universes[0].families}) > 1
    found: dict[str, list[str]] = {}
    for phase, universe in zip(names, universes, strict=True):
        for family in universe.families:
            found.setdefault(f"phase {family.phase}" if split else phase, []).append(family.name)
    return found


def _asked(standings: dict[_Key, Standing]) -> dict[_Key, Standing]:
    return {key: standing for key, standing in standings.items() if standing.targets}


def _ceiling(ceilings: Ceilings | None, families: Sequence[str] | None, depth: int | None) -> Ceiling | None:
    if ceilings is None:
        return None
    if families is not None:
        return ceilings.of_families(families, depth)
    return ceilings.overall() if depth is None else ceilings.at(depth)


def _standing(answers: Answers, chosen: NDArray[np.bool_], ceiling: Ceiling | None) -> Standing:
    """Return the standing of the chosen ones of N targets, bool (N,)."""
    targets = int(chosen.sum())
    if not targets:
        return Standing(targets=0, accuracy=math.nan, log_loss=None)
    target, row, ideal = answers.target[chosen], answers.row[chosen], answers.ideal
    right, loss = answers.classes[chosen] == target, answers.log_losses[chosen]
    log_loss = None if np.isnan(loss).any() else float(loss.mean())
    exact = (
        {}
        if ceiling is None or ceiling.accuracy is None
        else {
            "ceiling_accuracy": float(ceiling.accuracy),
            "ceiling_log_loss": ceiling.loss,
        }
    )
    if ideal is None:
        return Standing(targets=targets, accuracy=float(right.mean()), log_loss=log_loss)
    possible, possible_loss = ideal.classes[chosen] == target, ideal.log_losses[chosen]
    gap, gap_error = _mean(possible.astype(float) - right, row)
    regret, regret_error = (None, None) if log_loss is None else _mean(loss - possible_loss, row)
    return Standing(
        targets=targets,
        accuracy=float(right.mean()),
        log_loss=log_loss,
        possible_accuracy=float(possible.mean()),
        possible_log_loss=float(possible_loss.mean()),
        gap=gap,
        gap_error=gap_error,
        regret=regret,
        regret_error=regret_error,
        **exact,
    )


def _mean(values: NDArray[np.float64], row: NDArray[np.int64]) -> tuple[float, float]:
    """Return the mean of N values, and half the width of its 95 % interval, rows being independent."""
    mean = float(values.mean())
    of_row = np.bincount(row - row.min(), values - mean)
    return mean, _TWO_SIDED_95 * math.sqrt(float((of_row**2).sum())) / len(values)
