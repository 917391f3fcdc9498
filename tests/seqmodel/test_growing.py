"""A larger model holds a small one whole, and computes what it did."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    Hooks,
    IntegerVocabulary,
    ModelConfig,
    Observed,
    SymbolVocabulary,
    Transformer,
    decode,
    grow,
    quantamaths,
)
from seqmodel.growing import NEW_CLASS_LOGIT

SMALL = ModelConfig(
    context=6, d_model=8, layers=2, heads=2, d_head=4, d_ff=16, value_periods=(2, 3), zero_output_projections=False
)
VOCABULARY = IntegerVocabulary(high=9)


def changed(config, **changes):
    return ModelConfig.from_dict(config.to_dict() | changes)


def make_small(vocabulary=VOCABULARY, **changes):
    return Transformer(changed(SMALL, **changes), vocabulary, seed=7).eval()


def tokens_for(config, size, rows=3):
    return torch.randint(0, size, (rows, config.context), generator=torch.Generator().manual_seed(config.context))


def read(model, place, tokens_BT):
    hooks = Hooks(model.config)
    hooks.read(place)
    Observed(model, hooks)(tokens_BT)
    return hooks[place]


@st.composite
def small_models(draw, *, exact):
    """Draw a small model: one inside the exact set, or one of any kind."""
    width = st.integers(1, 4).map(lambda n: 4 * n) if exact else st.integers(2, 12)
    attention = draw(st.sampled_from(["causal", "full"]))
    positions = draw(st.sampled_from(["learned", "rotary"] if attention == "causal" else ["learned", "tuple"]))
    embedding = "learned" if exact else draw(st.sampled_from(["learned", "binary", "frequency", "number-theoretic"]))
    head = draw(st.sampled_from(["classes", "regression"]))
    config = ModelConfig(
        context=draw(st.integers(1, 8)),
        d_model=2 * draw(width),
        layers=draw(st.integers(1, 2)),
        heads=draw(st.integers(1, 3)),
        d_head=draw(width) * (2 if positions == "rotary" else 1),
        d_ff=draw(width),
        norm=draw(st.sampled_from(["pre", "rms", "none"])),
        activation=draw(st.sampled_from(["gelu", "relu"] if exact else ["gelu", "relu", "silu"])),
        embedding=embedding,
        positions=positions,
        value_periods=(2, 7) if embedding == "learned" else (),
        attention=attention,
        head=head,
        zero_output_projections=False,
    )
    end = head == "classes" and draw(st.booleans())
    return Transformer(config, IntegerVocabulary(low=-2, high=9, end=end), seed=draw(st.integers(0, 99))).eval()


@given(st.data())
def test_a_model_with_more_layers_computes_the_same_bits(data):
    small = data.draw(small_models(exact=True))
    layers = small.config.layers + data.draw(st.integers(0, 3))
    places = st.lists(
        st.integers(0, layers - 1), min_size=small.config.layers, max_size=small.config.layers, unique=True
    )
    grown = grow(small, changed(small.config, layers=layers), layers=sorted(data.draw(places)))
    tokens_BT = tokens_for(small.config, small.vocabulary.size)
    assert torch.equal(grown.model(tokens_BT), small(tokens_BT))
    assert decode(grown.model, tokens_BT.tolist(), 4) == decode(small, tokens_BT.tolist(), 4)


@given(st.data())
def test_a_model_larger_in_every_way_says_the_same_of_every_old_class(data):
    small = data.draw(small_models(exact=False))
    old = small.config
    more = st.integers(0, 5)
    config = changed(
        old,
        context=old.context + (data.draw(more) if old.positions != "tuple" else 0),
        layers=old.layers + data.draw(st.integers(0, 2)),
        heads=old.heads + data.draw(st.integers(0, 2)),
        d_ff=old.hidden_size + data.draw(more),
        dropout=0.5,
        initialisation=data.draw(st.sampled_from(["uniform", "gpt2", "scaled"])),
        zero_output_projections=data.draw(st.booleans()),
    )
    below = above = 0
    if old.head == "classes" and old.embedding in ("learned", "frequency"):
        below, above = data.draw(st.integers(0, 4)), data.draw(st.integers(0, 30))
    end = small.vocabulary.end or (old.head == "classes" and data.draw(st.booleans()))
    vocabulary = IntegerVocabulary(low=-2 - below, high=9 + above, end=end)
    places = st.lists(st.integers(0, config.layers - 1), min_size=old.layers, max_size=old.layers, unique=True)
    grown = grow(small, config, vocabulary, seed=3, layers=sorted(data.draw(places)))
    tokens_BT = tokens_for(old, small.vocabulary.size)
    # In float64 what rounding leaves is far below what a wrong weight would.
    expected_BTV, found_BTV = small.double()(tokens_BT), grown.model.double()(tokens_BT + below)
    classes = list(range(below, below + 12)) if old.head == "classes" else [0]
    if small.vocabulary.end:
        classes.append(vocabulary.end_token)
    torch.testing.assert_close(found_BTV[..., classes], expected_BTV, rtol=1e-10, atol=1e-11)
    others = sorted(set(range(found_BTV.shape[-1])) - set(classes))
    assert (found_BTV[..., others] == NEW_CLASS_LOGIT).all()


@pytest.mark.parametrize("norm", ["pre", "post", "rms", "none"])
def test_placed_layers_and_heads_compute_what_they_did_though_new_ones_stand_beside_them(norm):
    small = make_small(norm=norm)
    config = changed(small.config, layers=4, heads=3, d_ff=20)
    grown = grow(small, config, preserve=False, layers=[0, 2])
    fresh = Transformer(config, VOCABULARY, seed=0)
    tokens_BT = tokens_for(small.config, 10)
    for kind, part in [("pattern", (slice(None), slice(2))), ("heads", (..., slice(2), slice(None)))]:
        place = f"blocks.0.{kind}"
        torch.testing.assert_close(read(grown.model, place, tokens_BT)[part], read(small, place, tokens_BT))
    for name, weight in grown.model.state_dict().items():
        old, new = small.state_dict(), fresh.state_dict()[name]
        if name.startswith(("blocks.1.", "blocks.3.")):
            assert torch.equal(weight, new), name
        else:
            source = name.replace("blocks.2.", "blocks.1.")
            assert (weight.shape != old[source].shape) or torch.equal(weight, old[source]), name
    output = grown.model.blocks[2].attention.output.weight
    assert torch.equal(output[:, :8], small.blocks[1].attention.output.weight)
    assert torch.equal(output[:, 8:], fresh.blocks[2].attention.output.weight[:, 8:])
    assert not torch.allclose(grown.model(tokens_BT), small(tokens_BT), rtol=1e-2)


def test_a_second_layer_that_is_fed_the_same_computes_the_same():
    small = make_small()
    grown = grow(small, changed(SMALL, layers=4, heads=3, d_ff=20), preserve=False, layers=[1, 3])
    tokens_BT = tokens_for(SMALL, 10)
    hooks = Hooks(grown.model.config)
    hooks.replace("blocks.2.residual", read(small, "blocks.0.residual", tokens_BT))
    hooks.read("blocks.3.heads")
    Observed(grown.model, hooks)(tokens_BT)
    torch.testing.assert_close(hooks["blocks.3.heads"][:, :, :2], read(small, "blocks.1.heads", tokens_BT))


def test_symbols_keep_their_meaning_wherever_they_stand():
    small = make_small(SymbolVocabulary(symbols="01+="), value_periods=[])
    grown = grow(small, small.config, SymbolVocabulary(symbols="=+-012"))
    old, new = small.vocabulary, grown.model.vocabulary
    for text in ("01+1=", "==0"):
        expected_TV = small(torch.from_numpy(old.encode(text))[None])[0]
        found_TV = grown.model(torch.from_numpy(new.encode(text))[None])[0]
        torch.testing.assert_close(found_TV[:, new.encode("01+=")], expected_TV)


@pytest.mark.parametrize("preserve", [True, False])
def test_the_small_model_is_left_as_it_is_and_its_mode_is_kept(preserve):
    small = make_small().train()
    small.exact = False
    before = {name: weight.clone() for name, weight in small.state_dict().items()}
    grown = grow(small, changed(SMALL, layers=3), preserve=preserve).model
    with torch.no_grad():
        for weight in grown.parameters():
            weight.zero_()
    assert all(torch.equal(weight, before[name]) for name, weight in small.state_dict().items())
    assert grown.training
    assert not grown.exact


def test_new_weights_are_a_function_of_the_seed():
    first, again, other = (grow(make_small(), changed(SMALL, layers=3), seed=seed).model for seed in (5, 5, 6))
    name = "blocks.2.attention.qkv.weight"
    assert torch.equal(first.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])


def test_everything_new_learns_after_a_step():
    grown = grow(make_small(), changed(SMALL, layers=3, heads=3, d_ff=20)).model.train()
    optimiser = torch.optim.SGD(grown.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        logits_BTV = grown(tokens_for(SMALL, 10))
        logits_BTV.logsumexp(-1).sum().backward()
        optimiser.step()
    for name, weight in grown.named_parameters():
        if "blocks" in name and not name.endswith("qkv.bias"):  # a key's bias shifts all scores alike
            assert (weight.grad.flatten(1) if weight.ndim > 1 else weight.grad[:, None]).abs().sum(1).min() > 0, name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d_model": 12}, "a model of d_model 8 has no place in one of d_model 12: give the same"),
        ({"d_head": 8}, "head_size 4 has no place in one of head_size 8"),
        ({"norm": "rms"}, "norm 'pre' has no place in one of norm 'rms'"),
        ({"activation": "relu"}, "activation 'gelu'"),
        ({"embedding": "binary", "value_periods": []}, "embedding 'learned'"),
        ({"positions": "rotary"}, "positions 'learned'"),
        ({"value_periods": [2, 3, 5]}, r"value_periods \(2, 3\)"),
        ({"attention": "full"}, "attention 'causal'"),
        ({"head": "regression"}, "head 'classes'"),
        ({"context": 5}, "context 6 has no place in one of context 5: give at least 6"),
        ({"layers": 1}, "layers 2 has no place in one of layers 1: give at least 2"),
        ({"heads": 1}, "heads 2 has no place in one of heads 1"),
        ({"d_ff": 12}, "hidden_size 16 has no place in one of hidden_size 12"),
    ],
    ids=str,
)
@pytest.mark.parametrize("preserve", [True, False])
def test_an_architecture_in_which_the_small_model_has_no_place_is_refused(changes, message, preserve):
    with pytest.raises(ValueError, match=message):
        grow(make_small(), changed(SMALL, **changes), preserve=preserve)


@pytest.mark.parametrize(
    ("layers", "error"),
    [([0], ValueError), ([1, 0], ValueError), ([0, 3], ValueError), ([-1, 0], ValueError), ([0, 1.0], TypeError)],
)
def test_layers_that_are_not_there_or_out_of_order_are_refused(layers, error):
    with pytest.raises(error, match=r"layers must be"):
        grow(make_small(), changed(SMALL, layers=3), layers=layers)


@pytest.mark.parametrize(
    ("small", "large", "changes", "message"),
    [
        (
            VOCABULARY,
            IntegerVocabulary(low=1, high=20),
            {},
            r"vocabulary 1\.\.20 lacks some of the small model's 0\.\.9",
        ),
        (VOCABULARY, IntegerVocabulary(high=9, end=False), {}, "give one with end=True"),
        (
            SymbolVocabulary(symbols="01+"),
            SymbolVocabulary(symbols="01-"),
            {"value_periods": []},
            r"symbol '\+' is none of '01-'",
        ),
        (SymbolVocabulary(symbols="01"), VOCABULARY, {"value_periods": []}, "integers are no symbols"),
        (
            IntegerVocabulary(high=9, end=False),
            IntegerVocabulary(high=10, end=False),
            {"head": "regression"},
            "with 10 instead of 9",
        ),
        (
            VOCABULARY,
            IntegerVocabulary(high=10),
            {"embedding": "tuple", "value_periods": []},
            "embedding 'tuple' describes the same value otherwise",
        ),
        (
            VOCABULARY,
            IntegerVocabulary(low=-1, high=9),
            {"embedding": "binary", "value_periods": []},
            "embedding 'binary' describes the same value otherwise",
        ),
        (
            VOCABULARY,
            IntegerVocabulary(high=255),  # eight bits, as wide as the stream: used without a map
            {"embedding": "binary", "value_periods": []},
            "embedding 'binary' describes",
        ),
    ],
    ids=["range", "END", "symbol", "kind", "regression", "tuple", "binary from below", "binary without a map"],
)
def test_a_vocabulary_in_which_the_small_one_means_something_else_is_refused(small, large, changes, message):
    with pytest.raises(ValueError, match=message):
        grow(make_small(small, **changes), changed(SMALL, **changes), large)


def test_a_binary_embedding_grows_by_bits_that_old_values_do_not_have():
    small = make_small(embedding="binary", value_periods=[])
    grown = grow(small, small.config, IntegerVocabulary(high=100))
    tokens_BT = tokens_for(SMALL, 10)
    torch.testing.assert_close(grown.model(tokens_BT)[..., :10], small(tokens_BT)[..., :10])


def test_positions_of_the_feature_tuple_mean_something_else_in_a_longer_context():
    with pytest.raises(ValueError, match="positions 'tuple' are shares of the context: 6 and 7"):
        grow(make_small(positions="tuple"), changed(SMALL, positions="tuple", context=7))


def test_a_new_layer_behind_norm_post_cannot_be_nothing():
    small = make_small(norm="post")
    with pytest.raises(ValueError, match="norm 'post' normalises again behind every new layer"):
        grow(small, changed(small.config, layers=3))
    wider = grow(small, changed(small.config, heads=3, d_ff=20)).model
    tokens_BT = tokens_for(SMALL, 10)
    torch.testing.assert_close(wider(tokens_BT), small(tokens_BT))


def test_an_addition_model_of_six_digits_grows_into_a_mixed_one_of_eleven():
    small = Transformer(quantamaths("add_d6_l2_h3"), QUANTAMATHS_VOCABULARY, seed=1).eval()
    grown = grow(small, quantamaths("mix_d11_l3_h4"), seed=2)
    assert sum(weight.numel() for weight in grown.model.parameters()) == 10_460_625
    tokens_BT = torch.from_numpy(QUANTAMATHS_VOCABULARY.encode("133357+182243=+0315600"))[None]
    with torch.inference_mode():
        expected_BTV = small.double()(tokens_BT)
        torch.testing.assert_close(grown.model.double()(tokens_BT), expected_BTV, rtol=1e-10, atol=1e-11)
