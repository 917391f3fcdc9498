"""The tables that TransformerLens keeps among its weights: which keys are seen, how positions turn.

They are no weights, but they say what an architecture's configuration should have said, so they
are checked and not skipped.
"""

# S positions, D head size, E half of it

import numpy as np
import torch
from torch import Tensor

from seqmodel.config import ModelConfig
from seqmodel.rotary import rotation

HIDDEN = -1e5
"""`IGNORE` of older versions, which hides a key as completely as the newer ones' minus infinity."""

FIRST_ROTARY = 2048
"""How many positions a rotary table has at first, where the context is longer."""


def attention_buffers(config: ModelConfig, layer: int, *, like: Tensor) -> dict[str, Tensor]:
    """Return the buffers of one attention layer, of the type of `like` and where it is."""
    seen_SS = torch.ones(config.context, config.context, dtype=torch.bool, device=like.device).tril()
    buffers = {"mask": seen_SS, "IGNORE": like.new_tensor(-torch.inf)}
    if config.slides:
        buffers |= {name: table_SD.to(like) for name, table_SD in _rotary_tables(config, config.context).items()}
    return {f"blocks.{layer}.attn.{name}": buffer for name, buffer in buffers.items()}


def require_buffer(name: str, tensor: object, config: ModelConfig) -> None:
    """Refuse a tensor that is no buffer of an attention layer, or one that says something else.

    Raises:
        ValueError: The name has no place in the model; or keys are hidden other than causally,
            or positions turn otherwise than ours.
    """
    kinds = {"mask", "IGNORE"} | ({"rotary_cos", "rotary_sin"} if config.slides else set())
    if name not in {f"blocks.{layer}.attn.{kind}" for layer in range(config.layers) for kind in kinds}:
        raise ValueError(f"tensor {name!r} has no place in the model")
    kind = name.rpartition(".")[-1]
    found = require_dense(name, tensor)
    if kind == "IGNORE":
        if found.dim() or not found.is_floating_point() or not bool(found <= HIDDEN):
            raise ValueError(f"tensor {name!r} must hide keys, as one number of at most {HIDDEN:g}")
    elif kind == "mask":
        _require_mask(name, found, config.context)
    else:
        _require_turns(name, kind, found, config)


def require_dense(name: str, tensor: object) -> Tensor:
    """Return what is an ordinary tensor on the CPU."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name!r} is no tensor, but of the type {type(tensor).__name__}")
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        raise ValueError(f"tensor {name!r} must be an ordinary one on the CPU, got {tensor.layout} on {tensor.device}")
    return tensor


def _require_mask(name: str, seen_SS: Tensor, context: int) -> None:
    if tuple(seen_SS.shape) == (0, 0):
        return  # newer versions compute it
    if tuple(seen_SS.shape) != (context, context):
        raise ValueError(f"tensor {name!r} has shape {tuple(seen_SS.shape)}, not {(context, context)}")
    if seen_SS.dtype != torch.bool or not torch.equal(seen_SS, torch.ones_like(seen_SS).tril()):
        raise ValueError(f"tensor {name!r} must show each token itself and all before it, as bool")


def _require_turns(name: str, kind: str, table_SD: Tensor, config: ModelConfig) -> None:
    positions = table_SD.shape[0] if table_SD.dim() else 0
    fewest = min(config.context, FIRST_ROTARY)
    if table_SD.dim() != 2 or table_SD.shape[1] != config.head_size or not fewest <= positions <= config.context:
        raise ValueError(f"tensor {name!r} has shape {tuple(table_SD.shape)}, not {(config.context, config.head_size)}")
    # TransformerLens multiplies positions and frequencies in float32: an error that grows with them.
    error = (table_SD.double() - _rotary_tables(config, positions)[kind].double()).abs().max()
    if not bool(error <= 1e-6 * (1 + positions)):
        raise ValueError(f"tensor {name!r} must turn the halves of a head by angles of base 10000; it is another table")


def _rotary_tables(config: ModelConfig, positions: int) -> dict[str, Tensor]:
    """Return the cosines and sines, (S, D): each pair's angle stands in both halves."""
    cos_SE, sin_SE = rotation(np.arange(positions)[None], config.head_size)[:, 0]
    return {"rotary_cos": cos_SE.repeat(1, 2), "rotary_sin": sin_SE.repeat(1, 2)}
