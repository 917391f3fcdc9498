"""How far each thing can grow within a budget of memory, by the estimate alone."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqtrain.growth_axes import AxisName, Size, grown
from seqtrain.growth_figures import Estimate, Universes, estimate_of
from seqtrain.recipe import Recipe
from seqtrain.run_memory import run_memory
from seqtrain.universe_memory import UniverseMemory

_MOST_DOUBLINGS = 30
_MOST_RULES = 10**12


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Say how far something can grow.

    Attributes:
        fits: The largest doubling that is within the budget, counted as its axis is, of a universe the number of
            rules; None where not even the recipe itself is.
        takes: What that takes, in bytes.
        over: The first doubling that is not; None where there is none: no larger recipe exists.
        over_takes: What that would take.
    """

    fits: int | None = None
    takes: int | None = None
    over: int | None = None
    over_takes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Hold what a budget says of one axis.

    Attributes:
        axis: Which it is.
        largest: What the largest size that was looked at takes.
        budget: In bytes.
        whole: How far the whole run can grow in one memory.
        card: How far the model's part alone can grow; None of a universe, with which it does not.
    """

    axis: AxisName
    largest: Estimate
    budget: int
    whole: Reach
    card: Reach | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self) | {
            "largest_fits": self.largest.whole <= self.budget,
            "largest_fits_card": self.largest.card <= self.budget,
        }


def verdict_of(recipe: Recipe, axis: AxisName, largest: Size, budget: int, universes: Universes) -> Verdict:
    """Return what a budget in bytes says of a recipe that grows along an axis.

    Args:
        recipe: What grows.
        axis: In what.
        largest: The largest size that was looked at.
        budget: Bytes.
        universes: What rules take.
    """
    found = estimate_of(largest, universes)
    if axis == "universe":
        whole, card = _rules(largest.recipe, universes(largest.recipe), budget), None
    else:
        whole = _doubled(recipe, axis, universes, budget, lambda estimate: estimate.whole)
        card = _doubled(recipe, axis, lambda _: UniverseMemory(), budget, lambda estimate: estimate.card)
    return Verdict(axis=axis, largest=found, budget=budget, whole=whole, card=card)


def _doubled(
    recipe: Recipe, axis: AxisName, universes: Universes, budget: int, taken: Callable[[Estimate], int]
) -> Reach:
    reach = Reach()
    for times in range(_MOST_DOUBLINGS):
        try:
            size = Size(axis=axis, doublings=times, recipe=grown(recipe, axis, times))
            estimate = estimate_of(size, universes)
        except ValueError:  # larger than any recipe, or than any model
            break
        if taken(estimate) > budget:
            return replace(reach, over=estimate.count, over_takes=taken(estimate))
        reach = Reach(fits=estimate.count, takes=taken(estimate))
    return reach


def _rules(recipe: Recipe, known: UniverseMemory, budget: int) -> Reach:
    """Return how many rules fit: what they take is proportional to their number."""

    def total(rules: int) -> int:
        scaled = {
            part: getattr(known, part) * rules // known.rules
            for part in ("rows", "posterior", "ceiling")
            if known.rules
        }
        return run_memory(recipe, UniverseMemory(rules=rules, **scaled)).total

    fits = bisect_right(range(1, _MOST_RULES), budget, key=total)
    return Reach(fits=fits, takes=total(fits), over=fits + 1, over_takes=total(fits + 1)) if fits else Reach()
