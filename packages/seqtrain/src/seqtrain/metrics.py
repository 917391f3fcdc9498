"""The figures of a predictor, of all targets and of every group of them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

OVERALL = "all"
"""What figures of all rows are called."""

HELD_OUT, OTHERS = "held out", "others"
FIRST_OF_SEQUENCE = 4
"""From this position on, a sequence is right if all its targets are."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Hold the figures of one group of targets. Intervals are those of 95 %, rows being independent.

    Attributes:
        targets: How many were scored.
        accuracy: Share predicted right, 0 to 1.
        distance: Mean distance of the integer targets; NaN where there are none.
        log_loss: In nats a target; NaN for a predictor that gives no probabilities.
        training_loss: What training minimises, its targets and weights included; NaN for a
            predictor that is not asked for it.
        accuracy_interval: Wilson's; see `seqtrain.ratio`.
        distance_error: Half the width of the distance's interval.
        log_loss_error: Half the width of the log-loss's.
        teacher_forced: Share of the rows with all targets from position 4 on right; NaN of a group that
            is not made of whole rows.
        free_running: Share of the rows whose terms after the first 4 are all right when the predictor
            continues them from its own answers; END is no term. NaN likewise.
        teacher_forced_interval: Wilson's.
        free_running_interval: Wilson's.
    """

    targets: int
    accuracy: float
    distance: float
    log_loss: float
    training_loss: float = math.nan
    accuracy_interval: tuple[float, float] = (math.nan, math.nan)
    distance_error: float = math.nan
    log_loss_error: float = math.nan
    teacher_forced: float = math.nan
    free_running: float = math.nan
    teacher_forced_interval: tuple[float, float] = (math.nan, math.nan)
    free_running_interval: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class Breakdown(Generic[_T]):
    """Hold something of all targets and of each group of them; a group without targets is left out.

    Attributes:
        overall: Of all.
        phases: By phase.
        positions: By how many terms were seen, 1 to the context.
        families: By family of rules; empty where the source does not know them.
        cells: By family, then position.
        held_out: Of the rows that training never sees ("held out") and of the others; empty where none are.
    """

    overall: _T
    phases: Mapping[str, _T]
    positions: Mapping[int, _T] = field(default_factory=dict)
    families: Mapping[str, _T] = field(default_factory=dict)
    cells: Mapping[str, Mapping[int, _T]] = field(default_factory=dict)
    held_out: Mapping[str, _T] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evaluation(Breakdown[Metrics]):
    """Hold the figures of a predictor on some rows.

    Attributes:
        rows: How many.
        possible: Those of the exact posterior on the same rows; None where it is not known.
    """

    rows: int
    possible: "Evaluation | None" = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Say what rows have in common: the smallest groups that figures are kept by."""

    phase: str
    family: str | None
    held_out: bool


def broken_down(
    groups: Sequence[Group], positions: int, figures: Callable[[NDArray[np.bool_], int], _T | None]
) -> Breakdown[_T]:
    """Ask for the figures of all targets and of each group of them.

    Args:
        groups: G of them.
        positions: T; there are targets after 1 to T terms.
        figures: What the chosen groups, bool (G,), have at a depth (0: whole rows, k: position k), or None.

    Raises:
        ValueError: There are no targets at all.
    """
    depths = range(1, positions + 1)

    def chosen(name: Callable[[Group], object], value: object) -> NDArray[np.bool_]:
        return np.array([name(group) == value for group in groups])

    def split(name: Callable[[Group], str | None], values: Iterable[str]) -> dict[str, _T]:
        return _found({value: figures(chosen(name, value), 0) for value in values})

    overall = figures(np.ones(len(groups), bool), 0)
    if overall is None:
        raise ValueError("the rows hold no target that could be scored")
    families = list(dict.fromkeys(group.family for group in groups if group.family is not None))
    of_families = split(lambda group: group.family, families)
    sides = split(lambda group: HELD_OUT if group.held_out else OTHERS, [HELD_OUT, OTHERS])
    return Breakdown(
        overall=overall,
        phases=split(lambda group: group.phase, dict.fromkeys(group.phase for group in groups)),
        positions=_found({depth: figures(np.ones(len(groups), bool), depth) for depth in depths}),
        families=of_families,
        cells={
            name: _found({depth: figures(chosen(lambda group: group.family, name), depth) for depth in depths})
            for name in of_families
        },
        held_out=sides if HELD_OUT in sides else {},
    )


_Key = TypeVar("_Key")


def _found(figures: Mapping[_Key, _T | None]) -> dict[_Key, _T]:
    return {key: each for key, each in figures.items() if each is not None}
