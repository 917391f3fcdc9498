"""When the model is validated: a pure function of what was done and seen so far.

So a run that goes on from a saved state validates at the same steps as one that was never stopped,
but for validations by the clock.
"""

from seqtrain.parallel import ALONE, Processes
from seqtrain.recipe import Recipe, ValidationRecipe
from seqtrain.stopping import StoppingState


def validation_due(
    recipe: Recipe, *, step: int, seconds: float, stopping: StoppingState, processes: Processes = ALONE
) -> bool:
    """Return whether to validate after `step` finished ones.

    Args:
        recipe: Its `validation` names the cadence.
        step: Finished training steps.
        seconds: Time spent on them and on validations, over all sessions.
        stopping: What the validations so far amount to.
        processes: Those that train together; their clocks differ, and the first to be due makes all validate.

    >>> recipe = Recipe(validation=ValidationRecipe(every=50))
    >>> validation_due(recipe, step=150, seconds=2.5, stopping=StoppingState())
    True
    """
    validation = recipe.validation
    if validation.cadence == "steps":
        return step % validation.every == 0
    if validation.cadence == "epoch":
        return step % recipe.budget.epoch == 0
    if validation.cadence == "minutes":
        return any(processes.any_of(seconds - stopping.last_seconds >= 60 * validation.minutes))
    return step >= stopping.last_step + adaptive_interval(validation, stopping.stalled)


def adaptive_interval(validation: ValidationRecipe, stalled: int) -> int:
    """Return the steps to the next validation after so many without progress.

    >>> validation = ValidationRecipe(cadence="adaptive", every=500, growth=2, longest=3000)
    >>> [adaptive_interval(validation, stalled) for stalled in range(5)]
    [500, 1000, 2000, 3000, 3000]
    """
    try:
        return int(min(validation.longest, validation.every * validation.growth**stalled))
    except OverflowError:
        return validation.longest
