"""How long a run still takes, its validations included."""

import time

from seqtrain.recipe import Recipe


class TimeLeft:
    """Measure steps and validations apart, so that the estimate does not jump at each validation.

    Args:
        recipe: Says how many steps there are, and how many lie between validations until two of them were
            seen; its `budget.max_minutes`, where set, is the most that is left.
    """

    def __init__(self, recipe: Recipe) -> None:
        budget, validation = recipe.budget, recipe.validation
        self._steps = budget.total_steps
        self._limit = 60 * budget.max_minutes
        self._interval = budget.epoch if validation.cadence == "epoch" else validation.every
        self._spent = {"steps": 0.0, "validations": 0.0}
        self._done = {"steps": 0, "validations": 0}
        self._validated: int | None = None

    def started(self, step: int) -> None:
        """Begin to measure at a step."""
        self._step = step
        self._begun = self._at = time.monotonic()

    def logged(self, step: int) -> None:
        """Take note that the steps up to this one are done."""
        self._add("steps", step - self._step)
        self._step = step

    def validated(self, step: int) -> None:
        """Take note of a validation; with the steps since the last note, if there are any."""
        self._add("validations", 1)
        self._step = step
        if self._validated is not None and step > self._validated:
            self._interval = step - self._validated
        self._validated = step

    def _add(self, what: str, count: int) -> None:
        before, self._at = self._at, time.monotonic()
        self._spent[what] += self._at - before
        self._done[what] += count

    def seconds(self) -> float | None:
        """Return the seconds left at the last step that was logged; None before the first."""
        if not self._done["steps"]:
            return None
        left = self._steps - self._step
        steps = left * self._spent["steps"] / self._done["steps"]
        validations = left / self._interval * self._spent["validations"] / max(1, self._done["validations"])
        if not self._limit:
            return steps + validations
        return max(0.0, min(steps + validations, self._limit - (self._at - self._begun)))
