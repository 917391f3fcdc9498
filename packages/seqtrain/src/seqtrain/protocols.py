"""The seams of the package: what a source of batches and an observer of a run must offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seqtrain.metrics import Evaluation

IGNORE = -100
"""A target that is not scored."""


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Hold the rows of one or more consecutive training steps.

    Attributes:
        inputs: Tokens, int64 (steps, rows, context). What stands under an ignored target is
            never scored, and causal attention keeps it from the positions before it.
        targets: Classes, int64 (steps, rows, context); position k is what follows inputs[..., :k+1],
            or `IGNORE`.
        phases: Index into the source's `phases` for each row, int64 (steps, rows).
        families: Index into the `families` of a `FamilySource` for each row, int64 (steps, rows);
            None of any other source.
        held_out: Whether training never sees a row, bool (steps, rows); None where none is held out.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    phases: NDArray[np.int64]
    families: NDArray[np.int64] | None = None
    held_out: NDArray[np.bool_] | None = None


class BatchSource(Protocol):
    """Give any training step's rows, on request and in any order.

    A step's rows must be a pure function of its number: that is what makes a resumed run equal
    to one that was never interrupted.
    """

    @property
    def phases(self) -> tuple[str, ...]:
        """Name the groups that rows belong to and metrics are split by; one is enough."""
        ...

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of the steps first, ..., first + count - 1."""
        ...


@runtime_checkable
class FiniteSource(BatchSource, Protocol):
    """A source whose rows come again once they are through. Figures count none of them twice."""

    @property
    def distinct_rows(self) -> int:
        """How many rows there are: the first ones."""
        ...

    @property
    def fingerprint(self) -> str:
        """What the rows are a function of, as text: a run does not go on with others than it began with."""
        ...


def counted_rows(source: BatchSource, rows: int) -> int:
    """Return how many rows figures are of where `rows` were asked for."""
    return min(rows, source.distinct_rows) if isinstance(source, FiniteSource) else rows


def fingerprints(**sources: BatchSource) -> dict[str, str]:
    """Return the fingerprint of each source that has one, by the name given to it."""
    return {name: source.fingerprint for name, source in sources.items() if isinstance(source, FiniteSource)}


@runtime_checkable
class FamilySource(BatchSource, Protocol):
    """A source that also says which family of rules each row is of; figures are then split by it."""

    @property
    def families(self) -> tuple[tuple[str, str], ...]:
        """Name the phase and the family of each index in `Batches.families`."""
        ...


class Callback(Protocol):
    """Observe a run. Progress bar and TensorBoard are callbacks; so is your own."""

    def started(self, step: int) -> None:
        """Take the step from which the run goes on: 0, or where it was left."""
        ...

    def logged(self, step: int, scalars: Mapping[str, float]) -> None:
        """Take the training scalars, every `run.log_every` steps."""
        ...

    def validated(self, step: int, evaluation: "Evaluation") -> None:
        """Take the figures of a validation."""
        ...

    def close(self) -> None:
        """Finish: the run has ended, well or not."""
        ...
