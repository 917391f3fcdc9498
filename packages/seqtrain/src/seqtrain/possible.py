"""What is possible at all on a recipe's final mixture: the exact posterior, and its figures over all rows."""

import logging
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

from seqgen import Ceilings, Posterior, Universe, universe
from seqtrain.recipe import Recipe

_log = logging.getLogger("seqtrain")

_SHARE_STEPS = 1_000_000
"""A share is taken as the nearest fraction with no larger denominator: the universe's weights are integers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Possible:
    """Hold what is known of the next term by who knows the final mixture.

    Attributes:
        posterior: Of one universe that draws as the mixture does; None where it is not known.
        counts_end: Whether END is a class like any other, as in the figures over all rows.
        lacking: Why something is not known, in words; empty where nothing is.
    """

    posterior: Posterior | None
    counts_end: bool
    lacking: str

    @classmethod
    def of(cls, recipe: Recipe) -> "Possible":
        """List all rules of a recipe's final mixture, if they can be listed and `validation.ceiling` asks for it."""
        end = recipe.data.end
        if recipe.questions.digits:
            return cls(posterior=None, counts_end=False, lacking="every answer to a question is certain")
        if recipe.data.train:
            return cls(posterior=None, counts_end=end, lacking=f"the rules behind {recipe.data.train} are not known")
        if not recipe.validation.ceiling:
            return cls(posterior=None, counts_end=end, lacking="the recipe's validation.ceiling is false")
        try:
            posterior = final_posterior(recipe, "to know what is possible")
        except ValueError as error:
            _log.info("what is possible is not shown: %s", error)
            return cls(posterior=None, counts_end=end, lacking=str(error))
        lacking = "" if end else "exact ceilings count END, and data.end is false; on the rows the posterior is told so"
        return cls(posterior=posterior, counts_end=end, lacking=lacking)

    @cached_property
    def ceilings(self) -> Ceilings | None:
        """The posterior's figures over all rows there are; None where they are not those of the model's classes."""
        if self.posterior is None or not self.counts_end:
            return None
        _log.info("adding up the exact ceilings")
        return Ceilings.of(self.posterior)


def final_posterior(recipe: Recipe, purpose: str) -> Posterior:
    """List all rules of a recipe's final mixture, and say for what: it is done anew for each use.

    Raises:
        ValueError: Its universes share a family, or hold one that is too large to be listed.
    """
    mixed = mixed_universe(recipe)
    _log.info("listing all %s rules, %s", f"{len(mixed):,}", purpose)
    return Posterior.of(mixed)


def mixed_universe(recipe: Recipe) -> Universe:
    """Return one universe that draws as the final mixture does.

    Raises:
        ValueError: Two universes of the mixture hold a family of the same name.
    """
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
    return Universe(
        [family for part in parts.values() for family in part.families],
        shares=[int(share * whole) for share in shares],
        span=next(iter(parts.values())).span,
        name=" + ".join(parts),
    )
