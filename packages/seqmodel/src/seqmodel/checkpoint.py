"""From a model to a checkpoint file and back."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from seqmodel.checkpoint_file import (
    CheckpointError,
    CheckpointFile,
    read_checkpoint,
    write_checkpoint,
)
from seqmodel.config import ModelConfig
from seqmodel.transformer import Transformer
from seqmodel.vocabularies import Vocabulary


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """A model that was saved, ready to predict, and where it comes from."""

    model: Transformer
    provenance: dict[str, Any]

    @property
    def config(self) -> ModelConfig:
        """The model's architecture."""
        return self.model.config

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model's tokens mean."""
        return self.model.vocabulary


def save_checkpoint(path: str | os.PathLike[str], model: Transformer, provenance: Mapping[str, Any]) -> None:
    """Save a model's configuration, vocabulary and weights in one safetensors file.

    The file is replaced as a whole or not at all; the same model and provenance always give the
    same bytes.

    Args:
        path: The file; its folder exists.
        model: On any device, with float32 weights.
        provenance: What the weights come from, as JSON values.

    Raises:
        ValueError: The provenance is not made of JSON values.
        OSError: The file cannot be written.
    """
    tensors = {name: np.ascontiguousarray(tensor.detach().cpu().numpy()) for name, tensor in model.state_dict().items()}
    content = CheckpointFile(
        config=model.config,
        vocabulary=model.vocabulary,
        provenance=dict(provenance),
        tensors=tensors,
    )
    write_checkpoint(path, content)


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Load a model that `save_checkpoint` saved: on the CPU, in evaluation mode.

    Raises:
        CheckpointError: The file is missing, damaged or newer than this version, or its weights
            are not exactly those its configuration asks for.
    """
    content = read_checkpoint(path)
    with torch.device("meta"):  # shapes alone: what does not fit is refused before memory is taken
        expected = Transformer(content.config, content.vocabulary).state_dict()
    _require_shapes(path, content, {name: tuple(tensor.shape) for name, tensor in expected.items()})
    model = Transformer(content.config, content.vocabulary)
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in content.tensors.items()})
    return Checkpoint(model=model.eval(), provenance=content.provenance)


def _require_shapes(
    path: str | os.PathLike[str], content: CheckpointFile, expected: dict[str, tuple[int, ...]]
) -> None:
    for name in sorted(expected.keys() | content.tensors.keys()):
        if name not in content.tensors:
            raise CheckpointError(f"{path}: tensor {name!r} is missing")
        if name not in expected:
            raise CheckpointError(f"{path}: tensor {name!r} has no place in the model")
        shape = content.tensors[name].shape
        if shape != expected[name]:
            raise CheckpointError(f"{path}: tensor {name!r} has shape {shape}, not {expected[name]}")
