"""`seqmodel info`: what a checkpoint says of itself."""

import json
from typing import Any

from seqmodel.checkpoint_file import FORMAT, CheckpointFile, read_checkpoint


def run(path: str, *, as_json: bool) -> None:
    """Print the description of the checkpoint at `path`.

    Raises:
        CheckpointError: It is none.
    """
    description = describe(read_checkpoint(path))
    print(json.dumps(description) if as_json else as_text(description))


def describe(content: CheckpointFile) -> dict[str, Any]:
    """Return all that a checkpoint holds but the weights themselves, as JSON values."""
    return {
        "format": FORMAT,
        "parameters": sum(tensor.size for tensor in content.tensors.values()),
        "config": content.config.to_dict(),
        "vocabulary": content.vocabulary.to_dict(),
        "provenance": content.provenance,
        "tensors": {name: list(tensor.shape) for name, tensor in content.tensors.items()},
    }


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
            lines.extend(f"  {field}: {_plain(content)}" for field, content in value.items())
        else:
            lines.append(f"{name}: {value:,}")
    return "\n".join(lines)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
