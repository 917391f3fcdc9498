import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqmodel import IntegerVocabulary, ModelConfig, Transformer, __version__, save_checkpoint
from seqmodel.cli import main


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "model.safetensors"
    model = Transformer(ModelConfig(d_model=8, heads=2, layers=1, value_periods=()), IntegerVocabulary(high=9))
    save_checkpoint(path, model, {"recipe": "none", "steps": 0})
    return str(path)


def test_info_describes_a_checkpoint(checkpoint, capsys):
    assert main(["info", checkpoint]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "parameters: 1,131" in lines
    assert "  d_model: 8" in lines
    assert "  high: 9" in lines
    assert "  recipe: none" in lines


def test_info_as_json_is_one_object(checkpoint, capsys):
    assert main(["info", checkpoint, "--json"]) == 0
    description = json.loads(capsys.readouterr().out)
    assert ModelConfig.from_dict(description["config"]).d_model == 8
    assert description["provenance"] == {"recipe": "none", "steps": 0}
    assert description["tensors"]["output.weight"] == [11, 8]
    assert description["parameters"] == 1131


@pytest.mark.parametrize("name", ["missing.safetensors", "."])
def test_what_is_no_checkpoint_is_one_line_and_status_2(tmp_path, name, capsys):
    assert main(["info", str(tmp_path / name)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("seqmodel: error: cannot read checkpoint")
    assert output.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["info"], ["inf", "x"], ["info", "x", "--jso"]])
def test_wrong_options_are_one_line_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("seqmodel")
    assert error.count("\n") == 1


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"seqmodel {__version__}\n"


def test_an_interrupt_says_what_was_kept(checkpoint, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("seqmodel.info_command.run", interrupt)
    assert main(["info", checkpoint]) == 130
    assert capsys.readouterr().err == "seqmodel: interrupted; nothing was changed\n"


def test_a_reader_that_leaves_is_no_error(checkpoint):
    reader, writer = os.pipe()
    os.close(reader)
    code = f"import sys; from seqmodel.cli import main; sys.exit(main(['info', {checkpoint!r}]))"
    result = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_a_full_disk_is_one_line_and_status_1(checkpoint):
    code = f"import sys; from seqmodel.cli import main; sys.exit(main(['info', {checkpoint!r}]))"
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 1
    assert result.stderr.decode().startswith("seqmodel: error: No space left")
