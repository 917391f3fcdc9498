"""Passes of many rows, whose large products go through oneDNN in the plain engine."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqmodel.parts import ACTIVATIONS, MANY, affine, affine_of_few, affine_of_many

CONFIG = ModelConfig(context=8, d_model=64, heads=2, layers=2, value_periods=(), zero_output_projections=False)


def make_model(**changes):
    model = shaken(Transformer(CONFIG, IntegerVocabulary(high=99), seed=1))
    model.exact = False
    return model


def tokens_of(rows):
    return torch.randint(0, 100, (rows, CONFIG.context), generator=torch.Generator().manual_seed(rows))


def operators_of(action):
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        found = action()
    return found, {event.name for event in profile.events()}


@settings(max_examples=40)
@given(
    st.integers(1, 300),
    st.sampled_from([3, 32, 64, 256]),
    st.sampled_from([1, 16, 128, 512]),
    st.sampled_from([None, *ACTIVATIONS]),
    st.integers(0, 2**32),
)
def test_however_many_rows_they_are_mapped_and_activated_as_torch_does_it(rows, inputs, outputs, then, seed):
    draw = torch.Generator().manual_seed(seed)
    module = torch.nn.Linear(inputs, outputs)
    x_NC = torch.randn(rows, inputs, generator=draw)
    with torch.inference_mode():
        expected = module(x_NC) if then is None else ACTIVATIONS[then](module(x_NC))
        assert torch.equal(affine(x_NC, module, then), expected)
        for found in affine_of_few, affine_of_many:
            torch.testing.assert_close(found(x_NC, module, then), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [MANY // 8, 18, 40, 64])
def test_many_rows_in_the_plain_engine_agree_with_the_exact_one(batch):
    model, tokens_BT = make_model(), tokens_of(batch)
    with torch.inference_mode():
        found = model(tokens_BT)
        model.exact = True
        torch.testing.assert_close(found, model(tokens_BT), rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch was built without oneDNN")
def test_one_dnn_is_asked_where_nothing_is_differentiated_cast_or_promised():
    model, tokens_BT = make_model(), tokens_of(64)
    with torch.inference_mode():
        operators = operators_of(lambda: model(tokens_BT))[1]
        assert "mkldnn::_linear_pointwise" in operators
        assert "aten::gelu" not in operators  # it is part of the product
        with torch.autocast("cpu", torch.bfloat16):
            assert "mkldnn::_linear_pointwise" not in operators_of(lambda: model(tokens_BT))[1]
        model.exact = True
        assert "mkldnn::_linear_pointwise" not in operators_of(lambda: model(tokens_BT))[1]
        model.exact = False
        assert "mkldnn::_linear_pointwise" not in operators_of(lambda: model(tokens_BT[:4]))[1]
        assert "mkldnn::_linear_pointwise" not in operators_of(lambda: model.bfloat16()(tokens_BT))[1]


def test_many_rows_are_learned_from():
    model, tokens_BT = make_model(), tokens_of(64)
    gradients = []
    for exact in True, False:
        model.exact = exact
        model.zero_grad()
        model(tokens_BT).square().mean().backward()
        gradients.append([weight.grad.clone() for weight in model.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
