"""What TransformerLens computes with our weights, and we with its."""

from dataclasses import replace

import pytest
import torch

from seqmodel import (
    QUANTAMATHS_VOCABULARY,
    IntegerVocabulary,
    ModelConfig,
    Transformer,
    from_transformer_lens,
    hooked_transformer_arguments,
    load_transformer_lens_file,
    quantamaths,
    save_transformer_lens_file,
    to_transformer_lens,
)

pytestmark = pytest.mark.filterwarnings("ignore:HookedTransformer is deprecated:DeprecationWarning")

ROUNDING = 16 * 2**-23
"""How far float32 logits may lie apart, over the largest of them. Measured: at most 7.4 * 2**-23."""

ROUNDING_64 = 1e-13
"""The same in float64. Measured: at most 3.2e-15."""

PUBLISHED = ["add_d5_l1_h3", "mix_d6_l2_h3", "ins1_mix_d6_l3_h4"]

SMALL = ModelConfig(
    context=7, d_model=12, layers=2, heads=3, d_head=6, d_ff=20, value_periods=(), zero_output_projections=False
)

LEARNED = {
    "gelu": {},
    "rms": {"norm": "rms"},
    "no norm": {"norm": "none"},
    "relu": {"activation": "relu"},
    "silu": {"activation": "silu"},
    "rotary": {"positions": "rotary"},
    "full": {"attention": "full"},
    "regression": {"head": "regression"},
    "one term": {"context": 1},
    "one head": {"heads": 1, "d_head": None},
}

FEATURES = {
    "periods": {"value_periods": (2, 3, 5)},
    "frequency": {"embedding": "frequency"},
    "number theory": {"embedding": "number-theoretic"},
    "binary": {"embedding": "binary"},
    "tuple": {"embedding": "tuple", "positions": "tuple"},
}

# A LayerNorm of two numbers that lie close together magnifies float32's rounding a hundredfold.
UNSTABLE = {"two dimensions": {"embedding": "tuple", "positions": "tuple", "d_model": 2}}


@pytest.fixture(scope="module")
def lens():
    """Import TransformerLens, which takes seconds, once and only for these tests."""
    import transformer_lens

    return transformer_lens


def hooked(lens, model, **arguments):
    """Return TransformerLens' model of the same architecture, with its own weights."""
    arguments = hooked_transformer_arguments(model.config, model.vocabulary) | arguments
    return lens.HookedTransformer(lens.HookedTransformerConfig(**arguments, device="cpu")).eval()


def our_model(config, vocabulary=None, seed=3):
    if vocabulary is None:
        vocabulary = IntegerVocabulary(low=-3, high=20, end=config.head == "classes")
    return shaken(Transformer(config, vocabulary, seed=seed).eval())


def shaken(model):
    """Return a model in which no bias is 0 and no norm 1: nothing may hide behind them."""
    generator = torch.Generator().manual_seed(7)
    for weight in model.parameters():
        if weight.min() == weight.max():
            weight.data += 0.2 * torch.randn(weight.shape, generator=generator)
    return model


def logits_of(ours, theirs):
    """Return what both say to the same random tokens."""
    generator = torch.Generator().manual_seed(11)
    tokens = torch.randint(0, ours.vocabulary.size, (5, ours.config.context), generator=generator)
    with torch.inference_mode():
        return ours(tokens), theirs(tokens)


def distance(ours, theirs):
    """Return how far the logits lie apart at most, over the largest."""
    our_logits, their_logits = logits_of(ours, theirs)
    assert our_logits.shape == their_logits.shape
    return float((our_logits - their_logits).abs().max() / their_logits.abs().max())


@pytest.mark.parametrize("options", (LEARNED | FEATURES).values(), ids=(LEARNED | FEATURES).keys())
def test_it_computes_the_same_with_our_weights(lens, options):
    model = our_model(replace(SMALL, **options))
    theirs = hooked(lens, model)
    theirs.load_state_dict(to_transformer_lens(model), strict=True)
    assert distance(model, theirs) <= ROUNDING


@pytest.mark.parametrize(
    "options", (LEARNED | FEATURES | UNSTABLE).values(), ids=(LEARNED | FEATURES | UNSTABLE).keys()
)
def test_in_float64_no_more_than_its_rounding_remains(lens, options):
    model = our_model(replace(SMALL, **options)).double()
    theirs = hooked(lens, model, dtype=torch.float64)
    theirs.load_state_dict(to_transformer_lens(model), strict=True)
    assert distance(model, theirs) <= ROUNDING_64


@pytest.mark.parametrize("options", LEARNED.values(), ids=LEARNED.keys())
def test_we_compute_the_same_with_its_weights(lens, options):
    config = replace(SMALL, **options)
    model = our_model(config)
    theirs = shaken(hooked(lens, model, seed=5))
    assert distance(from_transformer_lens(theirs.state_dict(), config, model.vocabulary), theirs) <= ROUNDING


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "under model"])
def test_a_published_file_is_read_by_its_name(lens, tmp_path, name, wrapped):
    theirs = shaken(hooked(lens, Transformer(quantamaths(name), QUANTAMATHS_VOCABULARY), seed=5))
    path = tmp_path / "model.pth"
    torch.save({"model": theirs.state_dict()} if wrapped else theirs.state_dict(), path)
    model = load_transformer_lens_file(path, name)
    assert (model.config, model.vocabulary) == (quantamaths(name), QUANTAMATHS_VOCABULARY)
    assert not model.training
    assert distance(model, theirs) <= ROUNDING


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_computes_the_same_with_our_weights_in_published_shapes(lens, tmp_path, name):
    model = our_model(quantamaths(name), QUANTAMATHS_VOCABULARY)
    path = tmp_path / "model.pth"
    save_transformer_lens_file(path, model)
    theirs = hooked(lens, model)
    theirs.load_state_dict(torch.load(path, weights_only=True), strict=True)
    assert distance(model, theirs) <= ROUNDING


@pytest.mark.parametrize("options", LEARNED.values(), ids=LEARNED.keys())
def test_a_model_comes_back_from_it_bit_for_bit(lens, options):
    model = our_model(replace(SMALL, **options))
    theirs = hooked(lens, model)
    theirs.load_state_dict(to_transformer_lens(model), strict=True)
    back = from_transformer_lens(theirs.state_dict(), model.config, model.vocabulary)
    assert back.state_dict().keys() == model.state_dict().keys()
    for name, weight in model.state_dict().items():
        assert torch.equal(back.state_dict()[name], weight), name


def test_older_versions_buffers_are_accepted(lens):
    model = our_model(SMALL)
    state = hooked(lens, model).state_dict()
    for layer in range(SMALL.layers):
        state[f"blocks.{layer}.attn.mask"] = torch.ones(SMALL.context, SMALL.context, dtype=torch.bool).tril()
        state[f"blocks.{layer}.attn.IGNORE"] = torch.tensor(-1e5)
    from_transformer_lens(state, SMALL, model.vocabulary)


def test_its_other_rotations_are_refused(lens):
    config = replace(SMALL, positions="rotary")
    model = our_model(config)
    for wrong in ({"rotary_base": 9000}, {"rotary_adjacent_pairs": True}, {"rotary_dim": 4}):
        with pytest.raises(ValueError, match=r"tensor 'blocks.0.attn.rotary_(sin|cos)'"):
            from_transformer_lens(hooked(lens, model, **wrong).state_dict(), config, model.vocabulary)


def test_its_local_attention_is_refused_by_the_mask_of_older_versions(lens):
    state = hooked(lens, our_model(SMALL)).state_dict()
    mask = torch.ones(SMALL.context, SMALL.context, dtype=torch.bool).tril()
    state["blocks.1.attn.mask"] = torch.triu(mask, 1 - 3)
    with pytest.raises(ValueError, match=r"'blocks.1.attn.mask' must show each token itself and all before it"):
        from_transformer_lens(state, SMALL, IntegerVocabulary(low=-3, high=20))
