"""ONNX Runtime computes what the model computes, at any batch and length."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    export_onnx,
    preset,
    quantamaths,
    vocabulary_from_dict,
)
from seqmodel.onnx_graph import OPSET

ROUNDING = 16 * 2**-23
"""How far logits may lie apart, as `distance` counts. Measured: at most 8.6 * 2**-23 in these tests, 6.0
in 6000 random configurations."""

SMALL = ModelConfig(
    context=7, d_model=12, layers=2, heads=3, d_head=6, d_ff=20, value_periods=(), zero_output_projections=False
)

OPTIONS = {
    "gelu": {},
    "periods": {"value_periods": (2, 3, 5)},
    "frequency": {"embedding": "frequency"},
    "number theory": {"embedding": "number-theoretic"},
    "binary": {"embedding": "binary"},
    "tuple": {"embedding": "tuple"},
    "tuple positions": {"positions": "tuple"},
    "rotary": {"positions": "rotary"},
    "post": {"norm": "post"},
    "rms": {"norm": "rms"},
    "no norm": {"norm": "none"},
    "relu": {"activation": "relu"},
    "silu": {"activation": "silu"},
    "full": {"attention": "full"},
    "regression": {"head": "regression"},
    "one term": {"context": 1},
    "one head": {"heads": 1, "d_head": None},
    "dropout": {"dropout": 0.5},
}


def shaken(config, vocabulary=None, seed=3):
    """Return a model in which no bias is 0 and no norm 1: nothing may hide behind them."""
    if vocabulary is None:
        vocabulary = IntegerVocabulary(low=-3, high=20, end=config.head == "classes")
    model = Transformer(config, vocabulary, seed=seed).eval()
    generator = torch.Generator().manual_seed(7)
    for weight in model.parameters():
        if weight.min() == weight.max():
            weight.data += 0.2 * torch.randn(weight.shape, generator=generator)
    return model


def runtime(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what it refuses is looked at here, not on the screen
    return onnxruntime.InferenceSession(path, options)


def lengths_of(config):
    return [1, 2, 5 * config.context] if config.slides else sorted({1, min(2, config.context), config.context})


def distance(logits, expected):
    """Return how far they lie apart at most, over the largest, or over 1: they are sums of such numbers."""
    return np.abs(logits - expected).max() / max(1.0, np.abs(expected).max())


def compare(model, path, shapes):
    """Assert that both say the same to random tokens of every shape."""
    export_onnx(model, path)
    onnx.checker.check_model(path, full_check=True)
    session = runtime(path)
    generator = torch.Generator().manual_seed(11)
    for shape in shapes:
        tokens = torch.randint(0, model.vocabulary.size, shape, generator=generator)
        with torch.inference_mode():
            expected = model(tokens).numpy()
        (logits,) = session.run(["logits"], {"tokens": tokens.numpy()})
        assert logits.dtype == np.float32
        assert logits.shape == expected.shape
        assert distance(logits, expected) <= ROUNDING


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "plain"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_every_option_gives_the_same_logits_at_every_batch_and_length(tmp_path, options, exact):
    model = shaken(replace(SMALL, **options))
    model.exact = exact
    compare(model, tmp_path / "model.onnx", [(b, t) for b in (1, 4) for t in lengths_of(model.config)])


@st.composite
def configs(draw):
    """Draw any configuration wide enough for LayerNorm to be stable in float32."""
    heads = draw(st.integers(1, 3))
    attention = draw(st.sampled_from(["causal", "full"]))
    embedding = draw(st.sampled_from(["learned", "frequency", "number-theoretic", "binary", "tuple"]))
    periods = st.lists(st.integers(2, 30), max_size=4, unique=True).map(tuple)
    return ModelConfig(
        context=draw(st.integers(1, 12)),
        d_model=2 * draw(st.integers(4, 12)),
        layers=draw(st.integers(1, 3)),
        heads=heads,
        d_head=2 * draw(st.integers(1, 5)),
        d_ff=draw(st.integers(1, 24)),
        norm=draw(st.sampled_from(["pre", "post", "rms", "none"])),
        activation=draw(st.sampled_from(["gelu", "relu", "silu"])),
        embedding=embedding,
        positions=draw(st.sampled_from(["learned", "tuple"] + ["rotary"] * (attention == "causal"))),
        value_periods=draw(periods) if embedding == "learned" else (),
        attention=attention,
        head=draw(st.sampled_from(["classes", "regression"])),
        zero_output_projections=False,
    )


@settings(max_examples=100)
@given(config=configs(), batch=st.integers(1, 5), seed=st.integers(0, 99), data=st.data())
def test_any_configuration_gives_the_same_logits(tmp_path_factory, config, batch, seed, data):
    longest = 3 * config.context if config.slides else config.context
    length = data.draw(st.integers(1, longest))
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    compare(shaken(config, seed=seed), path, [(batch, length)])


def test_a_published_shape_and_our_preset_give_the_same_logits(tmp_path):
    model = shaken(quantamaths("mix_d6_l2_h3"), QUANTAMATHS_VOCABULARY)
    compare(model, tmp_path / "model.onnx", [(1, 22), (8, 22), (3, 5)])
    model = shaken(preset("default", zero_output_projections=False), IntegerVocabulary())
    compare(model, tmp_path / "model.onnx", [(1, 1), (1, 8), (64, 8)])


def test_positions_far_away_turn_as_ours_do(tmp_path):
    compare(shaken(replace(SMALL, positions="rotary", context=4)), tmp_path / "model.onnx", [(1, 1000)])


def test_what_stands_behind_a_token_is_invisible_to_it(tmp_path):
    path = tmp_path / "model.onnx"
    export_onnx(shaken(SMALL), path)
    session = runtime(path)
    tokens = np.array([[1, 2, 3, 4], [1, 2, 3, 9]])
    (logits,) = session.run(None, {"tokens": tokens})
    np.testing.assert_array_equal(logits[0, :3], logits[1, :3])
    assert np.abs(logits[0, 3] - logits[1, 3]).max() > 1e-3


@pytest.mark.parametrize("options", [{}, {"positions": "tuple"}, {"context": 1}, {"attention": "full"}], ids=str)
def test_more_terms_than_the_context_are_an_error(tmp_path, options):
    model = shaken(replace(SMALL, **options))
    path = tmp_path / "model.onnx"
    export_onnx(model, path)
    with pytest.raises(Exception, match=r"Non-zero status code"):
        runtime(path).run(None, {"tokens": np.zeros((2, model.config.context + 1), dtype=np.int64)})


def test_the_file_describes_itself(tmp_path):
    path = tmp_path / "model.onnx"
    model = shaken(SMALL)
    export_onnx(model, path)
    notes = runtime(path).get_modelmeta().custom_metadata_map
    assert notes.keys() == {"config", "vocabulary"}
    assert ModelConfig.from_dict(json.loads(notes["config"])) == model.config
    assert vocabulary_from_dict(json.loads(notes["vocabulary"])) == model.vocabulary
    file = onnx.load(path)
    assert [(entry.domain, entry.version) for entry in file.opset_import] == [("", OPSET)]
    (tokens,) = runtime(path).get_inputs()
    (logits,) = runtime(path).get_outputs()
    assert (tokens.name, tokens.type, tokens.shape) == ("tokens", "tensor(int64)", ["batch", "length"])
    assert (logits.name, logits.type, logits.shape) == ("logits", "tensor(float)", ["batch", "length", 25])


def test_the_same_model_gives_the_same_bytes_and_is_left_as_it_was(tmp_path):
    model = shaken(replace(SMALL, dropout=0.5)).train()
    export_onnx(model, tmp_path / "a.onnx")
    export_onnx(model, tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert model.training
    assert model.exact


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"weights must be float32 for ONNX, got torch.float64"):
        export_onnx(shaken(SMALL).double(), tmp_path / "model.onnx")
    with pytest.raises(FileNotFoundError):
        export_onnx(shaken(SMALL), tmp_path / "no" / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_without_the_package_onnx_it_is_said_what_to_install(tmp_path):
    code = f"""
import sys
sys.modules["onnx"] = None
import seqmodel
model = seqmodel.Transformer(seqmodel.ModelConfig(layers=1), seqmodel.IntegerVocabulary())
try:
    seqmodel.export_onnx(model, {str(tmp_path / "model.onnx")!r})
except ImportError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout == "ONNX export needs onnx: pip install 'seqmodel[onnx]'\n"
