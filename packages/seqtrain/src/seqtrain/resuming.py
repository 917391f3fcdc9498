"""Whether a run's folder holds something to go on from."""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from seqtrain.ending import way_on_after
from seqtrain.parallel import Processes
from seqtrain.provenance import arithmetic
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_to_dict
from seqtrain.run_folder import RunFolder
from seqtrain.state import RunState, load_state
from seqtrain.stopping import StopReason

CHANGEABLE = ("budget.", "stopping.", "run.threads", "run.device", "run.save_every")
"""Fields (or whole sections) that may differ when a run goes on; the new value holds from then on."""

_log = logging.getLogger("seqtrain")


def resumable_state(folder: RunFolder, recipe: Recipe, rows: Mapping[str, str]) -> RunState | None:
    """Return the state to go on from, or None where there is no run yet.

    Args:
        folder: Where the run lies.
        recipe: What is to be done.
        rows: Fingerprints of the sources, where they have one.

    Raises:
        ValueError: The folder holds something else: another recipe's run, one on rows of a file that has changed
            since, a damaged state, or a model without a state.
    """
    if not folder.state.exists():
        if folder.model.exists():
            raise ValueError(
                f"{folder.path} holds a model but no state to go on from; "
                "choose another folder, or --fresh to replace it"
            )
        return None
    state = load_state(folder.state)
    changes = _changes(state.recipe, recipe)
    wrong = [text for field, text in changes.items() if not field.startswith(CHANGEABLE)]
    if wrong:
        raise ValueError(
            f"{folder.path} holds a run of another recipe ({'; '.join(wrong)}); "
            "choose another folder, or --fresh to replace it"
        )
    for name, known in state.rows.items():
        if rows.get(name, known) != known:
            raise ValueError(
                f"{folder.path} holds a run on other rows: the file of its {name} rows has changed since; "
                "bring the file back, choose another folder, or --fresh to replace the run"
            )
    for text in changes.values():
        _log.info("changed for the rest of the run: %s", text)
    return state


def own_folder(recipe: Recipe) -> Path:
    """Return the folder of a recipe's run where none was named: equal runs, equal folders.

    What may differ when a run goes on makes no other folder.

    >>> from seqtrain.recipe import BudgetRecipe
    >>> own_folder(Recipe()) == own_folder(Recipe(budget=BudgetRecipe(steps=1)))
    True
    """
    lasting = {field: value for field, value in _flat(recipe).items() if not field.startswith(CHANGEABLE)}
    return Path("runs") / hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()[:12]


def agreed(state: RunState | None, folder: RunFolder, processes: Processes) -> RunState | None:
    """Return the state if all processes have found the same.

    Raises:
        ValueError: They have not.
    """
    steps = [int(step) for step in processes.all_of(torch.tensor(-1 if state is None else state.step))]
    if len(set(steps)) > 1:
        found = ", ".join("no run" if step < 0 else f"step {step}" for step in steps)
        raise ValueError(f"{folder.path} holds {found}, by process; it must be one folder that all processes see")
    return state


def finished_for(state: RunState | None, recipe: Recipe) -> StopReason | None:
    """Return why a run has ended for good, or None where there is something left to do.

    An interrupted run goes on, and so does one whose budget or patience has changed since.
    """
    if state is None:
        return None
    ended = state.reason not in (None, "interrupted")
    if ended and (state.recipe.budget, state.recipe.stopping) == (recipe.budget, recipe.stopping):
        on = f"{way_on} goes on, " if (way_on := way_on_after(state.reason, recipe)) else ""
        _log.info("this run is finished (%s at step %d); %s--fresh starts over", state.reason, state.step, on)
        return state.reason
    _log.info("going on from step %d", state.step)
    now = arithmetic(recipe)
    if {"device": "cpu"} | dict(state.arithmetic) != now:  # states once knew no other device
        _log.warning("saved with %s, going on with %s: bits may differ", state.arithmetic, now)
    return None


def _changes(there: Recipe, here: Recipe) -> dict[str, str]:
    old, new = _flat(there), _flat(here)
    return {field: f"{field} was {old[field]!r}, is {new[field]!r}" for field in new if old[field] != new[field]}


def _flat(recipe: Recipe) -> dict[str, object]:
    return {
        f"{section}.{field}": value
        for section, fields in recipe_to_dict(recipe).items()
        for field, value in fields.items()
    }
