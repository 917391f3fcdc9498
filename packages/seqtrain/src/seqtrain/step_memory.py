"""What a training step of a recipe takes, as far as the model is concerned."""

import math
from dataclasses import replace
from functools import partial

from seqmodel import MemoryAccount, memory_account, parameter_shapes
from seqtrain.mixture import vocabulary_of
from seqtrain.optimiser_recipe import is_turned
from seqtrain.recipe import Recipe

FLOAT32 = 4


def step_memory(recipe: Recipe) -> MemoryAccount:
    """Return seqmodel's account with the recipe's batch, precision and optimiser.

    Of questions it is a bound: the last layer's places before the answer are counted, and are not computed.

    >>> step_memory(Recipe()).optimiser
    'adamw'
    """
    optimiser, vocabulary = recipe.optimiser, vocabulary_of(recipe)
    account = partial(memory_account, recipe.model, vocabulary, batch=recipe.data.batch, precision=recipe.run.precision)
    if optimiser.kind == "sgd" and optimiser.momentum:
        return account(optimiser="sgd-momentum")
    if optimiser.kind != "muon":
        return account(optimiser=optimiser.kind)
    # A matrix that is turned has one mean, where AdamW has two and a count of steps.
    shapes = parameter_shapes(recipe.model, vocabulary)
    saved = sum(math.prod(shape) + 1 for name, shape in shapes.items() if is_turned(name, len(shape)))
    known = account(optimiser="adamw")
    return replace(known, moments=known.moments - FLOAT32 * saved)
