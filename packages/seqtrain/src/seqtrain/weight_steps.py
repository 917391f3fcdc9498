"""From gradients to the next weights: clip, find the learning rate, step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from seqtrain.clipping import clip_gradients
from seqtrain.holding import holding
from seqtrain.optimiser import make_optimisers, moments, restore_moments, set_learning_rate
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
        self._weights = list(model.parameters())  # the model takes a while to find them
        self._optimisers = make_optimisers(recipe.optimiser, model)

    def take(self, step: int) -> tuple[float, Tensor]:
        """Take the step that follows `step` finished ones; gradients are gone then.

        Returns:
            The learning rate, and the gradient's norm before clipping.
        """
        recipe = self._recipe
        gradient_norm = clip_gradients(recipe.optimiser, self._weights)
        peak = recipe.optimiser.learning_rate
        rate = learning_rate(step, schedule=recipe.schedule, peak=peak, steps=recipe.budget.total_steps)
        set_learning_rate(self._optimisers, rate / peak)
        for optimiser in self._optimisers:
            optimiser.step()
        for weight in self._weights:  # here, so that no gradient takes memory while the next step saves activations
            weight.grad = None
        return rate, gradient_norm

    @contextmanager
    def holding(self, grown: Mapping[str, Any]) -> Iterator[None]:
        """Keep what the recipe holds of a smaller model as it is in the block; see `seqtrain.holding`."""
        with holding(self._recipe.run.hold, grown, self._model, self._optimisers):
            yield

    def moments(self) -> dict[str, Tensor]:
        """Return what the optimisers remember, as `PARAMETER/MOMENT` to tensor."""
        return moments(self._optimisers, self._model)

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Remember what `moments` returned."""
        restore_moments(self._optimisers, self._model, saved)
