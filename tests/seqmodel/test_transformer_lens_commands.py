"""`seqmodel import` and `seqmodel export`, from the command line's side."""

import hashlib
import json
import sys

import numpy as np
import onnxruntime
import pytest
import torch

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    load_checkpoint,
    quantamaths,
    save_checkpoint,
    save_transformer_lens_file,
    to_transformer_lens,
)
from seqmodel.cli import main

CONFIG = ModelConfig(context=5, d_model=8, layers=1, heads=2, d_ff=12, value_periods=(), zero_output_projections=False)
NAME = "add_d5_l1_h1_t15K_s372001"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model():
    model = Transformer(CONFIG, IntegerVocabulary(high=9), seed=1).eval()
    save_checkpoint("model.safetensors", model, {})
    return model


def refusal(arguments, capsys, status=2):
    """Return the one line of an error; nothing else may be printed."""
    assert main(arguments) == status
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("seqmodel: error: ")
    assert output.err.count("\n") == 1
    return output.err


def same_weights(one, other):
    assert one.state_dict().keys() == other.state_dict().keys()
    return all(torch.equal(one.state_dict()[name], other.state_dict()[name]) for name in one.state_dict())


def test_a_published_file_becomes_a_checkpoint(tmp_path, capsys):
    published = Transformer(quantamaths(NAME), QUANTAMATHS_VOCABULARY, seed=4)
    torch.save({"model": to_transformer_lens(published)}, "model.pth")
    assert main(["import", "model.pth", "--name", NAME, "--out", "ours.safetensors"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  d_model: 510" in lines
    assert f"  name: {NAME}" in lines
    checkpoint = load_checkpoint("ours.safetensors")
    assert same_weights(checkpoint.model, published)
    assert (checkpoint.config, checkpoint.vocabulary) == (quantamaths(NAME), QUANTAMATHS_VOCABULARY)
    assert checkpoint.provenance == {
        "imported_from": "TransformerLens",
        "file": "model.pth",
        "sha256": hashlib.sha256((tmp_path / "model.pth").read_bytes()).hexdigest(),
        "name": NAME,
    }


@pytest.mark.parametrize("file", ["weights.pth", "weights.safetensors"])
def test_a_checkpoint_goes_to_transformer_lens_and_comes_back(tmp_path, model, file, capsys):
    assert main(["export", "model.safetensors", "--to", "transformer-lens", "--out", file]) == 0
    assert "  d_vocab_out: 11" in capsys.readouterr().out.splitlines()
    assert main(["info", "model.safetensors", "--json"]) == 0
    (tmp_path / "model.json").write_text(capsys.readouterr().out)
    assert main(["import", file, "--config", "model.json", "--out", "back.safetensors", "--json"]) == 0
    description = json.loads(capsys.readouterr().out)
    assert description["provenance"]["file"] == file
    assert same_weights(load_checkpoint("back.safetensors").model, model)


def test_a_checkpoint_goes_to_onnx(model, capsys):
    assert main(["export", "model.safetensors", "--to", "onnx", "--out", "model.onnx", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": "model.onnx",
        "format": "onnx",
        "tensors": {"tokens": "int64 (batch, length)", "logits": "float32 (batch, length, 11)"},
    }
    (logits,) = onnxruntime.InferenceSession("model.onnx").run(None, {"tokens": np.array([[1, 2, 3]])})
    with torch.inference_mode():
        np.testing.assert_allclose(logits, model(torch.tensor([[1, 2, 3]])).numpy(), rtol=0, atol=4e-6)


def test_export_prints_aligned_lines_for_people(model, capsys):
    assert main(["export", "model.safetensors", "--to", "onnx", "--out", "model.onnx"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "file: model.onnx",
        "format: onnx",
        "tensors:",
        "  tokens: int64 (batch, length)",
        "  logits: float32 (batch, length, 11)",
    ]


def test_a_name_that_is_not_the_files_is_one_line(model, capsys):
    save_transformer_lens_file("model.pth", model)
    error = refusal(["import", "model.pth", "--name", NAME, "--out", "ours.safetensors"], capsys)
    assert f"model.pth: tensor 'embed.W_E' has shape (10, 8), not (15, 510); {NAME} asks for that" in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no description of a model"),
        ("[]", "no description of a model (expected a JSON object, got a list)"),
        ("{}", "the field 'config' is missing: give config and vocabulary"),
        ('{"config": {}}', "the field 'vocabulary' is missing"),
        ('{"config": 7, "vocabulary": {}}', "no description of a model"),
        ('{"config": {"d_model": "8"}, "vocabulary": {}}', "d_model must be an integer, got '8'"),
        ('{"config": {}, "vocabulary": {"kind": "runes"}}', "unknown kind of vocabulary 'runes'"),
    ],
)
def test_a_description_that_is_none_is_one_line(tmp_path, model, text, message, capsys):
    save_transformer_lens_file("model.pth", model)
    (tmp_path / "model.json").write_text(text)
    error = refusal(["import", "model.pth", "--config", "model.json", "--out", "ours.safetensors"], capsys)
    assert message in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "no.pth", "--name", NAME, "--out", "new"], "cannot read no.pth: No such file"),
        (["import", "model.safetensors", "--name", "add", "--out", "new"], "'add' is no QuantaMaths name"),
        (["import", "x.pth", "--config", "no.json", "--out", "new"], "cannot read --config no.json: No such file"),
        (["import", "a.pth", "--name", NAME, "--out", "./a.pth"], "--out ./a.pth is the file that is read"),
        (["export", "no.safetensors", "--to", "onnx", "--out", "new"], "cannot read checkpoint no.safetensors"),
        (["export", "model.safetensors", "--to", "onnx", "--out", "model.safetensors"], "is the file that is read"),
    ],
)
def test_other_mistakes_are_one_line_too(tmp_path, model, arguments, message, capsys):
    assert message in refusal(arguments, capsys)
    assert not (tmp_path / "new").exists()


def test_what_the_other_format_cannot_hold_is_one_line(capsys):
    config = ModelConfig(d_model=8, heads=2, layers=1, norm="post")
    save_checkpoint("post.safetensors", Transformer(config, IntegerVocabulary()), {})
    error = refusal(["export", "post.safetensors", "--to", "transformer-lens", "--out", "new"], capsys)
    assert "norm 'post' has no counterpart in TransformerLens" in error


def test_a_missing_package_is_one_line(model, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    error = refusal(["export", "model.safetensors", "--to", "onnx", "--out", "new"], capsys)
    assert "ONNX export needs onnx: pip install 'seqmodel[onnx]'" in error


def test_a_folder_that_is_not_there_is_a_failure_of_the_machine(model, capsys):
    refusal(["export", "model.safetensors", "--to", "onnx", "--out", "no/model.onnx"], capsys, status=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "model.pth", "--out", "new"],
        ["import", "model.pth", "--name", NAME],
        ["import", "model.pth", "--name", NAME, "--config", "model.json", "--out", "new"],
        ["export", "model.safetensors", "--out", "new"],
        ["export", "model.safetensors", "--to", "torchscript", "--out", "new"],
    ],
)
def test_options_that_do_not_fit_are_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("seqmodel: error: ")
    assert error.count("\n") == 1
