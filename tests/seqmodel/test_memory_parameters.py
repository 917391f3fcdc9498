"""Names, shapes and number of the weights, known without torch."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import architectures

from seqmodel import (
    PRESETS,
    QUANTAMATHS_VOCABULARY,
    IntegerVocabulary,
    ModelConfig,
    SymbolVocabulary,
    Transformer,
    parameter_count,
    parameter_shapes,
    quantamaths,
)
from seqmodel.features import value_features
from seqmodel.parameters import value_feature_width


def state_shapes(config, vocabulary):
    with torch.device("meta"):
        state = Transformer(config, vocabulary).state_dict()
    return [(name, tuple(tensor.shape)) for name, tensor in state.items()]


@given(architectures())
def test_names_shapes_and_their_order_are_those_of_the_state(drawn):
    assert list(parameter_shapes(*drawn).items()) == state_shapes(*drawn)


@pytest.mark.parametrize("positions", ["learned", "tuple", "rotary"])
@pytest.mark.parametrize(
    ("embedding", "d_model"),
    [
        *((embedding, d_model) for embedding in ("learned", "binary", "tuple") for d_model in (1, 2, 4)),
        ("frequency", 2),
        ("number-theoretic", 4),
        ("number-theoretic", 90),
    ],
)
@pytest.mark.parametrize("high", [0, 1, 15], ids="to {}".format)
def test_features_as_wide_as_the_model_need_no_map(positions, embedding, d_model, high):
    config = ModelConfig(
        d_model=d_model,
        heads=1,
        d_head=2,
        layers=1,
        embedding=embedding,
        positions=positions,
        value_periods=(2,) if embedding == "learned" else (),
    )
    vocabulary = IntegerVocabulary(high=high)
    assert list(parameter_shapes(config, vocabulary).items()) == state_shapes(config, vocabulary)


@given(architectures())
def test_the_count_is_what_the_shapes_hold_and_what_torch_counts(drawn):
    with torch.device("meta"):
        model = Transformer(*drawn)
    assert parameter_count(*drawn) == sum(map(math.prod, parameter_shapes(*drawn).values()))
    assert parameter_count(*drawn) == sum(weight.numel() for weight in model.parameters())


@given(architectures())
def test_the_width_of_features_is_known_without_making_them(drawn):
    assert value_feature_width(*drawn) == value_features(*drawn).shape[1]


@pytest.mark.parametrize(
    ("config", "vocabulary", "count"),
    [
        (quantamaths("mix_d11_l3_h4"), QUANTAMATHS_VOCABULARY, 10_460_625),  # published
        (PRESETS["nextint"], IntegerVocabulary(end=False), 1156),
        (PRESETS["default"], IntegerVocabulary(), 866_433),
    ],
    ids=["mix_d11_l3_h4", "nextint", "default"],
)
def test_presets_have_so_many_parameters(config, vocabulary, count):
    assert parameter_count(config, vocabulary) == count


@given(st.integers(1, 10**15), st.integers(1, 10**15))
def test_absurd_sizes_are_counted_at_once(layers, width):
    config = ModelConfig(layers=layers, d_model=width, heads=1, d_ff=1, value_periods=())
    vocabulary = IntegerVocabulary(low=-(2**61), high=2**61 - 1, end=False)
    block = 4 * width**2 + 4 * width + 2 * width + 1 + width + 4 * width
    ends = 2**62 * (2 * width + 1) + 8 * width + 2 * width
    assert parameter_count(config, vocabulary) == layers * block + ends


def test_what_no_model_can_be_is_refused_as_the_model_refuses_it():
    config, vocabulary = ModelConfig(embedding="tuple", value_periods=()), SymbolVocabulary(symbols="ab")
    with pytest.raises(ValueError, match="symbols have none") as found:
        Transformer(config, vocabulary)
    for function in (parameter_shapes, parameter_count):
        with pytest.raises(ValueError, match=str(found.value)):
            function(config, vocabulary)
