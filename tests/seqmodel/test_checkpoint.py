"""A checkpoint comes back exactly as it was saved, and is saved only where it can come back."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_strategies import models

from seqmodel import (
    CheckpointFile,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from seqmodel.checkpoint_file import write_checkpoint
from seqmodel.limits import table_bytes

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CONFIG = ModelConfig(context=4, d_model=8, layers=1, heads=2, d_ff=8, value_periods=(2,))
VOCABULARY = IntegerVocabulary(high=9)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


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


@given(models())
def test_the_fixed_tables_of_a_model_are_no_larger_than_is_reckoned(model):
    assert sum(table.nbytes for table in model.buffers()) <= table_bytes(model.config, model.vocabulary)


def test_two_processes_write_the_same_bytes(tmp_path):
    code = """
import sys
from seqmodel import IntegerVocabulary, Transformer, preset, save_checkpoint
model = Transformer(preset("default", layers=1, d_model=16), IntegerVocabulary(), seed=3)
save_checkpoint(sys.argv[1], model, {"b": {"z": 1, "y": 2}, "a": "é"})
"""
    saved = set()
    for seed in ("1", "2"):
        path = tmp_path / seed
        subprocess.run([sys.executable, "-c", code, path], check=True, env=os.environ | {"PYTHONHASHSEED": seed})
        saved.add(path.read_bytes())
    assert len(saved) == 1


def test_a_model_that_is_loaded_predicts_the_same_bits(tmp_path):
    model = Transformer(CONFIG, VOCABULARY, seed=2).eval()
    save_checkpoint(tmp_path / "model.safetensors", model, {})
    tokens = torch.tensor([[1, 2, 3], [4, 5, 6]])
    assert torch.equal(load_checkpoint(tmp_path / "model.safetensors").model(tokens), model(tokens))


@pytest.mark.parametrize("exact", [True, False])
def test_exactness_is_chosen_on_loading_and_not_saved(tmp_path, exact):
    path = tmp_path / "model.safetensors"
    model = Transformer(CONFIG, VOCABULARY)
    save_checkpoint(path, model, {})
    bytes_of_exact = path.read_bytes()
    model.exact = False
    save_checkpoint(path, model, {})
    assert path.read_bytes() == bytes_of_exact
    assert load_checkpoint(path).model.exact is True
    assert load_checkpoint(path, exact=exact).model.exact is exact


@pytest.mark.parametrize(
    "provenance", [{"a": {1, 2}}, {"a": float("nan")}, {"a": b""}, {1: "a"}, {"a": [{None: 1}]}, {"a": 10**5000}]
)
def test_a_provenance_that_json_cannot_hold_is_refused_and_nothing_is_written(tmp_path, provenance):
    model = Transformer(CONFIG, VOCABULARY)
    with pytest.raises(ValueError, match="provenance must be made of JSON values"):
        save_checkpoint(tmp_path / "model.safetensors", model, provenance)
    assert not list(tmp_path.iterdir())


def test_a_provenance_that_holds_itself_or_has_no_end_is_refused(tmp_path):
    itself = {}
    itself["again"] = itself
    deep = {}
    for _ in range(100_000):
        deep = {"deeper": deep}
    for provenance in (itself, deep):
        with pytest.raises(ValueError, match="provenance must be made of JSON values"):
            save_checkpoint(tmp_path / "model.safetensors", Transformer(CONFIG, VOCABULARY), provenance)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_only_float32_weights_are_saved(tmp_path, dtype):
    model = Transformer(CONFIG, VOCABULARY).to(dtype)
    with pytest.raises(ValueError, match=rf"is {dtype}: only float32 is saved; give model.float\(\)"):
        save_checkpoint(tmp_path / "model.safetensors", model, {})
    assert not list(tmp_path.iterdir())


def test_weights_that_are_nan_are_not_saved_and_infinite_ones_are(tmp_path):
    path = tmp_path / "model.safetensors"
    model = Transformer(CONFIG, VOCABULARY).eval()
    with torch.no_grad():
        model.output.bias[10] = -torch.inf
    save_checkpoint(path, model, {})
    assert load_checkpoint(path).model(torch.tensor([[1]]))[0, 0, 10] == -torch.inf
    saved = path.read_bytes()
    with torch.no_grad():
        model.output.bias[10] = torch.nan
    with pytest.raises(ValueError, match=r"tensor 'output.bias' holds NaN"):
        save_checkpoint(path, model, {})
    assert path.read_bytes() == saved


def test_arrays_that_lie_otherwise_in_memory_are_written_as_they_are_read(tmp_path):
    content = tiny_content()
    turned = {name: np.asfortranarray(tensor) for name, tensor in content.tensors.items()}
    write_checkpoint(tmp_path / "usual", content)
    write_checkpoint(tmp_path / "turned", replace(content, tensors=turned))
    assert (tmp_path / "turned").read_bytes() == (tmp_path / "usual").read_bytes()


def test_a_link_is_followed_on_reading_and_replaced_on_writing(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    content = tiny_content()
    write_checkpoint(target, content)
    link.symlink_to(target)
    assert read_checkpoint(link).config == CONFIG
    write_checkpoint(link, replace(content, provenance={"name": "new"}))
    assert not link.is_symlink()
    assert read_checkpoint(link).provenance == {"name": "new"}
    assert read_checkpoint(target).provenance == {}


def tiny_content():
    model = Transformer(CONFIG, VOCABULARY)
    tensors = {name: weight.numpy() for name, weight in model.state_dict().items()}
    return CheckpointFile(config=CONFIG, vocabulary=VOCABULARY, provenance={}, tensors=tensors)
