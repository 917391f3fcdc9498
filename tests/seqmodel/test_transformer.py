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
TOKENS = torch.tensor([[1, 2, 3, 4], [9, 8, 7, 6]])


def make_model(seed=0, *, end=True, **changes):
    return Transformer(ModelConfig(**SMALL | changes), IntegerVocabulary(high=9, end=end), seed=seed)


@pytest.mark.parametrize("exact", [True, False])
def test_zero_output_projections_leave_the_embedding_and_the_output_alone(exact):
    model = make_model(zero_output_projections=True)
    model.exact = exact
    x_BTC = model.embedding.values.rows()[TOKENS] + model.embedding.positions.rows()[:4]
    torch.testing.assert_close(model(TOKENS), model.output(model.final_norm(x_BTC)))
    assert not torch.equal(make_model()(TOKENS), model(TOKENS))


def test_causal_terms_see_what_came_and_full_ones_what_comes_too():
    other = TOKENS.clone()
    other[:, -1] = 5
    causal, full = make_model(), make_model(attention="full")
    assert torch.equal(causal(TOKENS)[:, :-1], causal(other)[:, :-1])
    assert ((full(TOKENS) - full(other)).abs().amax(dim=-1) > 0).all()


def test_a_row_with_full_attention_ends_at_its_own_length():
    model = make_model(attention="full")
    lengths = torch.tensor([2, 4])
    other = TOKENS.clone()
    other[0, 2:] = 0
    assert torch.equal(model(TOKENS, lengths=lengths)[0, :2], model(other, lengths=lengths)[0, :2])
    assert torch.equal(model(TOKENS, lengths=lengths)[0, :2], model(TOKENS[:1, :2])[0])
    assert torch.equal(model(TOKENS, lengths=lengths)[1], model(TOKENS[1:])[0])


def test_full_attention_has_no_cache():
    with pytest.raises(ValueError, match="nothing to cache"):
        make_model(attention="full").new_cache(1)


def test_regression_gives_one_number_a_term():
    assert make_model(head="regression", end=False)(TOKENS).shape == (2, 4, 1)


@pytest.mark.parametrize("exact", [True, False])
def test_a_few_steps_learn(exact):
    model = make_model()
    model.exact = exact
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


@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("exact", [True, False])
def test_logits_are_float32_under_autocast_with_and_without_a_cache(exact, positions):
    model = make_model(positions=positions).eval()
    model.exact = exact
    expected = model(TOKENS)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(TOKENS)
        cache = model.new_cache(2)
        cached = torch.cat([model(TOKENS[:, :3], cache=cache), model(TOKENS[:, 3:], cache=cache)], dim=1)
    assert logits.dtype == cached.dtype == torch.float32
    assert not torch.equal(logits, expected)
    for found in (logits, cached):
        torch.testing.assert_close(found, expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("exact", [True, False])
def test_a_bfloat16_model_reads_and_gives_float32(exact, positions):
    model = make_model(positions=positions).eval()
    expected = model(TOKENS)
    model = model.bfloat16()
    model.exact = exact
    cache = model.new_cache(2)
    assert cache.layers[0].dtype == torch.bfloat16
    cached = torch.cat([model(TOKENS[:, :3], cache=cache), model(TOKENS[:, 3:], cache=cache)], dim=1)
    for found in (model(TOKENS), cached):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, expected, rtol=0.1, atol=0.1)


def test_a_float64_model_gives_float64():
    model = make_model()
    expected = model(TOKENS)
    found = model.double()(TOKENS)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found.float(), expected)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4,), r"tokens must be rows of 1\.\.6 tokens, got shape \(4,\)"),
        ((2, 7), r"tokens must be rows of 1\.\.6 tokens, got shape \(2, 7\)"),
        ((2, 0), r"tokens must be rows of 1\.\.6 tokens, got shape \(2, 0\)"),
        ((1, 2, 3), r"got shape \(1, 2, 3\)"),
    ],
)
def test_what_are_no_rows_of_a_window_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        make_model()(torch.zeros(shape, dtype=torch.int64))
