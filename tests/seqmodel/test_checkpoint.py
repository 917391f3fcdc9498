"""A checkpoint comes back exactly as it was saved, or not at all."""

import hashlib
import json
import pickle

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_strategies import models

from seqmodel import (
    CheckpointError,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
)

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CONFIG = ModelConfig(context=4, d_model=8, layers=1, heads=2, d_ff=8, value_periods=(2,))
PROVENANCE = {"recipe": {"steps": 3}, "note": "é"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the bytes of a small checkpoint."""
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    save_checkpoint(path, Transformer(CONFIG, IntegerVocabulary(high=9), seed=2), PROVENANCE)
    return path.read_bytes()


def description_and_tensors(data):
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return json.loads(header["__metadata__"]["seqmodel"]), safetensors.numpy.load(data)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def forged(description, tensors):
    """Return the bytes of a checkpoint with this content and a digest that is right."""
    description = {name: value for name, value in description.items() if name != "sha256"}
    digest = hashlib.sha256(canonical(description).encode())
    for name in sorted(tensors):
        digest.update(canonical([name, str(tensors[name].dtype), list(tensors[name].shape)]).encode())
        digest.update(tensors[name].tobytes())
    description["sha256"] = digest.hexdigest()
    return safetensors.numpy.save(tensors, {"seqmodel": canonical(description)})


def refusal(tmp_path, data):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


@same_folder
@given(models(), st.dictionaries(st.text(), json_values, max_size=3))
def test_a_model_comes_back_exactly(tmp_path, model, provenance):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, model, provenance)
    checkpoint = load_checkpoint(path)
    content = read_checkpoint(path)
    assert (checkpoint.config, checkpoint.vocabulary) == (model.config, model.vocabulary)
    assert (content.config, content.vocabulary) == (model.config, model.vocabulary)
    assert checkpoint.provenance == content.provenance == provenance
    assert not checkpoint.model.training
    weights = model.state_dict()
    assert checkpoint.model.state_dict().keys() == content.tensors.keys() == weights.keys()
    for name, weight in checkpoint.model.state_dict().items():
        assert torch.equal(weight, weights[name])
        np.testing.assert_array_equal(content.tensors[name], weights[name].numpy())
    first = path.read_bytes()
    save_checkpoint(path, checkpoint.model, dict(reversed(provenance.items())))
    assert path.read_bytes() == first


def test_a_forgery_by_the_rules_is_accepted(tmp_path, saved):
    path = tmp_path / "same.safetensors"
    path.write_bytes(forged(*description_and_tensors(saved)))
    assert load_checkpoint(path).provenance == PROVENANCE
    assert path.read_bytes() == saved


@same_folder
@given(data=st.data())
def test_truncation_anywhere_is_refused(tmp_path, saved, data):
    refusal(tmp_path, saved[: data.draw(st.integers(0, len(saved) - 1))])


@same_folder
@given(extra=st.binary(min_size=1, max_size=20))
def test_more_behind_the_end_is_refused(tmp_path, saved, extra):
    refusal(tmp_path, saved + extra)


@settings(same_folder, max_examples=300)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(tmp_path, saved, data):
    header_end = 8 + int.from_bytes(saved[:8], "little")
    region = st.integers(0, header_end - 1) | st.integers(header_end, len(saved) - 1)
    place = data.draw(region)
    changed = bytearray(saved)
    changed[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "changed.safetensors"
    path.write_bytes(bytes(changed))
    try:
        content = read_checkpoint(path)
    except CheckpointError:
        refusal(tmp_path, bytes(changed))
    else:
        # White space in the header is all that may differ.
        assert saved[place : place + 1].isspace()
        assert description_and_tensors(bytes(changed))[0] == description_and_tensors(saved)[0]
        assert content.provenance == PROVENANCE


@same_folder
@given(st.binary(max_size=300))
def test_bytes_that_are_no_checkpoint_are_refused(tmp_path, data):
    assert "not a safetensors file" in refusal(tmp_path, data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("output.bias"), "tensor 'output.bias' is missing"),
        (lambda tensors: tensors.update(more=np.zeros(1, np.float32)), "tensor 'more' has no place in the model"),
        (
            lambda tensors: tensors.update({"output.bias": np.zeros(12, np.float32)}),
            r"tensor 'output.bias' has shape (12,), not (11,)",
        ),
        (
            lambda tensors: tensors.update({"output.weight": tensors["output.weight"].T.copy()}),
            "tensor 'output.weight' has shape (8, 11), not (11, 8)",
        ),
        (
            lambda tensors: tensors.update({"output.bias": np.zeros(11, np.float64)}),
            "tensor 'output.bias' is float64, not float32",
        ),
        (lambda tensors: tensors.update({"output.bias": np.zeros(11, np.int32)}), "int32, not float32"),
        (lambda tensors: tensors.clear(), "tensor 'blocks.0.attention.output.bias' is missing"),
    ],
)
def test_tensors_must_be_exactly_those_of_the_configuration(tmp_path, saved, change, message):
    description, tensors = description_and_tensors(saved)
    change(tensors)
    assert message in refusal(tmp_path, forged(description, tensors))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=2), "format 2 is unknown: this version reads format 1"),
        (lambda d: d.update(format="1"), "format '1' is unknown"),
        (lambda d: d.pop("format"), "no format number"),
        (lambda d: d.update(licence="MIT"), "must have the fields"),
        (lambda d: d.pop("provenance"), "must have the fields"),
        (lambda d: d.update(provenance=[1]), "its provenance must be a JSON object"),
        (lambda d: d.update(config=7), "its config must be a JSON object"),
        (lambda d: d["config"].update(d_modle=3), "unknown field 'd_modle' of a model configuration"),
        (lambda d: d["config"].update(d_model="8"), "d_model must be an integer, got '8'"),
        (lambda d: d["config"].update(norm=["pre"]), "norm must be one of"),
        (lambda d: d["config"].update(value_periods=None), "value_periods must be a tuple"),
        (lambda d: d["vocabulary"].update(kind="runes"), "unknown kind of vocabulary 'runes'"),
        (lambda d: d["vocabulary"].pop("low"), "a vocabulary has the fields"),
    ],
)
def test_the_description_must_be_understood_completely(tmp_path, saved, change, message):
    description, tensors = description_and_tensors(saved)
    change(description)
    assert message in refusal(tmp_path, forged(description, tensors))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "a safetensors file, but not one of seqmodel"),
        ({"format": "pt"}, "a safetensors file, but not one of seqmodel"),
        ({"seqmodel": "{}", "more": ""}, "a safetensors file, but not one of seqmodel"),
        ({"seqmodel": "{"}, "its description is not JSON"),
        ({"seqmodel": "[" * 100_000}, "its description is not JSON"),
        ({"seqmodel": "[]"}, "no format number"),
    ],
)
def test_other_safetensors_files_are_told_apart(tmp_path, metadata, message):
    data = safetensors.numpy.save({"x": np.zeros(1, np.float32)}, metadata)
    assert message in refusal(tmp_path, data)


def test_a_configuration_too_large_for_its_tensors_is_refused_before_it_is_built(tmp_path, saved):
    description, tensors = description_and_tensors(saved)
    description["config"]["d_model"] = 10**6
    assert "has shape" in refusal(tmp_path, forged(description, tensors))


def test_a_pickle_is_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was run",))

    assert "not a safetensors file" in refusal(tmp_path, pickle.dumps(Trap()))


def test_a_file_of_torch_save_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    torch.save({"weight": torch.zeros(2)}, path)
    assert "not a safetensors file" in refusal(tmp_path, path.read_bytes())


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*missing: No such file"):
        load_checkpoint(tmp_path / "missing")
    with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*: Is a directory"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("provenance", [{"a": {1, 2}}, {"a": float("nan")}, {"a": b""}])
def test_a_provenance_that_json_cannot_hold_is_refused_and_nothing_is_written(tmp_path, provenance):
    model = Transformer(CONFIG, IntegerVocabulary(high=9))
    with pytest.raises(ValueError, match="provenance must be made of JSON values"):
        save_checkpoint(tmp_path / "model.safetensors", model, provenance)
    assert not list(tmp_path.iterdir())
