"""The checkpoint file: one safetensors file that describes itself. No torch in here."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from seqmodel.checkpoint_json import canonical, json_object, require_text_keys
from seqmodel.config import ModelConfig
from seqmodel.files import write_atomically
from seqmodel.limits import require_modest
from seqmodel.parameters import parameter_shapes
from seqmodel.regular_file import open_regular
from seqmodel.vocabularies import Vocabulary, vocabulary_from_dict

FORMAT = 1
_KEY = "seqmodel"
_FIELDS = {"config", "format", "provenance", "sha256", "vocabulary"}
_ENTRY = {"data_offsets", "dtype", "shape"}
_LONGEST_HEADER = 100_000_000  # safetensors' own limit
_LONGEST_REASON = 500


class CheckpointError(ValueError):
    """A file is no checkpoint that this version can use; the message names file and reason."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckpointFile:
    """What a checkpoint holds, its parts being of one model.

    Attributes:
        config: The model's architecture.
        vocabulary: What its tokens mean.
        provenance: Where the weights come from, as JSON values.
        tensors: float32 weights by name, exactly those of `parameter_shapes`. None is NaN: such a
            model would answer all the same, always with token 0. Infinities are allowed: a bias
            of minus infinity is a class that is never chosen.

    Raises:
        ValueError: The provenance is not made of JSON values, the weights are not those of the
            configuration, or no such model can be built.
    """

    config: ModelConfig
    vocabulary: Vocabulary
    provenance: dict[str, Any]
    tensors: dict[str, NDArray[np.float32]]

    def __post_init__(self) -> None:
        try:
            require_text_keys(self.provenance)
            canonical(self.provenance)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"provenance must be made of JSON values: {error}") from error
        require_modest(self.config, self.vocabulary)
        if self.config.layers > len(self.tensors):  # each has several: the names of so many are never listed
            raise ValueError(f"{self.config.layers} layers cannot lie in {len(self.tensors)} tensors")
        expected = parameter_shapes(self.config, self.vocabulary)
        for name in sorted(expected.keys() | self.tensors.keys()):
            if name not in self.tensors:
                raise ValueError(f"tensor {name!r} is missing")
            if name not in expected:
                raise ValueError(f"tensor {name!r} has no place in the model")
            tensor = self.tensors[name]
            if tensor.shape != expected[name]:
                raise ValueError(f"tensor {name!r} has shape {tensor.shape}, not {expected[name]}")
            if tensor.dtype != np.float32:
                raise ValueError(f"tensor {name!r} is {tensor.dtype}, not float32")
            if np.isnan(tensor).any():
                raise ValueError(f"tensor {name!r} holds NaN: such a model predicts nothing")


def write_checkpoint(path: str | os.PathLike[str], content: CheckpointFile) -> None:
    """Write `content` to `path`, whole or not at all; equal contents give equal bytes.

    A link at `path` is replaced by the file; what it led to stays as it was.

    Raises:
        OSError: The file cannot be written.
    """
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in content.tensors.items()}
    description = {
        "format": FORMAT,
        "config": content.config.to_dict(),
        "vocabulary": content.vocabulary.to_dict(),
        "provenance": content.provenance,
    }
    metadata = {_KEY: canonical(description | {"sha256": _digest(description, tensors)})}
    write_atomically(path, safetensors.numpy.save(tensors, metadata))


def read_checkpoint(path: str | os.PathLike[str]) -> CheckpointFile:
    """Read a checkpoint without importing torch.

    The file's SHA-256 over description and weights is checked, so what is returned is what was
    written. A file that is no checkpoint is refused after its header, before the rest is read.

    Raises:
        CheckpointError: There is no such file, or it is damaged, newer than this version, or
            something else.
    """
    try:
        with open_regular(path) as file:
            return _read(file)
    except OSError as error:
        raise CheckpointError(f"cannot read checkpoint {Path(path)}: {error.strerror}") from error
    except ValueError as error:
        raise CheckpointError(f"{Path(path)}: {one_line(str(error))}") from error


def one_line(text: str) -> str:
    r"""Return a text of any origin so that it can be shown: in one line, not too long.

    >>> print(one_line("field 'a\nb'"))
    field 'a\nb'
    """
    shown = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
    return shown if len(shown) <= _LONGEST_REASON else shown[:_LONGEST_REASON] + " ..."


def _read(file: BinaryIO) -> CheckpointFile:
    header = _header(file)
    description = _description(header)
    for name, entry in header.items():
        if not isinstance(entry, dict) or set(entry) != _ENTRY:
            raise CheckpointError(f"tensor {name!r} must have {', '.join(sorted(_ENTRY))}")
        if entry["dtype"] != "F32":
            raise CheckpointError(f"tensor {name!r} is {entry['dtype']}, not F32")
    file.seek(0)
    try:
        tensors = safetensors.numpy.load(file.read())
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"a damaged safetensors file ({error})") from error
    if description.pop("sha256") != _digest(description, tensors):
        raise CheckpointError("damaged: its SHA-256 does not match its content")
    try:
        return CheckpointFile(
            config=ModelConfig.from_dict(description["config"]),
            vocabulary=vocabulary_from_dict(description["vocabulary"]),
            provenance=description["provenance"],
            tensors=tensors,
        )
    except TypeError as error:
        raise CheckpointError(str(error)) from error


def _header(file: BinaryIO) -> dict[str, Any]:
    """Return the JSON object at a file's beginning, its `__metadata__` aside."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, _LONGEST_HEADER):
        raise CheckpointError("not a safetensors file, or a truncated one")
    try:
        return json_object(file.read(length))
    except ValueError as error:
        raise CheckpointError(f"not a safetensors file, or a damaged one ({error})") from error


def _description(header: dict[str, Any]) -> dict[str, Any]:
    """Take the description out of a header, and return it checked."""
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or set(metadata) != {_KEY} or not isinstance(metadata[_KEY], str):
        raise CheckpointError(f"a safetensors file, but not one of {_KEY}")
    try:
        description = json_object(metadata[_KEY])
    except ValueError as error:
        raise CheckpointError(f"damaged: its description is not JSON ({error})") from error
    if "format" not in description:
        raise CheckpointError("damaged: its description has no format number")
    if type(description["format"]) is not int or description["format"] != FORMAT:
        raise CheckpointError(f"format {description['format']!r} is unknown: this version reads format {FORMAT}")
    if set(description) != _FIELDS:
        raise CheckpointError(
            f"its description must have the fields {', '.join(sorted(_FIELDS))}, got {', '.join(sorted(description))}"
        )
    for name in ("config", "provenance", "vocabulary"):
        if not isinstance(description[name], dict):
            raise CheckpointError(f"its {name} must be a JSON object")
    if not _is_canonical(metadata[_KEY], description):
        raise CheckpointError("damaged: its description is not written as this version writes it")
    return description


def _is_canonical(text: str, value: object) -> bool:
    try:
        return text == canonical(value)
    except (ValueError, RecursionError):
        return False


def _digest(description: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(canonical(description).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(canonical([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()
