"""The checkpoint file: one safetensors file that describes itself. No torch in here."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from seqmodel.config import ModelConfig
from seqmodel.files import write_atomically
from seqmodel.vocabularies import Vocabulary, vocabulary_from_dict

FORMAT = 1
_KEY = "seqmodel"
_FIELDS = {"config", "format", "provenance", "sha256", "vocabulary"}


class CheckpointError(ValueError):
    """A file is no checkpoint that this version can use; the message names file and reason."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckpointFile:
    """What a checkpoint holds.

    Attributes:
        config: The model's architecture.
        vocabulary: What its tokens mean.
        provenance: Where the weights come from, as JSON values.
        tensors: float32 weights by name.
    """

    config: ModelConfig
    vocabulary: Vocabulary
    provenance: dict[str, Any]
    tensors: dict[str, NDArray[np.float32]]


def write_checkpoint(path: str | os.PathLike[str], content: CheckpointFile) -> None:
    """Write `content` to `path`, whole or not at all; equal contents give equal bytes.

    Raises:
        ValueError: The provenance is not made of JSON values.
        OSError: The file cannot be written.
    """
    description = {
        "format": FORMAT,
        "config": content.config.to_dict(),
        "vocabulary": content.vocabulary.to_dict(),
        "provenance": content.provenance,
    }
    try:
        digest = _digest(description, content.tensors)
    except (TypeError, ValueError) as error:
        raise ValueError(f"provenance must be made of JSON values: {error}") from error
    metadata = {_KEY: _canonical(description | {"sha256": digest})}
    write_atomically(path, safetensors.numpy.save(content.tensors, metadata))


def read_checkpoint(path: str | os.PathLike[str]) -> CheckpointFile:
    """Read a checkpoint without importing torch.

    The file's SHA-256 over description and weights is checked, so what is returned is what was
    written.

    Raises:
        CheckpointError: There is no such file, or it is damaged, newer than this version, or
            something else.
    """
    path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise CheckpointError("a device or a pipe, which may never end; give a file")
        return _parse(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"cannot read checkpoint {path}: {error.strerror}") from error
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _parse(data: bytes) -> CheckpointFile:
    try:
        tensors = safetensors.numpy.load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"not a safetensors file, or a damaged one ({error})") from error
    description = _description(data)
    if description.pop("sha256") != _digest(description, tensors):
        raise CheckpointError("damaged: its SHA-256 does not match its content")
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32:
            raise CheckpointError(f"tensor {name!r} is {tensor.dtype}, not float32")
    try:
        return CheckpointFile(
            config=ModelConfig.from_dict(description["config"]),
            vocabulary=vocabulary_from_dict(description["vocabulary"]),
            provenance=description["provenance"],
            tensors=tensors,
        )
    except (TypeError, ValueError) as error:
        raise CheckpointError(str(error)) from error


def _description(data: bytes) -> dict[str, Any]:
    """Return the checked JSON object of a file that safetensors has accepted."""
    header_size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + header_size])
    metadata = header.get("__metadata__", {})
    if set(metadata) != {_KEY}:
        raise CheckpointError(f"a safetensors file, but not one of {_KEY}")
    try:
        description = json.loads(metadata[_KEY])
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"damaged: its description is not JSON ({error})") from error
    if not isinstance(description, dict) or "format" not in description:
        raise CheckpointError("damaged: its description has no format number")
    if description["format"] != FORMAT:
        raise CheckpointError(f"format {description['format']!r} is unknown: this version reads format {FORMAT}")
    if set(description) != _FIELDS:
        raise CheckpointError(
            f"its description must have the fields {', '.join(sorted(_FIELDS))}, got {', '.join(sorted(description))}"
        )
    for name in ("config", "provenance", "vocabulary"):
        if not isinstance(description[name], dict):
            raise CheckpointError(f"its {name} must be a JSON object")
    return description


def _digest(description: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(_canonical(description).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(_canonical([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
