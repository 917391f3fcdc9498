"""Configurations with a name: `nextint` to the letter of its document, and `default`."""

import math

import pytest
import torch

from seqmodel import (
    PRESETS,
    QUANTAMATHS_VOCABULARY,
    VALUE_PERIODS,
    IntegerVocabulary,
    ModelConfig,
    SequenceModel,
    Transformer,
    preset,
)

CLASSES = IntegerVocabulary(end=False)


@pytest.fixture
def nextint():
    return Transformer(preset("nextint"), CLASSES, seed=1)


def test_nextint_sees_eight_numbers(nextint):
    assert nextint.config.context == 8
    assert nextint(torch.zeros(1, 8, dtype=torch.int64)).shape == (1, 8, 256)
    with pytest.raises(ValueError, match=r"1\.\.8 tokens"):
        nextint(torch.zeros(1, 9, dtype=torch.int64))


def test_nextint_embeds_the_tuple_of_integer_and_position_in_two_dimensions(nextint):
    seen = {}
    nextint(torch.tensor([[0, 51, 255]]), observer=lambda name, x, _: seen.update({name: x}))
    expected = torch.tensor([[[0, 0], [51 / 255, 1 / 7], [1, 2 / 7]]])
    torch.testing.assert_close(seen["embedding"], expected, rtol=0, atol=1e-7)
    assert not list(nextint.embedding.parameters())


def test_nextint_has_two_layers_of_two_heads_and_32_hidden_numbers(nextint):
    assert nextint.config.layers in (2, 3)
    assert nextint.config.heads == 2
    assert nextint.config.hidden_size == nextint.blocks[0].feed_forward.hidden.out_features == 32


def test_nextint_drops_nothing(nextint):
    assert nextint.config.dropout == 0
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(nextint.train()(tokens), nextint.eval()(tokens))


def test_nextint_normalises_after_each_branch_with_learned_scale_and_bias(nextint):
    assert nextint.config.norm == "post"
    norms = [norm for block in nextint.blocks for norm in (block.attention_norm, block.feed_forward_norm)]
    assert [(norm.eps, norm.weight.shape, norm.bias.shape) for norm in norms] == [(1e-5, (2,), (2,))] * 4
    names = {name for name, _ in nextint.named_parameters()}
    assert {"blocks.0.attention_norm.weight", "blocks.1.feed_forward_norm.bias"} <= names
    assert not any(name.startswith("final_norm") for name in names)


def test_nextint_activates_with_gelu(nextint):
    assert nextint.config.activation == "gelu"
    seen = {}
    with torch.no_grad():
        nextint.blocks[0].feed_forward.hidden.weight.zero_()
        nextint.blocks[0].feed_forward.hidden.bias.fill_(-1.0)
        nextint(torch.tensor([[3]]), observer=lambda name, x, _: seen.update({name: x}))
    gelu = -0.5 * (1 + math.erf(-1 / math.sqrt(2)))
    torch.testing.assert_close(seen["blocks.0.hidden"], torch.full((1, 1, 32), gelu))


def test_nextint_tells_256_classes_apart_after_every_prefix(nextint):
    assert nextint.config.head == "classes"
    assert nextint.config.attention == "causal"
    first, second = nextint(torch.tensor([[1, 2, 3, 4], [1, 2, 9, 4]]))
    assert torch.equal(first[:2], second[:2])
    assert not torch.equal(first[2:], second[2:])
    assert sum(weight.numel() for weight in nextint.parameters()) == 1_156


def test_the_default_preset_is_the_default_configuration_and_has_its_size():
    assert preset("default") == ModelConfig()
    assert ModelConfig().value_periods == VALUE_PERIODS
    model = Transformer(preset("default"), IntegerVocabulary())
    assert sum(weight.numel() for weight in model.parameters()) == 866_433


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("default", IntegerVocabulary()),
        ("nextint", CLASSES),
        ("add_d5_l1_h3_t15K_s372001", QUANTAMATHS_VOCABULARY),
    ],
)
def test_every_preset_meets_the_protocol(name, vocabulary):
    model: SequenceModel = Transformer(preset(name), vocabulary)
    assert model(torch.tensor([[0]])).shape == (1, 1, vocabulary.outputs)


def test_a_preset_can_be_changed_and_a_wrong_name_lists_the_right_ones():
    assert preset("default", layers=1) == ModelConfig(layers=1)
    with pytest.raises(ValueError, match=r"no preset 'nextin': choose from default, nextint; .* no QuantaMaths name"):
        preset("nextin")
    with pytest.raises(ValueError, match="layers must be at least 1, got 0"):
        preset("nextint", layers=0)
    assert sorted(PRESETS) == ["default", "nextint"]
    with pytest.raises(TypeError):
        PRESETS["default"] = ModelConfig(layers=1)
