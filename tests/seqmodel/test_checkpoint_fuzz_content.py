"""A checkpoint whose parts do not fit each other is refused in one clear line, however well it is signed."""

import json
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_forgery import (
    CONFIG,
    VOCABULARY,
    canonical,
    description_and_tensors,
    forged,
    genuine,
    refusal,
    signed,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqmodel import ModelConfig, parameter_shapes, vocabulary_from_dict

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return genuine(tmp_path_factory.mktemp("saved"))


# Tensors


@pytest.mark.parametrize("name", parameter_shapes(CONFIG, VOCABULARY))
def test_every_tensor_must_be_there_with_its_shape_and_type(tmp_path, saved, name):
    description, tensors = description_and_tensors(saved)
    tensor = tensors.pop(name)
    assert f"tensor {name!r} is missing" in refusal(tmp_path, forged(description, tensors))
    renamed = tensors | {f"{name}s": tensor}
    assert f"tensor {name!r}" in refusal(tmp_path, forged(description, renamed))
    for shape in (tensor.shape[::-1], (*tensor.shape, 1), (tensor.size,), (1, tensor.size), (tensor.size, 1)):
        if shape != tensor.shape:
            message = refusal(tmp_path, forged(description, tensors | {name: tensor.reshape(shape)}))
            assert f"tensor {name!r} has shape {shape}, not {tensor.shape}" in message
    for changed in (tensor[:-1], np.concatenate([tensor, tensor]), tensor[:0]):
        message = refusal(tmp_path, forged(description, tensors | {name: changed}))
        assert f"tensor {name!r} has shape {changed.shape}" in message
    for dtype in ("F64", "F16", "I64", "I32", "U8", "BOOL", "C64"):
        data = forged(description, tensors | {name: tensor.astype(safetensors.numpy._TYPES[dtype])})
        assert f"tensor {name!r} is {dtype}, not F32" in refusal(tmp_path, data)
    tensor.flat[-1] = np.nan
    assert f"tensor {name!r} holds NaN" in refusal(tmp_path, forged(description, tensors | {name: tensor}))


@same_folder
@given(name=st.text(max_size=40).filter(lambda name: name != "__metadata__"), shape=st.sampled_from([(), (0,), (3, 2)]))
def test_one_tensor_more_is_refused(tmp_path, saved, name, shape):
    description, tensors = description_and_tensors(saved)
    data = forged(description, tensors | {name: np.zeros(shape, np.float32)})
    assert "has no place in the model" in refusal(tmp_path, data)


def test_no_tensors_at_all_are_refused(tmp_path, saved):
    description, _ = description_and_tensors(saved)
    assert "1 layers cannot lie in 0 tensors" in refusal(tmp_path, forged(description, {}))


# The description


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=2), "format 2 is unknown: this version reads format 1"),
        (lambda d: d.update(format=2, more={}, config=[]), "format 2 is unknown: this version reads format 1"),
        (lambda d: d.update(format="1"), "format '1' is unknown"),
        (lambda d: d.update(format=1.0), "format 1.0 is unknown"),
        (lambda d: d.update(format=True), "format True is unknown"),
        (lambda d: d.update(format=None), "format None is unknown"),
        (lambda d: d.pop("format"), "no format number"),
        (lambda d: d.update(licence="MIT"), "must have the fields"),
        (lambda d: d.update({"line\nbreak\x1b[31m": 1}), r"line\nbreak\x1b[31m"),
        (lambda d: d.update({"x" * 10**5: 1}), "must have the fields"),
        (lambda d: d.pop("provenance"), "must have the fields"),
        (lambda d: d.update(provenance=[1]), "its provenance must be a JSON object"),
        (lambda d: d.update(config=7), "its config must be a JSON object"),
        (lambda d: d.update(vocabulary="0123"), "its vocabulary must be a JSON object"),
        (lambda d: d["config"].update(d_modle=3), "unknown field 'd_modle' of a model configuration"),
        (lambda d: d["config"].update(d_model="8"), "d_model must be an integer, got '8'"),
        (lambda d: d["config"].update(d_model=8.0), "d_model must be an integer, got 8.0"),
        (lambda d: d["config"].update(layers=-1), "layers must be at least 1, got -1"),
        (lambda d: d["config"].update(norm=["pre"]), "norm must be one of"),
        (lambda d: d["config"].update(norm={}), "norm must be one of"),
        (lambda d: d["config"].update(value_periods=None), "value_periods must be a tuple"),
        (lambda d: d["config"].update(value_periods=[[2]]), "value_periods must hold integers"),
        (lambda d: d["config"].update(value_periods=[10**30]), "value_periods must be below 2**62"),
        (lambda d: d["config"].update(dropout=10**400), "dropout must be at least 0 and below 1"),
        (lambda d: d["config"].update(head="regression"), "give a vocabulary with end=False"),
        (lambda d: d["vocabulary"].update(kind="runes"), "unknown kind of vocabulary 'runes'"),
        (lambda d: d["vocabulary"].update(kind=["integers"]), "unknown kind of vocabulary"),
        (lambda d: d["vocabulary"].update({"a\nb": 1}), r"a\nb"),
        (lambda d: d["vocabulary"].update(low=0.5), "low must be an integer"),
        (lambda d: d["vocabulary"].update(low=10), "low must not exceed high"),
        (lambda d: d["vocabulary"].pop("low"), "a vocabulary has the fields"),
        (lambda d: d.update(vocabulary={"kind": "symbols", "symbols": "0"}), "value_periods are of integers"),
        (lambda d: d.update(vocabulary={"kind": "symbols", "symbols": ["0"]}), "symbols must be text"),
    ],
    ids=range(33),
)
def test_the_description_must_be_understood_completely(tmp_path, saved, change, message):
    description, tensors = description_and_tensors(saved)
    change(description)
    assert message in refusal(tmp_path, forged(description, tensors))


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: json.dumps(json.loads(text)),
        lambda text: text.replace('"format":1', '"format":1,"format":1'),
        lambda text: text.replace('"layers":1', '"layers":1,"layers":1'),
        lambda text: text.replace("\\u00e9", "é"),
        lambda text: text.replace('"steps":3', '"steps":3e0'),
        lambda text: text.replace('"steps":3', '"steps":NaN'),
        lambda text: text.replace('"steps":3', '"steps":1e999'),
        lambda text: text.replace('"steps":3', '"steps":' + "9" * 5000),
        lambda text: text.replace('"steps":3', '"steps":' + "[" * 900 + "]" * 900),
        lambda text: text + " ",
    ],
    ids=range(10),
)
def test_a_description_written_otherwise_is_refused(tmp_path, saved, rewrite):
    description, tensors = description_and_tensors(saved)
    text = canonical(signed(description, tensors))
    assert rewrite(text) != text
    assert "damaged" in refusal(tmp_path, safetensors.numpy.save(tensors, {"seqmodel": rewrite(text)}))


@pytest.mark.parametrize("digest", [None, 1, "", "0" * 64, [], {}])
def test_a_wrong_digest_is_refused(tmp_path, saved, digest):
    description, tensors = description_and_tensors(saved)
    data = safetensors.numpy.save(tensors, {"seqmodel": canonical(description | {"sha256": digest})})
    assert "damaged: its SHA-256 does not match its content" in refusal(tmp_path, data)


# What a configuration may ask for


def rotary(context):
    return {"positions": "rotary", "context": context}


ABSURD = [
    ({"layers": 10**9}, {}),
    ({"layers": 10**4000}, {}),
    ({"d_model": 10**7}, {}),
    ({"d_model": 10**7, "layers": 10**9, "d_ff": 10**12}, {}),
    ({"d_model": 10**4200, "heads": 1}, {}),
    ({"d_ff": 10**7}, {}),
    ({"heads": 10**7, "d_head": 10**7}, {}),
    ({"heads": 10**4200, "d_head": 10**4200}, {}),
    ({"context": 10**7}, {}),
    ({"context": 10**18}, {}),
    (rotary(10**6), {}),
    (rotary(30_000), {}),
    ({"positions": "tuple", "context": 10**6}, {}),
    ({}, {"high": 2**62 - 1}),
    ({}, {"high": 10**7}),
    ({"embedding": "number-theoretic", "value_periods": []}, {"low": 2**62 - 10, "high": 2**62 - 1}),
    ({"embedding": "number-theoretic", "value_periods": []}, {"high": 10**7}),
    ({"embedding": "tuple", "value_periods": [], "head": "regression"}, {"high": 2**62 - 1, "end": False}),
    ({"embedding": "binary", "value_periods": [], "head": "regression"}, {"high": 10**9, "end": False}),
    ({"embedding": "frequency", "value_periods": [], "head": "regression"}, {"high": 10**9, "end": False}),
    ({"value_periods": list(range(2, 50_000))}, {}),
]


@pytest.mark.parametrize(("config", "vocabulary"), ABSURD, ids=range(len(ABSURD)))
def test_absurd_sizes_are_refused_before_any_memory_is_taken(tmp_path, saved, config, vocabulary):
    description, tensors = description_and_tensors(saved)
    description["config"] |= config
    description["vocabulary"] |= vocabulary
    data = forged(description, tensors)
    refusal(tmp_path, data)
    tracemalloc.start()
    refusal(tmp_path, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3e6 + 10 * len(data)


NUMBER = {"value_periods": [], "head": "regression"}


@pytest.mark.parametrize(
    ("config", "vocabulary", "message"),
    [
        (rotary(20_000), {}, "context 20000 and 10 values need fixed tables of more than"),
        (rotary(10**9), {}, "context 1000000000 and 10 values need fixed tables of more than"),
        (rotary(10**10), {}, "context must be below 2147483648"),
        ({"positions": "tuple", "context": 30_000}, {}, "context 30000 and 10 values need fixed tables"),
        (NUMBER | {"embedding": "tuple"}, {"high": 2**62 - 1, "end": False}, f"{2**62} values need fixed tables"),
        (NUMBER | {"embedding": "binary"}, {"high": 10**8 - 1, "end": False}, "100000000 values need fixed tables"),
        (NUMBER | {"embedding": "frequency"}, {"high": 10**8 - 1, "end": False}, "100000000 values need fixed tables"),
        (
            NUMBER | {"embedding": "number-theoretic"},
            {"low": 2**62 - 10, "high": 2**62 - 1, "end": False},
            f"takes hours for 10 values as large as {2**62 - 1}",
        ),
    ],
    ids=range(8),
)
def test_absurd_sizes_that_no_weight_shows_are_refused(tmp_path, saved, config, vocabulary, message):
    description, _ = description_and_tensors(saved)
    description["config"] |= config
    description["vocabulary"] |= vocabulary
    shapes = parameter_shapes(
        ModelConfig.from_dict(description["config"]), vocabulary_from_dict(description["vocabulary"])
    )
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    assert message in refusal(tmp_path, forged(description, tensors))


def test_a_million_symbols_are_refused_without_delay(tmp_path, saved):
    description, tensors = description_and_tensors(saved)
    description["config"]["value_periods"] = []
    symbols = "".join(map(chr, range(0x10000, 0x10FFFF)))
    description["vocabulary"] = {"kind": "symbols", "symbols": symbols}
    assert "tensor 'embedding.values.map.weight' has no place" in refusal(tmp_path, forged(description, tensors))
