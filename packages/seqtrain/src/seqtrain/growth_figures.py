"""What stands beside each other in `seqtrain growth`: a size, what it is said to take, and what was measured."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqtrain.growth_axes import AxisName, Size
from seqtrain.growth_point import Measured
from seqtrain.growth_slope import Slope, slope
from seqtrain.mixture import vocabulary_of
from seqtrain.model_flops import step_flops
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_to_dict
from seqtrain.run_memory import run_memory
from seqtrain.universe_memory import UniverseMemory, universe_memory

Universes = Callable[[Recipe], UniverseMemory]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Hold what `seqtrain estimate` says of a size, in bytes and seconds, and what it counts.

    Attributes:
        count: How large it is along its axis.
        weights: Of the model.
        rules: Of the universes; 0 where none are listed.
        flops: Of the matrix products of a step.
        seconds: A step where the bandwidth of the document's card is all that limits.
        training: The whole process while it trains.
        card: The model's part of that: what a GPU holds at least, without rows and labels that are made there.
        whole: The run at its fullest, the exact figures included where the recipe wants them.
        fullest: When that is.
    """

    count: int
    weights: int
    rules: int
    flops: float
    seconds: float
    training: int
    card: int
    whole: int
    fullest: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """Hold a size and what is known of it.

    Attributes:
        size: What it is.
        estimate: What it should take.
        measured: What it took; None where it was not tried, or failed.
        why: Why it was not measured; empty where it was.
    """

    size: Size
    estimate: Estimate
    measured: Measured | None = None
    why: str = ""

    def value(self, name: str) -> float | None:
        """Return a field of what was measured, or with "estimated " before it one of the estimate; None if unknown."""
        of, _, field = name.rpartition(" ")
        held = self.estimate if of else self.measured
        value: float | None = None if held is None else getattr(held, field)
        return value

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "axis": self.size.axis,
            "doublings": self.size.doublings,
            "estimate": asdict(self.estimate),
            "measured": None if self.measured is None else asdict(self.measured),
            "why": self.why,
        }


def remembering() -> Universes:
    """Return `universe_memory`, which lists a universe once for all recipes that have it."""
    known: dict[str, UniverseMemory] = {}

    def look_up(recipe: Recipe) -> UniverseMemory:
        table = recipe_to_dict(recipe)
        key = json.dumps([table["curriculum"], table["data"] | {"batch": 1}, recipe.model.context], sort_keys=True)
        if key not in known:
            known[key] = universe_memory(recipe)
        return known[key]

    return look_up


def estimate_of(size: Size, universes: Universes) -> Estimate:
    """Return what a size should take."""
    recipe, found = size.recipe, universes(size.recipe)
    memory = run_memory(recipe, found)
    counts: dict[AxisName, int] = {
        "parameters": memory.step.parameters,
        "context": recipe.model.context,
        "batch": recipe.data.batch,
        "universe": found.rules,
    }
    return Estimate(
        count=counts[size.axis],
        weights=memory.step.parameters,
        rules=found.rules,
        flops=step_flops(recipe.model, vocabulary_of(recipe), recipe.data.batch),
        seconds=memory.step.step_seconds(),
        training=memory.moments["a training step"],
        card=memory.device,
        whole=memory.total,
        fullest=memory.fullest,
    )


def tried(size: Size) -> Recipe:
    """Return what is measured of a size: the exact figures only where it is the rules that grow."""
    recipe = replace(size.recipe, run=replace(size.recipe.run, device="cpu"))
    if size.axis == "universe":
        return recipe
    return replace(recipe, validation=replace(recipe.validation, ceiling=False))


def digest(recipe: Recipe, steps: int, machine: Mapping[str, Any]) -> str:
    """Return by what a measurement is known again: all that it depends on but the load."""
    lasting = {name: value for name, value in machine.items() if name != "load"}
    text = json.dumps([recipe_to_dict(recipe), steps, lasting], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


QUANTITIES = {
    "processor": "a training step",
    "clock": "the same by the clock",
    "rows": "drawing its rows",
    "listing": "listing all rules",
    "figures": "the exact figures",
    "training": "memory while it trains",
    "estimated training": "the same by the estimate",
    "whole": "memory with the exact figures",
    "estimated whole": "memory of the run at its fullest, by the estimate",
}
"""What grows, in seconds or bytes: names that `Point.value` knows, and what they are called."""


def slopes(points: Sequence[Point]) -> dict[str, Slope]:
    """Return how each quantity grows along one axis, over the points that were measured."""
    known = [point for point in points if point.measured is not None]
    found = {}
    for name in QUANTITIES:
        numbers = [value for point in known if (value := point.value(name)) is not None]
        if len(numbers) == len(known):
            fitted = slope([point.estimate.count for point in known], numbers)
            if fitted is not None:
                found[name] = fitted
    return found
