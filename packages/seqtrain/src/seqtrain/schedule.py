"""The learning rate as a pure function of the step."""

import math

from seqtrain.recipe import ScheduleRecipe


def learning_rate(step: int, *, schedule: ScheduleRecipe, peak: float, steps: int) -> float:
    """Return the learning rate of the update that follows `step` finished ones.

    It rises linearly over `schedule.warmup` updates to `peak`, from the share `schedule.warmup_from`
    of it on, then stays there (`constant`), falls along half a cosine to `schedule.floor` at `steps`
    (`cosine`), or is multiplied by `schedule.factor` in every `schedule.every` updates, at once
    (`step`) or evenly (`exponential`), until it is at the floor.

    >>> schedule = ScheduleRecipe(warmup=10, floor=0.0)
    >>> [round(learning_rate(step, schedule=schedule, peak=1.0, steps=110), 3)
    ...  for step in (0, 9, 60, 110)]
    [0.1, 1.0, 0.5, 0.0]
    >>> schedule = ScheduleRecipe(kind="step", warmup=10, floor=0.0, every=100, factor=0.1)
    >>> [learning_rate(step, schedule=schedule, peak=1.0, steps=1000) for step in (109, 110, 209)]
    [1.0, 0.1, 0.1]
    """
    if step < schedule.warmup and schedule.warmup_from:
        return peak * (schedule.warmup_from + (1 - schedule.warmup_from) * step / schedule.warmup)
    if step < schedule.warmup:
        return peak * (step + 1) / schedule.warmup
    if schedule.kind == "constant":
        return peak
    since = step - schedule.warmup
    if schedule.kind == "cosine":
        done = min(1.0, since / max(1, steps - schedule.warmup))
        return schedule.floor + (peak - schedule.floor) * (1 + math.cos(math.pi * done)) / 2
    falls = since // schedule.every if schedule.kind == "step" else since / schedule.every
    return max(schedule.floor, peak * schedule.factor**falls)
