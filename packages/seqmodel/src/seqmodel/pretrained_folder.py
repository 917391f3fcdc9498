"""A model as a folder with the file names that others expect: the checkpoint, and what people read.

Only `save_pretrained` and `from_pretrained` import torch.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodel.checkpoint_file import (
    FORMAT,
    CheckpointError,
    CheckpointFile,
    one_line,
    read_checkpoint,
    write_checkpoint,
)
from seqmodel.checkpoint_json import json_object
from seqmodel.config import ModelConfig
from seqmodel.files import atomic_path, write_atomically
from seqmodel.model_card import ModelCard
from seqmodel.regular_file import open_regular
from seqmodel.vocabularies import vocabulary_from_dict

if TYPE_CHECKING:
    from seqmodel.checkpoint import Checkpoint
    from seqmodel.transformer import Transformer

MODEL = "model.safetensors"
CONFIG = "config.json"
CARD = "README.md"

_TYPE = "seqmodel"  # what others tell kinds of models apart by
_LONGEST_CONFIG = 100_000_000


def save_pretrained(
    directory: str | os.PathLike[str],
    model: "Transformer",
    provenance: Mapping[str, Any],
    card: ModelCard | None = None,
) -> None:
    """Save a model as a folder: `model.safetensors`, `config.json` and, with a card, `README.md`.

    The first is a checkpoint and holds everything; the second says in plain sight what it holds.
    Each file is replaced as a whole or not at all, and whenever this is stopped the folder holds
    the old model or the new one. Without a card, a README.md that is there stays.

    Args:
        directory: Made if need be.
        model: On any device, with float32 weights.
        provenance: What the weights come from, as JSON values.
        card: What a reader must know of the model.

    Raises:
        TypeError: The card is none; nothing has been written then.
        ValueError: The provenance is not made of JSON values, or a weight is NaN or not float32.
        OSError: A file cannot be written.
    """
    from seqmodel.checkpoint import content_of

    if card is not None and not isinstance(card, ModelCard):
        raise TypeError(f"card must be a ModelCard, got {card!r}")
    write_pretrained(directory, content_of(model, provenance), card)


def from_pretrained(directory: str | os.PathLike[str], *, exact: bool = True) -> "Checkpoint":
    """Load the model in a folder: on the CPU, in evaluation mode.

    Args:
        directory: Holds `model.safetensors`, and perhaps `config.json`. Other files are not read.
        exact: Whether the model is to give the same bits however a sequence is fed; see
            `Transformer`.

    Raises:
        CheckpointError: There is no checkpoint that this version can use, or `config.json` says
            something else.
    """
    from seqmodel.checkpoint import model_of

    return model_of(read_pretrained(directory), exact=exact)


def write_pretrained(directory: str | os.PathLike[str], content: CheckpointFile, card: ModelCard | None = None) -> None:
    """Write a folder that `read_pretrained` reads; see `save_pretrained`."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    said = {"model_type": _TYPE, "format": FORMAT, **_described(content)}
    text = (json.dumps(said, indent=2) + "\n").encode()
    with atomic_path(folder / MODEL) as new:
        write_checkpoint(new, content)
        # The old description never stands beside the new model, even for a moment.
        if not _holds(folder / CONFIG, text):
            (folder / CONFIG).unlink(missing_ok=True)
    write_atomically(folder / CONFIG, text)
    if card is not None:
        write_atomically(folder / CARD, card.to_markdown().encode())


def read_pretrained(directory: str | os.PathLike[str]) -> CheckpointFile:
    """Read the checkpoint in a folder without importing torch.

    Raises:
        CheckpointError: There is none that this version can use, or `config.json` says something
            else.
    """
    content = read_checkpoint(Path(directory) / MODEL)
    path = Path(directory) / CONFIG
    try:
        with open_regular(path) as file:
            _require_agreement(json_object(file.read(_LONGEST_CONFIG)), content)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {one_line(str(error))}") from error
    return content


def _described(content: CheckpointFile) -> dict[str, Any]:
    return {"config": content.config.to_dict(), "vocabulary": content.vocabulary.to_dict()}


def _holds(path: Path, text: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(text) and path.read_bytes() == text


def _require_agreement(said: dict[str, Any], content: CheckpointFile) -> None:
    """Refuse what contradicts the checkpoint; fields of a configuration that are left out have their defaults."""
    expected = {"model_type": _TYPE, "format": FORMAT, **_described(content)}
    if said.keys() != expected.keys():
        raise ValueError(f"must have the fields {', '.join(expected)}, got {', '.join(said) or 'none'}")
    for name in ("config", "vocabulary"):
        if not isinstance(said[name], dict):
            raise ValueError(f"its {name} must be a JSON object")
    said["config"] = ModelConfig.from_dict(said["config"]).to_dict()
    said["vocabulary"] = vocabulary_from_dict(said["vocabulary"]).to_dict()
    for path, value in _leaves(expected).items():
        if _leaves(said).get(path) != value:
            raise ValueError(
                f"says {path} is {_leaves(said).get(path)!r}, but {MODEL}, which is the truth, has {value!r}: "
                f"correct or remove {CONFIG}"
            )


def _leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return all that is in nested objects under names like config.layers."""
    leaves: dict[str, Any] = {}
    for name, value in values.items():
        leaves |= _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return leaves
