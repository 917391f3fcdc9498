"""`seqmodel export`: from a checkpoint to files that others read."""

import json
from typing import Any

from seqmodel.finding import find_model
from seqmodel.import_command import require_another_file
from seqmodel.onnx_export import export_onnx
from seqmodel.transformer_lens_config import hooked_transformer_arguments
from seqmodel.transformer_lens_file import save_transformer_lens_file


def run(path: str, *, to: str, out: str, as_json: bool) -> None:
    """Write the model of the checkpoint at `path` to `out`, and print what reads it.

    Args:
        path: Of a checkpoint.
        to: "onnx" or "transformer-lens".
        out: Path of the file; another than `path`.
        as_json: Print one JSON object.

    Raises:
        ValueError: The checkpoint is none, or the other format cannot hold its model, or a package
            is missing.
        OSError: The file cannot be written.
    """
    require_another_file(path, out)
    model = find_model(path).model
    written: dict[str, Any] = {"file": out, "format": to}
    if to == "onnx":
        try:
            export_onnx(model, out)
        except ImportError as error:
            raise ValueError(str(error)) from error
        written["tensors"] = {
            "tokens": "int64 (batch, length)",
            "logits": f"float32 (batch, length, {model.output.out_features})",
        }
    else:
        save_transformer_lens_file(out, model)
        written["HookedTransformerConfig"] = hooked_transformer_arguments(model.config, model.vocabulary)
    print(json.dumps(written) if as_json else _as_text(written))


def _as_text(written: dict[str, Any]) -> str:
    lines = []
    for name, value in written.items():
        if isinstance(value, dict):
            lines.append(f"{name}:")
            lines.extend(f"  {field}: {content}" for field, content in value.items())
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)
