"""The weights of another model, for training to begin with."""

from seqmodel import Transformer, find_model
from seqtrain._checks import fail
from seqtrain.recipe import Recipe


def begin_from(recipe: Recipe, model: Transformer) -> None:
    """Give a new model the weights that `run.start_from` names, if it names any.

    Raises:
        ValueError: They are those of another configuration or vocabulary.
        seqmodel.CheckpointError: There is no such model, or it is damaged.
    """
    if not recipe.run.start_from:
        return
    found = find_model(recipe.run.start_from)
    here, there = model.config.to_dict(), found.config.to_dict()
    differs = [f"{name} is {there[name]!r} there, {here[name]!r} here" for name in here if here[name] != there[name]]
    if found.vocabulary != model.vocabulary:
        differs.append(f"the vocabulary is {found.vocabulary} there, {model.vocabulary} here")
    if differs:
        fail("run.start_from", recipe.run.start_from, f"a model of the recipe's shape ({'; '.join(differs)})")
    model.load_state_dict(found.model.state_dict())
