"""What is possible at all: the Bayes-optimal accuracy, distance and loss at every position, exactly.

A row is scored at positions 1 to ``length - 1`` (k: k terms seen), as far as its terms go and once more for its END.
The predictor knows the universe and the terms so far, not the phase. Accuracy is that of the posterior's mode (of
several the smallest term, END last), distance that of its median among the terms (targets that are END have none),
loss the posterior's log-loss in nats. Sources: Bernardo and Smith, Bayesian Theory, 1994, ch. 5, for which point
estimate minimises which loss.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.arguments import integer
from seqgen.posterior import Posterior
from seqgen.universe import Universe


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Bayes-optimal figures over some scored targets.

    Args:
        weight: integer weight of the targets.
        accuracy: share of them that the posterior's mode gets right; None where there are no targets.
        distance: mean distance of its median from those that are terms; None where none is.
        loss: its mean log-loss in nats; NaN where there are no targets.
    """

    weight: int
    accuracy: Fraction | None
    distance: Fraction | None
    loss: float


@dataclass(frozen=True, kw_only=True)
class Ceilings:
    """Bayes-optimal figures by family and position, from which all others are sums.

    All arrays are (families, positions); the column of position k is k - 1. Each counts rules, which within a family
    weigh the same.

    Args:
        universe: the universe.
        targets: scored targets.
        terms: those among them that are terms, not END.
        hits: targets that are the posterior's mode.
        distances: sums of distances from the posterior's median, Python integers.
        losses: sums of log-losses in nats.

    >>> from seqgen import phase
    >>> ceilings = Ceilings.of(Posterior.of(phase(1)))
    >>> round(float(ceilings.overall().accuracy), 3), round(float(ceilings.at(4).accuracy), 3)
    (0.848, 0.999)
    """

    universe: Universe
    targets: NDArray[np.int64]
    terms: NDArray[np.int64]
    hits: NDArray[np.int64]
    distances: NDArray[Any]
    losses: NDArray[np.float64]

    @classmethod
    def of(cls, posterior: Posterior) -> "Ceilings":
        """Return the ceilings of a posterior's universe."""
        positions = range(1, posterior.universe.length)
        if not positions:
            raise ValueError("length=1: rows of one term have no next term to score")
        columns = [_at_position(posterior, k) for k in positions]
        targets, terms, hits, distances, losses = (np.stack(parts, axis=1) for parts in zip(*columns, strict=True))
        return cls(
            universe=posterior.universe,
            targets=targets,
            terms=terms,
            hits=hits,
            distances=distances,
            losses=losses,
        )

    def overall(self) -> Ceiling:
        """Return the ceiling over all scored targets."""
        return self._over(range(len(self.universe.families)), self._positions)

    def at(self, position: int) -> Ceiling:
        """Return the ceiling at a position, from 1 to ``length - 1``."""
        return self._over(range(len(self.universe.families)), self._at(position))

    def of_phase(self, phase: int, position: int | None = None) -> Ceiling:
        """Return the ceiling over the rows of a phase, at one position or at all."""
        phase = integer("phase", phase)
        members = [i for i, family in enumerate(self.universe.families) if family.phase == phase]
        if not members:
            raise ValueError(f"phase={phase!r}: no family of {self.universe.name} belongs to it")
        return self._over(members, self._at(position))

    def of_family(self, name: str, position: int | None = None) -> Ceiling:
        """Return the ceiling over the rows of a family, at one position or at all."""
        return self.of_families([name], position)

    def of_families(self, names: Sequence[str], position: int | None = None) -> Ceiling:
        """Return the ceiling over the rows of some families, at one position or at all."""
        members = [self.universe.families.index(self.universe.family(name)) for name in names]
        return self._over(members, self._at(position))

    def _at(self, position: int | None) -> Sequence[int]:
        return self._positions if position is None else [integer("position", position, 1, len(self._positions))]

    @property
    def _positions(self) -> range:
        return range(1, self.targets.shape[1] + 1)

    def _over(self, families: Sequence[int], positions: Sequence[int]) -> Ceiling:
        columns = [k - 1 for k in positions]

        def weighed(counts: NDArray[Any]) -> int:
            return sum(self.universe.units[f] * int(counts[f, columns].sum()) for f in families)

        weight, terms = weighed(self.targets), weighed(self.terms)
        loss = sum(self.universe.units[f] * float(self.losses[f, columns].sum()) for f in families)
        return Ceiling(
            weight=weight,
            accuracy=Fraction(weighed(self.hits), weight) if weight else None,
            distance=Fraction(weighed(self.distances), terms) if terms else None,
            loss=loss / weight if weight else math.nan,
        )


def _at_position(posterior: Posterior, k: int) -> tuple[NDArray[Any], ...]:
    """Return (families,) targets, terms, hits, distances and losses at position k."""
    weights, packing = posterior.cumulative, posterior.packing
    seen = packing.symbols(posterior.keys, k - 1) != packing.end
    target = packing.symbols(posterior.keys, k)

    # Rows that share k + 1 symbols are a branch; branches that share k symbols are a node.
    branches = posterior.starts(k + 1).astype(np.int64)
    nodes = posterior.starts(k).astype(np.int64)
    branch_weight = np.diff(weights[np.append(branches, len(posterior))])
    first_branch = np.searchsorted(branches, nodes)
    node_of_branch = np.repeat(np.arange(len(nodes)), np.diff(np.append(first_branch, len(branches))))
    node_weight = np.add.reduceat(branch_weight, first_branch)

    heaviest = np.maximum.reduceat(branch_weight, first_branch)
    is_heaviest = np.flatnonzero(branch_weight == heaviest[node_of_branch])
    mode = is_heaviest[np.searchsorted(node_of_branch[is_heaviest], np.arange(len(nodes)))]
    is_mode = np.zeros(len(branches), bool)
    is_mode[mode] = True

    # END is a node's last branch, so the weight of its terms ends where END begins.
    ends = target[branches] == packing.end
    term_weight = node_weight - np.add.reduceat(np.where(ends, branch_weight, 0), first_branch)
    halfway = weights[nodes] + (term_weight + 1) // 2
    median = target[np.searchsorted(weights, halfway, side="left") - 1]

    branch_of_row = np.repeat(np.arange(len(branches)), np.diff(np.append(branches, len(posterior))))
    loss = np.log(node_weight[node_of_branch]) - np.log(branch_weight)
    is_term = seen & (target != packing.end)
    distance = np.abs(target - median[node_of_branch][branch_of_row])

    count = len(posterior.universe.families)

    def by_family(chosen: NDArray[np.bool_], values: NDArray[Any] | None = None) -> NDArray[Any]:
        weights_of = None if values is None else values[chosen]
        return np.bincount(posterior.families[chosen], weights_of, minlength=count)

    def exactly_by_family(chosen: NDArray[np.bool_], values: NDArray[np.int64]) -> NDArray[Any]:
        # bincount adds up in float64, which is exact for 27 bits of each of 40 million rows.
        thirds = [(values >> shift) & (2**27 - 1) for shift in (0, 27, 54)]
        sums = [by_family(chosen, third).astype(np.int64).astype(object) << 27 * i for i, third in enumerate(thirds)]
        return np.asarray(sum(sums), dtype=object)

    return (
        by_family(seen),
        by_family(is_term),
        by_family(seen & is_mode[branch_of_row]),
        exactly_by_family(is_term, distance),
        by_family(seen, loss[branch_of_row]),
    )
