import pytest
import torch

from seqmodel import PRESETS, IntegerVocabulary, ModelConfig, SequenceModel, Transformer, preset

SMALL = ModelConfig(context=6, d_model=8, layers=2, heads=2, value_periods=(2, 3))
TOKENS = torch.tensor([[1, 2, 3, 4], [9, 8, 7, 6]])


def make_model(seed=0, **changes):
    values = SMALL.to_dict() | {"zero_output_projections": False} | changes
    return Transformer(ModelConfig.from_dict(values), IntegerVocabulary(high=9), seed=seed)


def test_the_seed_decides_the_first_weights_and_the_global_generator_is_left_alone():
    before = torch.random.get_rng_state()
    first, again, other = make_model(seed=5), make_model(seed=5), make_model(seed=6)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first(TOKENS), again(TOKENS))
    assert not torch.equal(first(TOKENS), other(TOKENS))


def test_zero_output_projections_leave_the_embedding_and_the_output_alone():
    model = make_model(zero_output_projections=True)
    x_BTC = model.embedding(TOKENS, torch.arange(4)[None])
    assert torch.equal(model(TOKENS), model.output(model.final_norm(x_BTC)))
    assert not torch.equal(make_model()(TOKENS), model(TOKENS))


def test_dropout_acts_in_training_alone():
    plain, dropping = make_model(), make_model(dropout=0.5)
    assert not torch.equal(dropping.train()(TOKENS), dropping(TOKENS))
    assert torch.equal(dropping.eval()(TOKENS), plain(TOKENS))


@pytest.mark.parametrize("place", ["embedding", "attention pattern", "attention branch", "feed-forward branch"])
def test_dropout_acts_at_each_named_place(place):
    model = make_model(dropout=0.5)
    block = model.blocks[0]
    modules = {
        "embedding": model.dropout,
        "attention pattern": block.attention.dropout,
        "attention branch": block.dropout,
        "feed-forward branch": block.dropout,
    }
    del modules[place].p  # using it raises
    with pytest.raises(AttributeError):
        model(TOKENS)


@pytest.mark.parametrize(
    "changes",
    [
        {"norm": "post"},
        {"norm": "rms"},
        {"norm": "none"},
        {"activation": "relu"},
        {"activation": "silu"},
        {"d_head": 8},
        {"d_ff": 16},
        {"layers": 1},
        {"heads": 4},
        {"value_periods": [2, 5]},
    ],
    ids=str,
)
def test_every_option_changes_the_logits(changes):
    assert not torch.equal(make_model(**changes)(TOKENS), make_model()(TOKENS))


def test_a_gradient_reaches_every_weight_and_a_few_steps_learn():
    model = make_model()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        logits_BTV = model(TOKENS[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits_BTV.flatten(0, 1), TOKENS[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    assert losses[-1] < losses[0] / 4
    assert all(weight.grad is not None for weight in model.parameters())


def test_logits_are_float32_under_autocast_with_and_without_a_cache():
    model = make_model().eval()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(TOKENS)
        cached = model(TOKENS, cache=model.new_cache(2))
    assert logits.dtype == cached.dtype == torch.float32
    torch.testing.assert_close(cached, logits, rtol=0.1, atol=0.1)


@pytest.mark.parametrize(("name", "end", "parameters"), [("default", True, 866_433), ("nextint", False, 1_156)])
def test_the_presets_have_their_size(name, end, parameters):
    model = Transformer(preset(name), IntegerVocabulary(end=end))
    assert sum(weight.numel() for weight in model.parameters()) == parameters


def test_every_preset_meets_the_protocol():
    for config in PRESETS.values():
        model: SequenceModel = Transformer(config, IntegerVocabulary())
        assert model(torch.tensor([[0]])).shape == (1, 1, 257)
