"""Whether there is a reason to stop training."""

import math

from seqtrain.parallel import ALONE, Processes
from seqtrain.recipe import Recipe
from seqtrain.stopping import StoppingState, StopReason


def reason_to_stop(
    recipe: Recipe,
    *,
    step: int,
    seconds: float,
    stopping: StoppingState,
    last_loss: float,
    interrupted: bool = False,
    processes: Processes = ALONE,
) -> StopReason | None:
    """Return why training ends here, or None.

    Args:
        recipe: Its `budget` and `stopping.patience` set limits.
        step: Finished training steps.
        seconds: Time spent on them and on validations, over all sessions.
        stopping: What the validations so far amount to.
        last_loss: The last loss that was looked at, of training or validation.
        interrupted: Whether this process was asked to stop.
        processes: Those that train together; what one of them hears or reads from its clock, all act upon.

    >>> reason_to_stop(Recipe(), step=10, seconds=1.5, stopping=StoppingState(), last_loss=math.nan)
    'not a number'
    """
    budget, patience = recipe.budget, recipe.stopping.patience
    late = bool(budget.max_minutes) and seconds >= 60 * budget.max_minutes
    interrupted, late = processes.any_of(interrupted, late)
    if interrupted:
        return "interrupted"
    if not math.isfinite(last_loss):
        return "not a number"
    if step >= budget.total_steps:
        return "steps done"
    if patience and stopping.waited >= patience:
        return "early stopping"
    return "time budget" if late else None


def way_on_after(reason: StopReason | None, recipe: Recipe) -> str:
    """Return the option with which a run that ended goes on for as long again, empty where none would help.

    >>> way_on_after("steps done", Recipe()), way_on_after("not a number", Recipe())
    ('--set budget.steps=20000', '')
    """
    budget, patience = recipe.budget, recipe.stopping.patience
    steps = f"budget.epochs={2 * budget.epochs}" if budget.epochs else f"budget.steps={2 * budget.steps}"
    ways = {
        "steps done": steps,
        "time budget": f"budget.max_minutes={2 * budget.max_minutes:g}",
        "early stopping": f"stopping.patience={2 * patience}",
    }
    return f"--set {ways[reason]}" if reason in ways else ""
