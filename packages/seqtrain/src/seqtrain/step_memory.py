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
    known = _with_moments(recipe)
    # When the weights step, their gradients are there twice: each by itself, and all in one vector.
    stepping = 3 * known.weights + known.tables + known.moments + known.rows
    return replace(known, temporaries=known.temporaries + max(0, stepping - known.total))


def _with_moments(recipe: Recipe) -> MemoryAccount:
    optimiser, vocabulary = recipe.optimiser, vocabulary_of(recipe)
    account = partial(memory_account, recipe.model, vocabulary, batch=recipe.data.batch, precision=recipe.run.precision)
    if optimiser.kind == "sgd":
        return account(optimiser="sgd-momentum" if optimiser.momentum else "sgd")
    shapes = parameter_shapes(recipe.model, vocabulary)
    turned = {name for name, shape in shapes.items() if optimiser.kind == "muon" and is_turned(name, len(shape))}
    known = account(optimiser="adam" if optimiser.kind == "adam" else "adamw")
    # Steps are counted for the weights that decay and for those that do not, and a matrix that is turned has one mean.
    vectors = len({len(shape) > 1 for name, shape in shapes.items() if name not in turned})
    spared = len(shapes) - vectors + sum(math.prod(shapes[name]) for name in turned)
    return replace(known, moments=known.moments - FLOAT32 * spared)
