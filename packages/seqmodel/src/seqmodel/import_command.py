"""`seqmodel import`: from weights under TransformerLens' names to a checkpoint."""

import hashlib
import json
from pathlib import Path

from seqmodel.checkpoint import save_checkpoint
from seqmodel.checkpoint_file import read_checkpoint
from seqmodel.checkpoint_json import json_object
from seqmodel.config import ModelConfig
from seqmodel.info_command import as_text, describe
from seqmodel.regular_file import open_regular
from seqmodel.transformer_lens_file import load_transformer_lens_file
from seqmodel.vocabularies import Vocabulary, vocabulary_from_dict


def run(path: str, *, name: str | None, description: str | None, out: str, as_json: bool) -> None:
    """Write the checkpoint `out` from the weights at `path`, and print what it holds.

    Args:
        path: Of a published `model.pth`, or of a safetensors file.
        name: Of a published QuantaMaths model, which tells architecture and vocabulary.
        description: In its place, the path of a JSON file with `config` and `vocabulary`.
        out: Path of the checkpoint; another than `path`.
        as_json: Print one JSON object.

    Raises:
        ValueError: A file is damaged or not what was said of it.
        OSError: The checkpoint cannot be written.
    """
    require_another_file(path, out)
    if name is not None:
        model, named = load_transformer_lens_file(path, name), {"name": name}
    elif description is not None:
        model, named = load_transformer_lens_file(path, *_read_description(description)), {}
    else:
        raise ValueError("one of name and description must be given")
    file = Path(path)
    source = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    save_checkpoint(out, model, {"imported_from": "TransformerLens", **source, **named})
    held = describe(read_checkpoint(out))
    print(json.dumps(held) if as_json else as_text(held))


def require_another_file(path: str, out: str) -> None:
    """Refuse to write over what is read."""
    if Path(path).resolve() == Path(out).resolve():
        raise ValueError(f"--out {out} is the file that is read: give another")


def _read_description(path: str) -> tuple[ModelConfig, Vocabulary]:
    try:
        with open_regular(path) as file:
            content = json_object(file.read())
        return ModelConfig.from_dict(content["config"]), vocabulary_from_dict(content["vocabulary"])
    except OSError as error:
        raise ValueError(f"cannot read --config {path}: {error.strerror}") from error
    except KeyError as error:
        raise ValueError(f"{path}: the field {error} is missing: give config and vocabulary") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: no description of a model ({error})") from error
