"""Files of weights under TransformerLens' names: published `model.pth`, or safetensors."""

import io
import os
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from seqmodel.checkpoint_file import CheckpointError, one_line
from seqmodel.checkpoint_json import canonical
from seqmodel.config import ModelConfig
from seqmodel.files import write_atomically
from seqmodel.pth_file import read_pth
from seqmodel.quantamaths_names import QUANTAMATHS_VOCABULARY, quantamaths
from seqmodel.regular_file import open_regular
from seqmodel.transformer import Transformer
from seqmodel.transformer_lens import from_transformer_lens, to_transformer_lens
from seqmodel.transformer_lens_config import hooked_transformer_arguments, require_importable
from seqmodel.vocabularies import Vocabulary

_KEY = "transformer_lens"
_PICKLED = (".pth", ".pt")


def load_transformer_lens_file(
    path: str | os.PathLike[str], architecture: str | ModelConfig, vocabulary: Vocabulary | None = None
) -> Transformer:
    """Load a model from a file of weights under TransformerLens' names.

    Args:
        path: A file of `torch.save` where it ends in .pth or .pt, of which nothing is run, else a
            safetensors file. The weights may lie under the key "model".
        architecture: A published QuantaMaths model's name, which tells configuration and vocabulary;
            or a configuration, as `from_transformer_lens` takes it.
        vocabulary: What the tokens mean; not given with a name.

    Returns:
        A model in evaluation mode, on the CPU.

    Raises:
        CheckpointError: There is no such file, or it is damaged, or holds more than tensors, or
            its weights are not exactly those of the architecture.
        ValueError: The name is none; or a configuration came without a vocabulary, or a name with
            one; or the configuration cannot be read from tables.
    """
    if isinstance(architecture, ModelConfig):
        if vocabulary is None:
            raise ValueError("vocabulary must be given with a configuration: the file does not say what tokens mean")
        config = architecture
    else:
        if vocabulary is not None:
            raise ValueError(f"vocabulary must not be given with a name: {architecture!r} tells it")
        config, vocabulary = quantamaths(architecture), QUANTAMATHS_VOCABULARY
    require_importable(config)
    state = read_pth(path) if _is_pickled(path) else _read_safetensors(path)
    try:
        return from_transformer_lens(state, config, vocabulary)
    except ValueError as error:
        named = "" if isinstance(architecture, ModelConfig) else f"; {architecture} asks for that"
        raise CheckpointError(f"{path}: {one_line(str(error))}{named}") from error


def save_transformer_lens_file(path: str | os.PathLike[str], model: Transformer) -> None:
    """Save a model's weights under TransformerLens' names, whole or not at all.

    Args:
        path: Where it ends in .pth or .pt, a state dict of `torch.save`, which holds tensors alone;
            else a safetensors file, whose metadata hold under `transformer_lens`, as JSON, the
            arguments of `HookedTransformerConfig`, the configuration and the vocabulary.
        model: With float32 weights.

    Raises:
        ValueError: TransformerLens has no such architecture.
        OSError: The file cannot be written.
    """
    state = {name: tensor.cpu() for name, tensor in to_transformer_lens(model).items()}
    if _is_pickled(path):
        # Through memory: the archive in such a file is named after it, and the name to write to is random.
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(path, buffer.getvalue())
    else:
        description = {
            "config": model.config.to_dict(),
            "hooked_transformer_config": hooked_transformer_arguments(model.config, model.vocabulary),
            "vocabulary": model.vocabulary.to_dict(),
        }
        # One key, since safetensors writes several in any order.
        write_atomically(path, safetensors.torch.save(state, {_KEY: canonical(description)}))


def _is_pickled(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix in _PICKLED


def _read_safetensors(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with open_regular(path) as file:
            return dict(safetensors.torch.load(file.read()))
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file, or a damaged one ({one_line(str(error))})") from error
