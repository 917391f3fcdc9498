"""Asked for the last tokens of each row alone, a model says of them what it says among all."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of, shaken

from seqmodel import Hooks, IntegerVocabulary, ModelConfig, Observed, Transformer


def rows_of(sequences, padding):
    width = max(map(len, sequences))
    tokens_BT = torch.tensor([[*tokens, *[padding] * (width - len(tokens))] for tokens in sequences])
    return tokens_BT, torch.tensor([len(tokens) for tokens in sequences])


def ends(logits_BTV, lengths_B, count=1):
    """Return the rows of the last tokens; of a row that has fewer, its first one in their place."""
    places_BK = (lengths_B[:, None] + torch.arange(-count, 0)).clamp(min=0)
    return logits_BTV[torch.arange(len(lengths_B))[:, None], places_BK]


@settings(max_examples=120)
@given(st.data())
def test_the_last_tokens_have_the_bits_they_have_among_all(data):
    model = data.draw(models(exact=True))
    sequences = data.draw(prompts_of(model, max_length=model.config.context))
    tokens_BT, lengths_B = rows_of(sequences, data.draw(st.integers(0, model.vocabulary.size - 1)))
    cached = model.config.attention == "causal" and data.draw(st.booleans(), label="cached")
    count = data.draw(st.integers(1, tokens_BT.shape[1]), label="count")
    with torch.inference_mode():
        expected = ends(model(tokens_BT, lengths=lengths_B), lengths_B, count)
        cache = model.new_cache(len(sequences)) if cached else None
        found = model(tokens_BT, cache=cache, lengths=lengths_B, last=count)
        asked_BK = lengths_B[:, None] + torch.arange(-count, 0) >= 0
        assert torch.equal(found[asked_BK], expected[asked_BK])
        if cache is not None:  # and what the cache holds is the same
            whole = model.new_cache(len(sequences))
            model(tokens_BT, cache=whole, lengths=lengths_B)
            assert cache.lengths.tolist() == whole.lengths.tolist()
            assert torch.equal(cache.store_LARHSD, whole.store_LARHSD)


@settings(max_examples=60)
@given(st.data())
def test_in_the_plain_engine_they_agree_within_rounding(data):
    model = data.draw(models())
    model.exact = False
    (tokens,) = data.draw(prompts_of(model, max_length=model.config.context, max_rows=1))
    tokens_BT = torch.tensor([tokens] * data.draw(st.integers(1, 3)))
    count = data.draw(st.integers(1, len(tokens)))
    with torch.inference_mode():
        found, expected = model(tokens_BT, last=count), model(tokens_BT)[:, -count:]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("exact", [True, False])
def test_an_observer_is_shown_every_token_and_has_its_say(exact):
    config = ModelConfig(layers=2, d_model=16, zero_output_projections=False)
    model = shaken(Transformer(config, IntegerVocabulary()))
    model.exact = exact
    tokens_BT, lengths_B = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), torch.tensor([2, 4])
    hooks = Hooks(config)
    hooks.read("blocks.1.residual")
    hooks.replace("blocks.1.middle", 0.5, positions=[1])
    with torch.inference_mode():
        found = Observed(model, hooks)(tokens_BT, lengths=lengths_B, last=True)
        seen = hooks["blocks.1.residual"]
        expected = Observed(model, hooks)(tokens_BT, lengths=lengths_B)
    assert seen.shape == (2, 4, 16)
    assert torch.equal(found, ends(expected, lengths_B))
    assert not torch.equal(found[0], model(tokens_BT, lengths=lengths_B, last=True)[0])
    torch.testing.assert_close(found[1], model(tokens_BT, lengths=lengths_B, last=True)[1])


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("lengths_B", [None, torch.tensor([2, 4])])
def test_gradients_flow_from_the_last_tokens_alone(exact, count, lengths_B):
    model = shaken(Transformer(ModelConfig(layers=2, d_model=16), IntegerVocabulary(high=9), seed=3)).train()
    model.exact = exact
    tokens_BT, ends_B = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), torch.tensor([4, 4])
    gradients = []
    for last in count, 0:
        model.zero_grad()
        logits_BTV = model(tokens_BT, lengths=lengths_B, last=last)
        (
            logits_BTV if last else ends(logits_BTV, ends_B if lengths_B is None else lengths_B, count)
        ).square().sum().backward()
        gradients.append([weight.grad.clone() for weight in model.parameters() if weight.grad is not None])
    assert len(gradients[0]) == len(gradients[1])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_a_row_of_which_nothing_counts_disturbs_no_other():
    model = shaken(Transformer(ModelConfig(layers=2, d_model=16), IntegerVocabulary(high=9)))
    cache = model.new_cache(2)
    with torch.inference_mode():
        found = model(torch.tensor([[1, 2, 3], [4, 5, 6]]), cache=cache, lengths=torch.tensor([0, 2]), last=True)
        expected = model(torch.tensor([[4, 5]]))[0, -1]
    assert torch.equal(found[1, 0], expected)
    assert cache.lengths.tolist() == [0, 2]


@pytest.mark.parametrize("last", [-1, 4])
def test_no_more_tokens_can_be_asked_for_than_there_are(last):
    model = Transformer(ModelConfig(layers=1, d_model=16), IntegerVocabulary(high=9))
    with pytest.raises(ValueError, match=f"last must be 0 to 3, the tokens of a row, got {last}"):
        model(torch.tensor([[1, 2, 3]]), last=last)
