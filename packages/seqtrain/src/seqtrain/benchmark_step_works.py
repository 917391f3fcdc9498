"""What the benchmark of a training step lets every loop do."""

# S steps, B rows, T positions

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqmodel import Transformer
from seqtrain.curriculum import Curriculum
from seqtrain.drawing import STEPS_PER_DRAW
from seqtrain.losses import make_loss
from seqtrain.mixture import Mixture, vocabulary_of
from seqtrain.model_flops import step_flops
from seqtrain.protocols import Batches
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_from_dict

Weights = Mapping[str, Tensor]
"""By the names that they have in a `Transformer`."""


class Recorded:
    """A `BatchSource` that has its rows in memory, over and over: what is timed is the loop alone."""

    def __init__(self, batches: Batches, phases: tuple[str, ...]) -> None:
        self._batches = batches
        self.phases = phases

    def batches(self, first: int, count: int) -> Batches:
        """Return the rows of the steps first, ..., first + count - 1."""
        steps_S = np.arange(first, first + count) % len(self._batches.inputs)
        found = self._batches
        return Batches(inputs=found.inputs[steps_S], targets=found.targets[steps_S], phases=found.phases[steps_S])


@dataclass(frozen=True, kw_only=True)
class Work:
    """What every contestant does: train this recipe's model from the same weights on the same rows.

    Attributes:
        name: Of the model.
        recipe: Model, loss, optimiser, schedule and clipping; `budget.steps` are done.
        warm_up: How many of them are not timed.
        batches: The rows of every step.
    """

    name: str
    recipe: Recipe
    warm_up: int
    batches: Batches

    @classmethod
    def of(cls, name: str, recipe: Recipe, *, warm_up: int) -> "Work":
        """Draw the rows that the recipe describes."""
        drawn = Mixture.of(recipe, purpose="train").batches(0, recipe.budget.steps)
        return cls(name=name, recipe=recipe, warm_up=warm_up, batches=drawn)

    @property
    def steps(self) -> int:
        """How many steps are done."""
        return self.recipe.budget.steps

    @property
    def timed(self) -> int:
        """How many of them are timed."""
        return self.steps - self.warm_up

    @property
    def tokens(self) -> int:
        """Terms that one step reads."""
        return self.recipe.data.batch * self.recipe.model.context

    @property
    def flops(self) -> float:
        """Floating-point operations of the matrix products of one step."""
        return step_flops(self.recipe.model, vocabulary_of(self.recipe), self.recipe.data.batch)

    def source(self) -> Recorded:
        """Return the rows as a source of batches."""
        return Recorded(self.batches, Curriculum(self.recipe.curriculum).names)

    def new_model(self) -> Transformer:
        """Return the model with its first weights, the same every time."""
        model = Transformer(self.recipe.model, vocabulary_of(self.recipe), seed=self.recipe.run.seed)
        model.exact = False
        return model.train()

    def loss_of(self, weights: Weights) -> float:
        """Return the training loss of a model with these weights on the first step's rows, in float32."""
        model = self.new_model().eval()
        model.load_state_dict(weights)
        loss = make_loss(self.recipe.loss, model.vocabulary.size, self.recipe.data.low)
        with torch.no_grad():
            inputs_BT, targets_BT = (torch.from_numpy(rows[0]) for rows in (self.batches.inputs, self.batches.targets))
            return loss(model(inputs_BT), targets_BT, None).item()


def nextint() -> Work:
    """Return the founding document's model, batch, loss, optimiser and schedule."""
    recipe = recipe_from_dict(
        {
            "model": {"preset": "nextint"},
            "data": {"batch": 32, "end": False},
            "loss": {"kind": "distance-weighted"},
            "schedule": {"warmup": 5000, "floor": 1e-6},
            "validation": {"rows": 32},
            "budget": {"steps": 20 + 3 * STEPS_PER_DRAW},
        }
    )
    return Work.of("nextint", recipe, warm_up=20)


def default() -> Work:
    """Return the default model in bfloat16 with plain cross-entropy, on batches of 512."""
    recipe = recipe_from_dict(
        {
            "data": {"batch": 512},
            "schedule": {"warmup": 300},
            "validation": {"rows": 512},
            "budget": {"steps": 8},
            "run": {"precision": "bfloat16"},
        }
    )
    return Work.of("default", recipe, warm_up=2)
