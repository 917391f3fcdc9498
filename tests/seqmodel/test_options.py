"""Every option of the architecture does what its name says, and only that."""

import re

import pytest
import torch

from seqmodel import IntegerVocabulary, ModelConfig, Transformer

SMALL = {
    "context": 6,
    "d_model": 8,
    "layers": 2,
    "heads": 2,
    "value_periods": (2, 3),
    "zero_output_projections": False,
}
VECTORS, MAP = "embedding.values.vectors.weight", "embedding.values.map.weight"
NORMS = ("blocks.i.attention_norm", "blocks.i.feed_forward_norm", "final_norm")
ATTENTION = {"blocks.i.attention.qkv.weight": (48, 8), "blocks.i.attention.qkv.bias": (48,)}
TOKENS = torch.tensor([[1, 2, 3, 4], [9, 8, 7, 6]])


def make_model(seed=0, *, end=True, **changes):
    return Transformer(ModelConfig(**SMALL | changes), IntegerVocabulary(high=9, end=end), seed=seed)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({"context": 9}, {"embedding.positions.vectors.weight": (9, 8)}),
        ({"heads": 4, "d_head": 4}, ATTENTION | {"blocks.i.attention.output.weight": (8, 16)}),
        ({"heads": 4}, {}),
        ({"d_head": 8}, ATTENTION | {"blocks.i.attention.output.weight": (8, 16)}),
        (
            {"d_ff": 5},
            {
                "blocks.i.feed_forward.hidden.weight": (5, 8),
                "blocks.i.feed_forward.hidden.bias": (5,),
                "blocks.i.feed_forward.output.weight": (8, 5),
            },
        ),
        ({"norm": "post"}, {"final_norm.weight": None, "final_norm.bias": None}),
        ({"norm": "rms"}, dict.fromkeys(f"{norm}.bias" for norm in NORMS)),
        ({"norm": "none"}, dict.fromkeys(f"{norm}.{kind}" for norm in NORMS for kind in ("weight", "bias"))),
        ({"activation": "relu"}, {}),
        ({"embedding": "frequency", "value_periods": ()}, {VECTORS: None, MAP: None}),
        ({"embedding": "number-theoretic", "value_periods": ()}, {VECTORS: None, MAP: (8, 90)}),
        ({"embedding": "binary", "value_periods": ()}, {VECTORS: None}),
        ({"embedding": "tuple", "value_periods": ()}, {VECTORS: None, MAP: (8, 1)}),
        ({"value_periods": ()}, {MAP: None}),
        ({"value_periods": (2, 3, 5)}, {MAP: (8, 6)}),
        (
            {"positions": "tuple"},
            {"embedding.positions.vectors.weight": None, "embedding.positions.map.weight": (8, 1)},
        ),
        ({"positions": "rotary"}, {"embedding.positions.vectors.weight": None}),
        ({"attention": "full"}, {}),
        ({"end": False}, {"output.weight": (10, 8), "output.bias": (10,)}),
        ({"end": False, "head": "regression"}, {"output.weight": (1, 8), "output.bias": (1,)}),
    ],
    ids=str,
)
def test_options_decide_which_weights_there_are(changes, differences):
    """All differences to the small model: another shape, or None where a weight is gone."""
    found, usual = shapes_of(make_model(**changes)), shapes_of(make_model())
    assert {name: found.get(name) for name in found | usual if found.get(name) != usual.get(name)} == differences


def shapes_of(model):
    return {re.sub(r"blocks\.\d", "blocks.i", name): tuple(weight.shape) for name, weight in model.named_parameters()}


def test_width_and_layers_decide_the_rest():
    def count(**changes):
        return sum(weight.numel() for weight in make_model(**changes).parameters())

    tables, ends = (10 + 6 + 4) * 8, 2 * 8 + (8 + 1) * 11
    block = 2 * 2 * 8 + (8 + 1) * 24 + (8 + 1) * 8 + (8 + 1) * 32 + (32 + 1) * 8
    assert [count(layers=layers) for layers in (1, 2, 5)] == [tables + ends + layers * block for layers in (1, 2, 5)]
    assert count(d_model=16, d_head=4, d_ff=32) == 20 * 16 + 2 * 16 + 17 * 11 + 2 * (
        2 * 2 * 16 + 17 * 24 + 9 * 16 + 17 * 32 + 33 * 16
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"d_model": 16},
        {"layers": 1},
        {"heads": 4},
        {"d_head": 8},
        {"d_ff": 16},
        {"norm": "post"},
        {"norm": "rms"},
        {"norm": "none"},
        {"activation": "relu"},
        {"activation": "silu"},
        {"embedding": "frequency", "value_periods": ()},
        {"embedding": "number-theoretic", "value_periods": ()},
        {"embedding": "binary", "value_periods": ()},
        {"embedding": "tuple", "value_periods": ()},
        {"positions": "tuple"},
        {"positions": "rotary"},
        {"value_periods": (2, 5)},
        {"value_periods": ()},
        {"attention": "full"},
        {"initialisation": "gpt2"},
        {"initialisation": "scaled"},
        {"zero_output_projections": True},
    ],
    ids=str,
)
def test_every_option_changes_the_logits(changes):
    assert not torch.equal(make_model(**changes)(TOKENS), make_model()(TOKENS))


@pytest.mark.parametrize("changes", [{"norm": "rms"}, {"activation": "relu"}, {"attention": "full"}], ids=str)
def test_options_without_weights_of_their_own_change_the_logits_of_the_same_weights(changes):
    model, usual = make_model(**changes), make_model()
    model.load_state_dict({name: weight for name, weight in usual.state_dict().items() if name in model.state_dict()})
    assert not torch.allclose(model(TOKENS), usual(TOKENS), rtol=0, atol=1e-3)
