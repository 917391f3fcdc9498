"""Checkpoints that nobody saved: taken apart, changed, and put together with a digest that is right."""

import hashlib
import json

import pytest
import safetensors.numpy

from seqmodel import CheckpointError, IntegerVocabulary, ModelConfig, Transformer, load_checkpoint, save_checkpoint

CONFIG = ModelConfig(context=4, d_model=8, layers=1, heads=2, d_ff=8, value_periods=(2,))
VOCABULARY = IntegerVocabulary(high=9)
PROVENANCE = {"recipe": {"steps": 3}, "note": "é"}


def genuine(folder):
    """Return the bytes of a small checkpoint."""
    path = folder / "model.safetensors"
    save_checkpoint(path, Transformer(CONFIG, VOCABULARY, seed=2), PROVENANCE)
    return path.read_bytes()


def refusal(folder, data):
    """Return in what words a file with these bytes is refused."""
    path = folder / "broken.safetensors"
    path.write_bytes(data)
    return refusal_of(path)


def refusal_of(path):
    """Return in what words a file is refused, being one line that names it; no model may be built, no pickle opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqmodel.checkpoint.Transformer", lambda *_, **__: pytest.fail("a model was built"))
        patch.setattr("torch.load", lambda *_, **__: pytest.fail("a pickle was opened"))
        with pytest.raises(CheckpointError) as error:
            load_checkpoint(path)
    message = str(error.value)
    assert str(path) in message
    assert message.isprintable()
    assert len(message) < 800 + len(str(path))
    return message


def description_and_tensors(data):
    """Return what a checkpoint's bytes hold: its description and its tensors."""
    header = json.loads(data[8 : header_end(data)])
    return json.loads(header["__metadata__"]["seqmodel"]), safetensors.numpy.load(data)


def header_end(data):
    return 8 + int.from_bytes(data[:8], "little")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def signed(description, tensors):
    """Return the description with the digest that belongs to it and to the tensors."""
    description = {name: value for name, value in description.items() if name != "sha256"}
    digest = hashlib.sha256(canonical(description).encode())
    for name in sorted(tensors):
        digest.update(canonical([name, str(tensors[name].dtype), list(tensors[name].shape)]).encode())
        digest.update(tensors[name].tobytes())
    return description | {"sha256": digest.hexdigest()}


def forged(description, tensors):
    """Return the bytes of a checkpoint with this content and a digest that is right."""
    return safetensors.numpy.save(tensors, {"seqmodel": canonical(signed(description, tensors))})


def raw(header, tensors=b""):
    """Return the bytes of a safetensors file with this header, which may be wrong in any way."""
    header = header if isinstance(header, bytes) else header.encode()
    return len(header).to_bytes(8, "little") + header + tensors
