"""The rows that predictors are asked about, a few thousand at a time, sorted by group."""

# S steps, R rows, T positions

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtrain.metrics import Group
from seqtrain.protocols import IGNORE, Batches, BatchSource, FamilySource, counted_rows
from seqtrain.ratio import GroupRuns

ROWS_AT_ONCE = 4096
"""With all that is computed about them some hundred megabytes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AskedRows:
    """Hold R rows.

    Attributes:
        batches: What predictors are given: one step of R rows.
        row: The number of each row in the source, int64 (R,).
        runs: Where each group begins.
    """

    batches: Batches
    row: NDArray[np.int64]
    runs: GroupRuns

    @property
    def inputs(self) -> NDArray[np.int64]:
        """Tokens, int64 (R, T)."""
        tokens: NDArray[np.int64] = self.batches.inputs[0]
        return tokens

    @property
    def targets(self) -> NDArray[np.int64]:
        """Classes or `IGNORE`, int64 (R, T)."""
        classes: NDArray[np.int64] = self.batches.targets[0]
        return classes

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which targets count, bool (R, T)."""
        counts: NDArray[np.bool_] = self.targets != IGNORE
        return counts


def groups_of(source: BatchSource) -> tuple[Group, ...]:
    """Return the groups that a source's rows fall into; the indices that `asked_rows` sorts by."""
    if isinstance(source, FamilySource):
        named: list[tuple[str, str | None]] = list(source.families)
    else:
        named = [(phase, None) for phase in source.phases]
    return tuple(Group(phase=phase, family=name, held_out=held) for phase, name in named for held in (False, True))


def asked_rows(source: BatchSource, rows: int) -> Iterator[AskedRows]:
    """Yield the first rows of a source, or all where it has fewer; its steps 0, 1, ... are read until then."""
    rows = counted_rows(source, rows)
    step = done = 0
    while done < rows:
        # The first step says how many rows a step has.
        steps = 1 if not step else max(1, min(ROWS_AT_ONCE, rows - done) // (done // step))
        found = _one_step(source.batches(step, steps), rows - done)
        yield _sorted(found, done)
        done += found.inputs.shape[1]
        step += steps


def _one_step(batches: Batches, most: int) -> Batches:
    """Return the first rows of all steps as those of one."""

    def flat(values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(1, -1, *values.shape[2:])[:, :most]

    return Batches(
        inputs=flat(batches.inputs),
        targets=flat(batches.targets),
        phases=flat(batches.phases),
        families=None if batches.families is None else flat(batches.families),
        held_out=None if batches.held_out is None else flat(batches.held_out),
    )


def _sorted(batches: Batches, done: int) -> AskedRows:
    named = batches.phases if batches.families is None else batches.families
    group_R = 2 * named[0] + (0 if batches.held_out is None else batches.held_out[0])
    order = np.argsort(group_R, kind="stable")
    return AskedRows(
        batches=Batches(
            inputs=batches.inputs[:, order],
            targets=batches.targets[:, order],
            phases=batches.phases[:, order],
            families=None if batches.families is None else batches.families[:, order],
            held_out=None if batches.held_out is None else batches.held_out[:, order],
        ),
        row=done + order,
        runs=GroupRuns.of(group_R[order]),
    )
