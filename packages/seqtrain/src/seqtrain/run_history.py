"""A run's folder, read: its recipe, how far it got, what it logged and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtrain.metrics import OVERALL
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import load_recipe
from seqtrain.run_folder import RunFolder

_REASONS = {
    "steps done": "finished: all steps are done",
    "time budget": "finished: its time was up",
    "early stopping": "finished: stopped early, as nothing improved any more",
    "not a number": "stopped: the loss was no longer a number",
    "interrupted": "interrupted: the same command goes on from here",
}
_GOES_ON = "in progress, or killed: no end is recorded"


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Hold one logged scalar: its values, float64 (N,), at ascending steps, int64 (N,)."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RunHistory:
    """Hold what a run's folder says, except the weights.

    Attributes:
        folder: Where it lies.
        recipe: What is trained.
        status: Whether it has ended, and why, in words.
        ended: Whether it has, in whatever way.
        step: Finished training steps, as far as they are saved.
        seconds: Time spent on them.
        scores: Figures of the final evaluation as JSON values; None where there was none.
        series: What TensorBoard shows, by tag.
        own_rows: Whether figures were taken on rows of the user's own, which the recipe does not describe.
    """

    folder: RunFolder
    recipe: Recipe
    status: str
    ended: bool
    step: int
    seconds: float
    scores: Mapping[str, Any] | None
    series: Mapping[str, Series]
    own_rows: bool

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.path.resolve().name

    @property
    def phases(self) -> tuple[str, ...]:
        """What validations are split by."""
        groups = (tag.partition("/") for tag in self.series)
        names = {name for figure, _, name in groups if figure == "validation_accuracy" and "/" not in name}
        return tuple(sorted(names - {OVERALL}))

    def minutes(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return when the steps were done, in minutes of training, by the logged speed.

        Time between sessions does not count, nor does that of validations.
        """
        speed = self.series.get("training/steps_per_second")
        if speed is None:
            return np.full(len(steps), np.nan)
        spent = np.cumsum(np.diff(speed.steps, prepend=0) / speed.values) / 60
        minutes: NDArray[np.float64] = np.interp(steps, [0, *speed.steps], [0, *spent])
        return minutes


def read_run(path: Path | str) -> RunHistory:
    """Read a run's folder, whether the run has ended or not.

    Raises:
        ValueError: It is no run's folder, has nothing saved yet, or holds a damaged file.
        OSError: A file cannot be read.
    """
    folder = RunFolder(Path(path))
    if not folder.recipe.is_file():
        right = "give the folder that 'seqtrain run' made"
        raise ValueError(f"{folder.path} is no run's folder: there is no {folder.recipe.name} in it; {right}")
    recipe = load_recipe(folder.recipe)
    if not folder.model.is_file():
        raise ValueError(f"{folder.path}: the run has saved no model yet; try again in a moment")
    result = _result(folder) if folder.result.exists() else None
    if result is None:
        step, seconds = _saved(folder)
    else:
        step, seconds = result["step"], result["seconds"]
    return RunHistory(
        folder=folder,
        recipe=recipe,
        status=_GOES_ON if result is None else _REASONS.get(result["reason"], f"ended: {result['reason']}"),
        ended=result is not None,
        step=step,
        seconds=seconds,
        scores=None if result is None else result.get("scores"),
        series=_series(folder.tensorboard),
        own_rows=bool(recipe.data.train) or _measured_on_own_rows(folder),
    )


def _measured_on_own_rows(folder: RunFolder) -> bool:
    """Return what the checkpoint says; those of before rows of one's own were noted do not say that they were."""
    from seqmodel.checkpoint_file import read_checkpoint

    return bool({"validation", "evaluation"} & set(read_checkpoint(folder.model).provenance.get("own_rows", ())))


def _result(folder: RunFolder) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(folder.result.read_bytes())
        missing = {"reason", "step", "seconds"} - result.keys()
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{folder.result} is damaged: {error}") from None
    if missing:
        raise ValueError(f"{folder.result} is damaged: it lacks {', '.join(sorted(missing))}")
    return result


def _saved(folder: RunFolder) -> tuple[int, float]:
    """Return steps and seconds of the last save; (0, 0) where only a model was left."""
    from seqtrain.state import load_state

    if not folder.state.exists():
        return 0, 0.0
    state = load_state(folder.state)
    return state.step, state.seconds


def _series(folder: Path) -> dict[str, Series]:
    """Read every scalar of the event files, without what a session that was killed logged in vain."""
    from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
        EventAccumulator,
    )

    if not folder.is_dir():
        return {}
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    found = {}
    for tag in events.Tags()["scalars"]:
        last = {event.step: event.value for event in events.Scalars(tag)}
        steps = sorted(last)
        found[tag] = Series(
            steps=np.array(steps, np.int64), values=np.array([last[step] for step in steps], np.float64)
        )
    return found
