"""`seqmodel info`: what a checkpoint says of itself."""

import json
from pathlib import Path
from typing import Any

from seqmodel.checkpoint_file import FORMAT, CheckpointFile
from seqmodel.finding import find_checkpoint
from seqmodel.packaged import MODELS


def run(where: str, *, as_json: bool, root: Path = MODELS) -> None:
    """Print the description of a checkpoint.

    Args:
        where: A file, a folder with one, or, where there is neither, the name of a packaged model.
        as_json: Print one JSON object.
        root: Where the packaged models are.

    Raises:
        CheckpointError: There is none.
    """
    description = describe(find_checkpoint(where, root=root))
    print(json.dumps(description) if as_json else as_text(description))


def describe(content: CheckpointFile) -> dict[str, Any]:
    """Return all that a checkpoint holds but the weights themselves, as JSON values."""
    return {
        "format": FORMAT,
        "parameters": count_parameters(content),
        "config": content.config.to_dict(),
        "vocabulary": content.vocabulary.to_dict(),
        "provenance": content.provenance,
        "tensors": {name: list(tensor.shape) for name, tensor in content.tensors.items()},
    }


def count_parameters(content: CheckpointFile) -> int:
    """Return how many numbers the weights are."""
    return sum(tensor.size for tensor in content.tensors.values())


def as_text(description: dict[str, Any]) -> str:
    """Return the description for reading, one field a line.

    >>> print(as_text({"format": 1, "parameters": 1234567, "config": {"layers": 4}, "tensors": {}}))
    format: 1
    parameters: 1,234,567
    config:
      layers: 4
    """
    lines = []
    for name, value in description.items():
        if name == "tensors":
            continue
        if isinstance(value, dict):
            lines.append(f"{name}:" if value else f"{name}: none")
            lines.extend(f"  {_plain(field)}: {_plain(content)}" for field, content in value.items())
        else:
            lines.append(f"{name}: {value:,}")
    return "\n".join(lines)


def _plain(value: object) -> str:
    """Return text as it is, where a terminal can show it, and all else as JSON."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)
