"""The whole state of a run in one safetensors file: no pickle, replaced whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from seqmodel import write_atomically
from seqtrain.recipe import Recipe
from seqtrain.recipe_file import recipe_from_dict, recipe_to_dict
from seqtrain.stopping import StoppingState, StopReason

FORMAT = 1
_KEY = "seqtrain"


@dataclass(frozen=True, kw_only=True, eq=False)
class RunState:
    """Hold everything that the next step depends on. Rows need nothing: they follow from the step.

    Attributes:
        recipe: What is being run.
        step: Finished training steps.
        seconds: Time spent training, over all sessions.
        stopping: What the validations amount to.
        reason: Why the run ended; None while it goes on.
        arithmetic: What bits depend on besides: threads and torch's version.
        rows: Fingerprints of the sources that have one, by what they are for.
        grown: Where a smaller model lies in this one, if it was grown from one; else empty.
        tensors: Named tensors in groups: `model`, `best` (weights), `moments`, `loss` (`sum`, since the last
            logged step; `last`, the last one that was looked at; `each`, where all are kept) and `random`
            (`state` of torch's generator; `state/1` and so on of the other processes; `gpu`).
    """

    recipe: Recipe
    step: int
    seconds: float
    stopping: StoppingState
    reason: StopReason | None
    arithmetic: Mapping[str, str]
    rows: Mapping[str, str]
    tensors: Mapping[str, Mapping[str, Tensor]]
    grown: Mapping[str, Any] = field(default_factory=dict)


def save_state(path: Path, state: RunState) -> None:
    """Write the state.

    Raises:
        OSError: It cannot be written; what stood at `path` is still whole.
    """
    description = {
        "format": FORMAT,
        "recipe": recipe_to_dict(state.recipe),
        "step": state.step,
        "seconds": state.seconds,
        "stopping": asdict(state.stopping),
        "reason": state.reason,
        "arithmetic": dict(state.arithmetic),
        "rows": dict(state.rows),
        "grown": dict(state.grown),
    }
    tensors = {
        # Names may share a number, a count of steps, which the format refuses.
        f"{group}:{name}": tensor.detach().contiguous() if tensor.ndim else tensor.detach().clone()
        for group, named in state.tensors.items()
        for name, tensor in named.items()
    }
    metadata = {_KEY: json.dumps(description, sort_keys=True, separators=(",", ":"))}
    write_atomically(path, safetensors.torch.save(tensors, metadata))


def load_state(path: Path) -> RunState:
    """Read a state.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged or no state of this version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {})[_KEY])
            tensors: dict[str, dict[str, Tensor]] = {}
            for key in file.keys():  # noqa: SIM118 (not a mapping)
                group, name = key.split(":", 1)
                tensors.setdefault(group, {})[name] = file.get_tensor(key)
        return _state(description, tensors)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no state of a run, or a damaged one: {error}") from error


def _state(description: dict[str, Any], tensors: dict[str, dict[str, Tensor]]) -> RunState:
    if description["format"] != FORMAT:
        raise ValueError(f"format {description['format']!r}; this version reads format {FORMAT}")
    return RunState(
        recipe=recipe_from_dict(description["recipe"]),
        step=description["step"],
        seconds=description["seconds"],
        stopping=StoppingState(**description["stopping"]),
        reason=description["reason"],
        arithmetic=description["arithmetic"],
        rows=description.get("rows", {}),  # earlier ones had none
        grown=description.get("grown", {}),
        tensors=tensors,
    )
