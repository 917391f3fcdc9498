"""A folder holds one model under the usual names, and nothing in it contradicts the checkpoint."""

import json
import os
import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from model_strategies import models

from seqmodel import (
    CheckpointError,
    IntegerVocabulary,
    ModelCard,
    ModelConfig,
    SymbolVocabulary,
    Transformer,
    from_pretrained,
    load_checkpoint,
    read_pretrained,
    save_checkpoint,
    save_pretrained,
)
from seqmodel.cli import main

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CONFIG = ModelConfig(context=4, d_model=8, layers=1, heads=2, d_ff=8, value_periods=(2, 3))
CARD = ModelCard(name="small", summary="Guesses.", recipe="None.", data="None.", figures="None.", limits="All.")


def small_model(seed=0):
    return Transformer(CONFIG, IntegerVocabulary(high=9), seed=seed).eval()


@pytest.fixture
def folder(tmp_path):
    save_pretrained(tmp_path / "model", small_model(), {"steps": 3}, CARD)
    return tmp_path / "model"


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(same_folder, max_examples=30)
@given(models())
def test_a_model_comes_back_exactly(tmp_path, model):
    save_pretrained(tmp_path, model, {"steps": 3})
    checkpoint = from_pretrained(tmp_path)
    assert (checkpoint.config, checkpoint.vocabulary) == (model.config, model.vocabulary)
    assert checkpoint.provenance == {"steps": 3}
    assert not checkpoint.model.training
    for name, weight in checkpoint.model.state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])
    first = bytes_in(tmp_path)
    save_pretrained(tmp_path, checkpoint.model, {"steps": 3})
    assert bytes_in(tmp_path) == first


def test_the_files_have_the_usual_names(folder):
    assert sorted(bytes_in(folder)) == ["README.md", "config.json", "model.safetensors"]
    assert load_checkpoint(folder / "model.safetensors").config == CONFIG
    assert ModelCard.read(folder / "README.md") == CARD
    assert json.loads((folder / "config.json").read_text(encoding="utf-8")) == {
        "model_type": "seqmodel",
        "format": 1,
        "config": CONFIG.to_dict(),
        "vocabulary": {"kind": "integers", "low": 0, "high": 9, "end": True},
    }


def test_the_checkpoint_in_a_folder_is_the_file_alone(folder, tmp_path):
    save_checkpoint(tmp_path / "alone", small_model(), {"steps": 3})
    assert (folder / "model.safetensors").read_bytes() == (tmp_path / "alone").read_bytes()


@pytest.mark.parametrize("exact", [True, False])
def test_exactness_is_chosen_on_loading(folder, exact):
    assert from_pretrained(folder, exact=exact).model.exact is exact


def test_a_folder_is_made_with_its_parents_and_a_file_in_its_place_is_refused(tmp_path):
    save_pretrained(tmp_path / "new" / "model", small_model(), {})
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        save_pretrained(tmp_path / "file", small_model(), {})


def test_another_model_takes_the_place_of_the_old_one_and_other_files_stay(folder):
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    other = Transformer(ModelConfig(d_model=4, heads=1, layers=2, value_periods=()), SymbolVocabulary(symbols="01"))
    save_pretrained(folder, other, {})
    assert from_pretrained(folder).vocabulary == SymbolVocabulary(symbols="01")
    assert ModelCard.read(folder / "README.md") == CARD
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_saved_leaves_the_folder_as_it_was(folder):
    before = bytes_in(folder)
    broken = Transformer(ModelConfig(d_model=4, heads=1), IntegerVocabulary())
    with pytest.raises(ValueError, match="provenance must be made of JSON values"):
        save_pretrained(folder, broken, {"a": {1}})
    with torch.no_grad():
        broken.output.bias[0] = torch.nan
    with pytest.raises(ValueError, match="holds NaN"):
        save_pretrained(folder, broken, {})
    assert bytes_in(folder) == before


def test_the_checkpoint_alone_is_enough(folder):
    (folder / "config.json").unlink()
    (folder / "README.md").write_bytes(b"\xff no card at all")
    assert from_pretrained(folder).config == CONFIG


def test_white_space_order_and_defaults_contradict_nothing(folder):
    said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    said["config"] = {name: said["config"][name] for name in reversed(said["config"]) if name != "activation"}
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    assert from_pretrained(folder).config == CONFIG


def refusal(folder, text):
    path = folder / "config.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CheckpointError) as error:
        from_pretrained(folder)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


OTHERS = {
    "context": 5,
    "d_model": 16,
    "layers": 2,
    "heads": 4,
    "d_head": 4,
    "d_ff": None,
    "dropout": 0.5,
    "norm": "rms",
    "activation": "relu",
    "embedding": "binary",
    "positions": "rotary",
    "value_periods": [2, 5],
    "attention": "full",
    "head": "regression",
    "initialisation": "gpt2",
    "zero_output_projections": False,
}


@pytest.mark.parametrize("field", ModelConfig().to_dict())
def test_every_field_of_the_configuration_must_agree(folder, field):
    said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    said["config"][field] = OTHERS[field]
    if field == "embedding":
        said["config"]["value_periods"] = []
    message = refusal(folder, json.dumps(said))
    assert f"says config.{field} is {OTHERS[field]!r}, but model.safetensors, which is the truth, has" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said["vocabulary"].update(high=10), "says vocabulary.high is 10, but"),
        (lambda said: said["vocabulary"].update(end=False), "says vocabulary.end is False, but"),
        (
            lambda said: said.update(vocabulary={"kind": "symbols", "symbols": "01"}),
            "vocabulary.kind is 'symbols', but",
        ),
        (lambda said: said.update(format=2), "says format is 2, but"),
        (lambda said: said.update(model_type="gpt2"), "says model_type is 'gpt2', but"),
        (lambda said: said.update(licence="MIT"), "must have the fields model_type, format, config, vocabulary, got"),
        (lambda said: said.update({"a\nb": 1}), r"a\nb"),
        (lambda said: said.pop("vocabulary"), "must have the fields model_type, format, config, vocabulary, got"),
        (lambda said: said.clear(), "got none"),
        (lambda said: said.update(config=[]), "its config must be a JSON object"),
        (lambda said: said.update(vocabulary="01"), "its vocabulary must be a JSON object"),
        (lambda said: said["config"].update(d_modle=8), "did you mean 'd_model'"),
        (lambda said: said["config"].update(d_model="8"), "d_model must be an integer, got '8'"),
        (lambda said: said["config"].update(layers=10**4000), "says config.layers is 1000"),
        (lambda said: said["vocabulary"].update(low=None), "low must be an integer, got None"),
    ],
    ids=range(15),
)
def test_what_contradicts_the_checkpoint_is_refused(folder, change, message):
    said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    change(said)
    assert message in refusal(folder, json.dumps(said))


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff", b"{", b"[]", b"null", b"[" * 10**5, b'{"a":1,"a":1}', "{}".encode("utf-16"), b'{"a":' + b"9" * 5000],
    ids=range(9),
)
def test_a_description_that_is_no_json_object_is_refused(folder, text):
    refusal(folder, text)


def test_a_field_given_twice_is_refused(folder):
    text = (folder / "config.json").read_text(encoding="utf-8")
    assert "'layers' is there twice" in refusal(folder, text.replace('"layers": 1', '"layers": 2, "layers": 1'))


def test_a_description_that_is_no_file_is_refused(folder):
    path = folder / "config.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(CheckpointError, match=r"cannot read .*config.json: Is a directory"):
        from_pretrained(folder)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(CheckpointError, match=r"cannot read .*config.json: a device or a pipe"):
        from_pretrained(folder)


def test_a_folder_without_a_checkpoint_and_a_file_are_refused(tmp_path, folder):
    for directory in (tmp_path / "missing", tmp_path, folder / "config.json"):
        with pytest.raises(CheckpointError, match=r"cannot read checkpoint .*model.safetensors"):
            from_pretrained(directory)


def test_a_damaged_checkpoint_is_named(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=str(path)):
        from_pretrained(folder)


def test_a_folder_may_be_a_link_and_hold_links(tmp_path, folder):
    (tmp_path / "snapshot").mkdir()
    for name in ("model.safetensors", "config.json"):
        (tmp_path / "snapshot" / name).symlink_to(folder / name)
    (tmp_path / "link").symlink_to(tmp_path / "snapshot")
    assert from_pretrained(tmp_path / "link").config == CONFIG


def test_a_folder_is_read_without_torch(folder):
    code = """
import sys
import seqmodel
content = seqmodel.read_pretrained(sys.argv[1])
assert content.config.d_model == 8 and content.tensors["output.weight"].shape == (11, 8)
assert seqmodel.ModelCard.read(sys.argv[1] + "/README.md").name == "small"
assert seqmodel.cli.main(["info", sys.argv[1]]) == seqmodel.cli.main(["models"]) == 0
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", "import seqmodel.cli" + code, folder], check=True, capture_output=True)


def test_info_describes_the_model_in_a_folder(folder, capsys):
    assert main(["info", str(folder), "--json"]) == 0
    of_folder = json.loads(capsys.readouterr().out)
    assert main(["info", str(folder / "model.safetensors"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == of_folder
    assert of_folder["provenance"] == {"steps": 3}


def test_info_refuses_a_folder_that_contradicts_itself(folder, capsys):
    refusal(folder, "{}")
    assert main(["info", str(folder)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"seqmodel: error: {folder / 'config.json'}: must have the fields")


def test_what_a_file_says_of_itself_cannot_command_a_terminal(tmp_path, capsys):
    save_checkpoint(tmp_path / "file", small_model(), {"a\x1b[31m": "red\x1b[31m\nnext", "b": "é"})
    assert main(["info", str(tmp_path / "file")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert r'  "a\u001b[31m": "red\u001b[31m\nnext"' in lines
    assert "  b: é" in lines


def test_reading_returns_what_was_written(folder):
    content = read_pretrained(folder)
    weights = small_model().state_dict()
    assert content.tensors.keys() == weights.keys()
    assert all((content.tensors[name] == weight.numpy()).all() for name, weight in weights.items())


def test_a_card_that_is_none_is_refused_before_anything_is_written(tmp_path):
    model = Transformer(ModelConfig(d_model=8, heads=2, layers=1), IntegerVocabulary())
    with pytest.raises(TypeError, match="card must be a ModelCard, got 'card'"):
        save_pretrained(tmp_path / "folder", model, {}, "card")
    assert not (tmp_path / "folder").exists()
