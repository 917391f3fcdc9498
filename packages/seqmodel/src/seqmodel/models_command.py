"""`seqmodel models`: what comes with the package."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqmodel.info_command import count_parameters
from seqmodel.model_card import ModelCard
from seqmodel.packaged import MODELS, packaged_folder, pretrained_names
from seqmodel.pretrained_folder import CARD, read_pretrained


def run(*, as_json: bool, root: Path = MODELS) -> None:
    """Print the packaged models: a table, or one JSON object a line.

    Raises:
        ValueError: One of them is damaged, or has no card.
    """
    models = [describe(packaged_folder(name, root=root)) for name in pretrained_names(root=root)]
    if as_json:
        for model in models:
            print(json.dumps(model))
    elif models:
        print(as_text(models))
    else:
        print("no model comes with this version")


def describe(folder: Path) -> dict[str, Any]:
    """Return what a list says of the packaged model in a folder, as JSON values."""
    return {
        "name": folder.name,
        "parameters": count_parameters(read_pretrained(folder)),
        "bytes": sum(path.stat().st_size for path in folder.iterdir()),
        "summary": ModelCard.read(folder / CARD).summary,
    }


def as_text(models: Sequence[dict[str, Any]]) -> str:
    """Return an aligned table.

    >>> print(as_text([{"name": "tiny", "parameters": 1234, "bytes": 5600, "summary": "Counts."}]))
    name  parameters     size  summary
    tiny       1,234  0.01 MB  Counts.
    """
    rows = [("name", "parameters", "size", "summary")]
    rows += [
        (model["name"], f"{model['parameters']:,}", f"{model['bytes'] / 1e6:.2f} MB", model["summary"])
        for model in models
    ]
    name, parameters, size = (max(len(row[column]) for row in rows) for column in range(3))
    return "\n".join(f"{row[0]:<{name}}  {row[1]:>{parameters}}  {row[2]:>{size}}  {row[3]}" for row in rows)
