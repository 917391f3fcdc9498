"""Where model, optimiser and batches lie: a CPU, or a GPU, which torch calls "cuda" whether it is of CUDA or ROCm."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, distributed

from seqtrain._checks import fail
from seqtrain.recipe import Recipe


def device_of(recipe: Recipe) -> torch.device:
    """Return the device that a recipe asks for. Several processes train on CPUs, since they speak over gloo.

    Raises:
        ValueError: It asks for a GPU and there is none for it.

    >>> from seqtrain.recipe import RunRecipe
    >>> device_of(Recipe(run=RunRecipe(device="cpu")))
    device(type='cpu')
    """
    wanted = recipe.run.device
    together = distributed.is_initialized() or distributed.is_torchelastic_launched()
    found = torch.cuda.is_available() and not together
    if wanted == "cuda" and not found:
        reason = "several processes train on CPUs" if together else f"torch {torch.__version__} finds no GPU"
        fail("run.device", wanted, f"'cpu' or 'auto' here: {reason}")
    # With its number, as the tensors on it have it.
    return torch.device("cuda", torch.cuda.current_device()) if found and wanted != "cpu" else torch.device("cpu")


def lies_apart(recipe: Recipe) -> bool:
    """Return whether the model would lie in the memory of a GPU, whether or not there is one here."""
    return recipe.run.device == "cuda" or device_of(recipe).type == "cuda"


def name_of(device: torch.device) -> str:
    """Return what bits depend on: a GPU's model, or "cpu"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def gpus(device: torch.device) -> list[torch.device]:
    """Return the devices with random numbers of their own, besides the CPU."""
    return [device] if device.type == "cuda" else []


def gpu_random(device: torch.device) -> dict[str, Tensor]:
    """Return the state of a GPU's random numbers (of dropout), by name; nothing for a CPU."""
    return {"gpu": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {}


def restore_gpu_random(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Let a GPU's random numbers go on from what `gpu_random` returned; from a CPU's state they begin anew."""
    if device.type == "cuda" and "gpu" in states:
        torch.cuda.set_rng_state(states["gpu"], device)


def autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager[None]:
    """Return the context of a forward pass in the recipe's precision."""
    if recipe.run.precision == "float32":
        return nullcontext()  # to switch autocast off takes as long as some operators
    return torch.autocast(device.type, dtype=torch.bfloat16)
