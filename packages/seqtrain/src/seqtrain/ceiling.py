"""What is possible at all on a recipe's final mixture: the exact Bayes-optimal figures, by phase."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from seqgen import Ceiling, Ceilings, Posterior, Universe, universe
from seqtrain.recipe import Recipe

_log = logging.getLogger("seqtrain")

OVERALL = "all"
"""The key of the figures over all phases."""

_SHARE_STEPS = 1_000_000
"""A share is taken as the nearest fraction with no larger denominator: the universe's weights are integers."""


def ceilings_of(recipe: Recipe) -> Mapping[str, Ceiling] | None:
    """Return the ceilings of the final mixture, overall and of each phase in it.

    None, with the reason logged, where they are not known, or not those of the figures beside them: rows are the user's
    own, END is no class of the model, or the universes share a family, or hold one that is too large to be listed.
    """
    if recipe.data.train:
        _log.info("no ceiling is shown: the rules behind %s are not known", recipe.data.train)
        return None
    if not recipe.data.end:
        _log.info("no ceiling is shown: it counts END, and data.end is false")
        return None
    try:
        known = FinalPosterior.of(recipe)
        return known.by_phase(Ceilings.of(known.posterior))
    except ValueError as error:
        _log.info("no ceiling is shown: %s", error)
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class FinalPosterior:
    """Hold what is known of the next term by who knows the final mixture.

    Attributes:
        posterior: Of one universe that draws as the mixture does.
        families: The names of the families of each phase.
    """

    posterior: Posterior
    families: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, recipe: Recipe) -> "FinalPosterior":
        """List all rules of a recipe's final mixture.

        Raises:
            ValueError: Its universes share a family, or hold one that is too large to be listed.
        """
        mixed, families = _mixed_universe(recipe)
        _log.info("computing the exact ceiling from all %s rules", f"{len(mixed):,}")
        return cls(posterior=Posterior.of(mixed), families=families)

    def by_phase(self, ceilings: Ceilings) -> Mapping[str, Ceiling]:
        """Return the posterior's ceilings, overall and of each phase."""
        phases = {phase: ceilings.of_families(names) for phase, names in self.families.items()}
        return {OVERALL: ceilings.overall(), **phases}


def _mixed_universe(recipe: Recipe) -> tuple[Universe, dict[str, list[str]]]:
    """Return one universe that draws as the final mixture does, and the names of each phase's families."""
    final = recipe.curriculum.stages[-1].shares
    parts = {
        name: universe(
            name,
            length=recipe.model.context + 1,
            low=recipe.data.low,
            high=recipe.data.high,
            overflow=recipe.data.overflow,
        )
        for name in sorted(final)
        if final[name] > 0
    }
    shares = [
        Fraction(final[name] / sum(final.values())).limit_denominator(_SHARE_STEPS) * Fraction(share, sum(part.shares))
        for name, part in parts.items()
        for share in part.shares
    ]
    whole = lcm(*(share.denominator for share in shares))
    mixed = Universe(
        [family for part in parts.values() for family in part.families],
        shares=[int(share * whole) for share in shares],
        span=next(iter(parts.values())).span,
        name=" + ".join(parts),
    )
    return mixed, {name: [family.name for family in part.families] for name, part in parts.items()}
