"""From gradients to the next weights: clip, find the learning rate, step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from seqtrain.clipping import clip_gradient
from seqtrain.flat_weights import FlatWeights
from seqtrain.holding import holding
from seqtrain.optimiser import make_optimisers, set_learning_rate
from seqtrain.recipe import Recipe
from seqtrain.schedule import learning_rate


class WeightSteps:
    """Move a model's weights along their gradients, as a recipe says.

    Args:
        recipe: Its optimiser, schedule and budget.
        model: Whose weights they are.
    """

    def __init__(self, recipe: Recipe, model: nn.Module) -> None:
        self._recipe, self._model = recipe, model
        self._optimisers = make_optimisers(recipe.optimiser, model)
        self._flat = FlatWeights(self._optimisers)

    def set_rate(self, step: int) -> float:
        """Set the learning rate of the step that follows `step` finished ones, and return it."""
        recipe, peak = self._recipe, self._recipe.optimiser.learning_rate
        rate = learning_rate(step, schedule=recipe.schedule, peak=peak, steps=recipe.budget.total_steps)
        set_learning_rate(self._optimisers, rate / peak)
        return rate

    def take(self) -> Tensor:
        """Take a step; gradients are gone then. Return their norm before clipping."""
        gradient_norm = clip_gradient(self._recipe.optimiser, self._flat.gather())
        for optimiser in self._optimisers:
            optimiser.step()
        self._flat.let_go()  # here, so that no gradient takes memory while the next step saves activations
        return gradient_norm

    @contextmanager
    def holding(self, grown: Mapping[str, Any]) -> Iterator[None]:
        """Keep what the recipe holds of a smaller model as it is in the block; see `seqtrain.holding`."""
        with holding(self._recipe.run.hold, grown, self._model, self._flat):
            yield

    def moments(self) -> dict[str, Tensor]:
        """Return what the optimisers remember, as `PARAMETER/MOMENT` to tensor."""
        return self._flat.moments(self._model)

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Remember what `moments` returned."""
        self._flat.restore(self._model, saved)
