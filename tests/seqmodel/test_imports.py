import subprocess
import sys
from typing import get_type_hints

import pytest

import seqmodel


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_importing_the_package_imports_neither_torch_nor_numpy():
    code = "import sys, seqmodel, seqmodel.cli; print(*({'torch', 'numpy', 'safetensors'} & set(sys.modules)))"
    assert run(code) == []


def test_configuration_vocabulary_and_weights_are_read_without_torch(tmp_path):
    path = tmp_path / "model.safetensors"
    config = seqmodel.ModelConfig(d_model=8, heads=2, layers=1)
    seqmodel.save_checkpoint(path, seqmodel.Transformer(config, seqmodel.IntegerVocabulary()), {})
    code = f"""
import sys
sys.modules["torch"] = None  # importing it would raise
import seqmodel
content = seqmodel.read_checkpoint({str(path)!r})
assert content.config == seqmodel.ModelConfig(d_model=8, heads=2, layers=1)
assert content.vocabulary.decode(content.vocabulary.encode([3, 255])) == [3, 255]
assert seqmodel.preset("nextint").d_model == 2
seqmodel.SequenceModel, seqmodel.atomic_path
print(type(content.tensors["output.weight"]).__module__, *content.tensors["output.weight"].shape)
"""
    assert run(code) == ["numpy", "257", "8"]


def test_every_public_name_is_there_and_nothing_else():
    assert sorted(seqmodel.__all__) == sorted(seqmodel._HOMES)
    for name in seqmodel.__all__:
        assert getattr(seqmodel, name) is not None
        assert name in dir(seqmodel)
    with pytest.raises(AttributeError, match="'seqmodel' has no attribute 'Transformr'"):
        seqmodel.Transformr  # noqa: B018
    assert get_type_hints(seqmodel.ModelConfig)["layers"] is int
