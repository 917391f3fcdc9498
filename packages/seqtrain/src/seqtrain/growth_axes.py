"""What grows in `seqtrain growth`: one thing at a time around a recipe, each size twice the one before."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from seqtrain._checks import fail
from seqtrain.curriculum import final_mixture
from seqtrain.growth_universes import MOST_DOUBLINGS, universe_name
from seqtrain.recipe import CurriculumRecipe, Recipe, StageRecipe

AxisName = Literal["parameters", "context", "batch", "universe"]

AXES: tuple[AxisName, ...] = get_args(AxisName)

UNITS: dict[AxisName, str] = {
    "parameters": "weights of the model",
    "context": "terms of the context",
    "batch": "rows of a batch",
    "universe": "rules of the universe",
}
"""What each is counted in."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """One recipe of a series.

    Attributes:
        axis: What grows in it.
        doublings: How often it has doubled.
        recipe: The whole recipe.
    """

    axis: AxisName
    doublings: int
    recipe: Recipe

    @property
    def name(self) -> str:
        """Of the size among all.

        >>> Size(axis="batch", doublings=2, recipe=Recipe()).name
        'batch-2'
        """
        return f"{self.axis}-{self.doublings}"


def lacking(recipe: Recipe) -> dict[AxisName, str]:
    """Return what cannot grow in a recipe, and why.

    >>> lacking(Recipe())
    {}
    """
    if recipe.questions.digits:
        said = "questions of arithmetic are as long as their digits say"
        return {"context": said, "universe": "questions of arithmetic have no rules that are listed"}
    return {"universe": f"the rules behind {recipe.data.train} are not known"} if recipe.data.train else {}


def settled(recipe: Recipe) -> Recipe:
    """Return the recipe as it is once its curriculum and its short steps have begun, from the first step on."""
    if recipe.data.train or recipe.questions.digits:
        return recipe
    return replace(recipe, curriculum=final_mixture(recipe.curriculum), data=replace(recipe.data, short_from=0))


def grown(recipe: Recipe, axis: AxisName, doublings: int) -> Recipe:
    """Return a recipe with one thing doubled so often.

    The weights double by a width that is the square root of 2 as large, to the nearest that its heads divide evenly
    into sizes of a multiple of 4; so that they do not double exactly.

    Raises:
        ValueError: There is no such recipe: the batch or the universe would be larger than any.

    >>> grown(Recipe(), "parameters", 2).model.d_model, grown(Recipe(), "context", 3).model.context
    (256, 64)
    """
    return settled(_GROWERS[axis](recipe, doublings))


def series(recipe: Recipe, axis: AxisName, doublings: int) -> Iterator[Size]:
    """Yield the recipe itself and each doubling of one thing in it."""
    for times in range(doublings + 1):
        yield Size(axis=axis, doublings=times, recipe=grown(recipe, axis, times))


def _parameters(recipe: Recipe, doublings: int) -> Recipe:
    if not doublings:
        return recipe
    model = recipe.model
    multiple = 4 * model.heads
    scale = math.sqrt(2.0) ** doublings
    width = max(1, round(model.d_model * scale / multiple)) * multiple
    own = {name: round(size * scale) for name in ("d_head", "d_ff") if (size := getattr(model, name)) is not None}
    return replace(recipe, model=replace(model, d_model=width, **own))


def _context(recipe: Recipe, doublings: int) -> Recipe:
    return replace(recipe, model=replace(recipe.model, context=recipe.model.context << doublings))


def _batch(recipe: Recipe, doublings: int) -> Recipe:
    return replace(recipe, data=replace(recipe.data, batch=recipe.data.batch << doublings))


def _universe(recipe: Recipe, doublings: int) -> Recipe:
    if doublings > MOST_DOUBLINGS:
        fail("--doublings", doublings, f"at most {MOST_DOUBLINGS} of a universe: seqgen lists no more rules")
    stage = StageRecipe(shares={universe_name(doublings): 1.0})
    # Every second step reads the beginnings of rows of the final mixture, which this is.
    return replace(recipe, curriculum=CurriculumRecipe(stages=(stage,)))


_GROWERS: dict[AxisName, Callable[[Recipe, int], Recipe]] = {
    "parameters": _parameters,
    "context": _context,
    "batch": _batch,
    "universe": _universe,
}
