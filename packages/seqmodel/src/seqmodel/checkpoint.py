"""From a model to a checkpoint file and back."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from seqmodel.checkpoint_file import CheckpointFile, read_checkpoint, write_checkpoint
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
        ValueError: The provenance is not made of JSON values, or a weight is NaN or not float32.
        OSError: The file cannot be written.
    """
    write_checkpoint(path, content_of(model, provenance))


def load_checkpoint(path: str | os.PathLike[str], *, exact: bool = True) -> Checkpoint:
    """Load a model that `save_checkpoint` saved: on the CPU, in evaluation mode.

    Args:
        path: The file, or a link to it.
        exact: Whether the model is to give the same bits however a sequence is fed; see
            `Transformer`.

    Raises:
        CheckpointError: The file is missing, damaged or newer than this version, or its weights
            are not exactly those its configuration asks for. Nothing has been built then.
    """
    return model_of(read_checkpoint(path), exact=exact)


def content_of(model: Transformer, provenance: Mapping[str, Any]) -> CheckpointFile:
    """Return what a checkpoint of this model holds.

    Raises:
        ValueError: A weight is NaN or not float32.
    """
    weights = model.state_dict()
    for name, weight in weights.items():
        if weight.dtype != torch.float32:  # bfloat16 could not even become an array
            raise ValueError(f"weight {name!r} is {weight.dtype}: only float32 is saved; give model.float()")
    return CheckpointFile(
        config=model.config,
        vocabulary=model.vocabulary,
        provenance=dict(provenance),
        tensors={name: weight.detach().cpu().numpy() for name, weight in weights.items()},
    )


def model_of(content: CheckpointFile, *, exact: bool = True) -> Checkpoint:
    """Build the model that a checkpoint's content describes: on the CPU, in evaluation mode."""
    model = Transformer(content.config, content.vocabulary)
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in content.tensors.items()})
    model.exact = exact
    return Checkpoint(model=model.eval(), provenance=content.provenance)
