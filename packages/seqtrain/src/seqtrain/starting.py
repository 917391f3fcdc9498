"""The weights of another model, for training to begin with."""

from collections.abc import Mapping
from typing import Any

from seqmodel import Transformer, find_model, grow
from seqtrain._checks import fail
from seqtrain.recipe import Recipe


def begin_from(recipe: Recipe, model: Transformer) -> Mapping[str, Any]:
    """Give a new model the weights that `run.start_from` or `run.grow_from` names, if one does.

    Returns:
        Where a smaller model lies in it now, as `seqmodel.Grown.provenance` says, and under `from` its name and the
        seed and step of its training; empty unless it was grown.

    Raises:
        ValueError: They are those of another configuration or vocabulary, or have no place in the model.
        seqmodel.CheckpointError: There is no such model, or it is damaged.
    """
    if recipe.run.grow_from:
        return _grow_from(recipe, model)
    if not recipe.run.start_from:
        return {}
    found = find_model(recipe.run.start_from)
    here, there = model.config.to_dict(), found.config.to_dict()
    differs = [f"{name} is {there[name]!r} there, {here[name]!r} here" for name in here if here[name] != there[name]]
    if found.vocabulary != model.vocabulary:
        differs.append(f"the vocabulary is {found.vocabulary} there, {model.vocabulary} here")
    if differs:
        fail("run.start_from", recipe.run.start_from, f"a model of the recipe's shape ({'; '.join(differs)})")
    model.load_state_dict(found.model.state_dict())
    return {}


def _grow_from(recipe: Recipe, model: Transformer) -> Mapping[str, Any]:
    """Place a smaller model in this one; what is new keeps its first weights, but maps that would change anything."""
    run = recipe.run
    found = find_model(run.grow_from)
    small = found.model
    # New layers that normalise again change what came before, whatever their weights.
    preserve = not (model.config.norm == "post" and model.config.layers > small.config.layers)
    try:
        grown = grow(small, model.config, model.vocabulary, seed=run.seed, preserve=preserve, layers=run.grow_layers)
    except ValueError as error:
        raise ValueError(f"run.grow_from is {run.grow_from!r}: {error}") from None
    model.load_state_dict(grown.model.state_dict())
    origin = {name: found.provenance.get(name) for name in ("seed", "step")}
    return {**grown.provenance(), "from": {"name": run.grow_from, **origin}}
