"""How a sequence is fed, where it is kept and who stands beside it change no bit of its logits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of

from seqmodel import IntegerVocabulary, Transformer, decode, preset

NEAR_TIE = 1e-4


def whole(model, tokens):
    """Return the logits of one sequence in one uncached pass by itself: (terms, classes)."""
    return model(torch.tensor([tokens]))[0]


def feed(model, sequences, data):
    """Feed sequences through a cache in random pieces and company; return the logits of each.

    More sequences than slots: a slot that has finished serves the next one while others go on.
    """
    slots = data.draw(st.integers(1, len(sequences)), label="slots")
    cache = model.new_cache(slots)
    waiting = list(range(len(sequences)))
    fed = [0] * len(sequences)
    logits = [[] for _ in sequences]
    slot_of = {}
    while waiting or slot_of:
        free = slots - len(slot_of)
        for number in waiting[:free]:
            (slot_of[number],) = cache.allocate(1)
        waiting = waiting[free:]
        company = data.draw(st.lists(st.sampled_from(sorted(slot_of)), min_size=1, unique=True), label="company")
        pieces = []
        for number in company:
            size = data.draw(st.integers(1, len(sequences[number]) - fed[number]), label="size")
            pieces.append(sequences[number][fed[number] : fed[number] + size])
            fed[number] += size
        width = max(map(len, pieces))
        padding = data.draw(st.integers(0, model.vocabulary.size - 1), label="padding")
        output_BTV = model(
            torch.tensor([piece + [padding] * (width - len(piece)) for piece in pieces]),
            cache=cache,
            slots=torch.tensor([slot_of[number] for number in company]),
            lengths=torch.tensor([len(piece) for piece in pieces]),
        )
        for number, piece, output_TV in zip(company, pieces, output_BTV, strict=True):
            logits[number].append(output_TV[: len(piece)])
            if fed[number] == len(sequences[number]):
                cache.free([slot_of.pop(number)])
    return [torch.cat(parts) for parts in logits]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_way_through_the_cache_gives_the_bits_of_one_uncached_pass(data):
    model = data.draw(models(exact=True))
    sequences = data.draw(prompts_of(model, max_length=model.config.context))
    with torch.inference_mode():
        for tokens, logits in zip(sequences, feed(model, sequences, data), strict=True):
            assert torch.equal(logits, whole(model, tokens))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_outside_the_exact_set_any_way_agrees_within_rounding(data):
    model = data.draw(models())
    sequences = data.draw(prompts_of(model, max_length=model.config.context))
    with torch.inference_mode():
        for tokens, logits in zip(sequences, feed(model, sequences, data), strict=True):
            torch.testing.assert_close(logits, whole(model, tokens), rtol=1e-3, atol=1e-4)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_cached_is_naive_and_a_batch_is_its_rows_past_the_window_too(data):
    model = data.draw(models(exact=True))
    prompts = data.draw(prompts_of(model))
    steps = data.draw(st.integers(0, 2 * model.config.context + 2))
    cached = decode(model, prompts, steps)
    assert cached == decode(model, prompts, steps, strategy="naive")
    assert cached == [decode(model, [prompt], steps)[0] for prompt in prompts]
    assert cached[::-1] == decode(model, prompts[::-1], steps)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_outside_the_exact_set_decoded_tokens_are_equal_up_to_near_ties(data):
    model = data.draw(models())
    prompts = data.draw(prompts_of(model))
    naive = decode(model, prompts, 12, strategy="naive")
    for cached, expected, prompt in zip(decode(model, prompts, 12), naive, prompts, strict=True):
        if (cached.tokens, cached.ended) != (expected.tokens, expected.ended):
            assert has_near_tie(model, [*prompt, *expected.tokens], first=len(prompt))


def has_near_tie(model, tokens, *, first):
    """Whether the two best logits of any prediction lie within `NEAR_TIE`."""
    for end in range(first, len(tokens) + 1):
        with torch.inference_mode():
            best, second = whole(model, tokens[:end][-model.config.context :])[-1].topk(2).values
        if best - second < NEAR_TIE:
            return True
    return False


@pytest.mark.parametrize("context", [8, 16, 37])
@pytest.mark.parametrize("batch", [1, 3, 40])
def test_the_default_preset_is_exact(context, batch):
    config = preset("default", context=context, zero_output_projections=False)
    model = Transformer(config, IntegerVocabulary(), seed=1).eval()
    tokens_BT = torch.randint(0, 256, (batch, context), generator=torch.Generator().manual_seed(5))
    cache = model.new_cache(batch)
    with torch.inference_mode():
        expected = model(tokens_BT)
        stepwise = [model(tokens_BT[:, t : t + 1], cache=cache) for t in range(context)]
        alone = torch.cat([model(tokens_BT[row : row + 1]) for row in range(batch)])
        training_rows = model(tokens_BT.repeat(13, 1))[:batch]
    assert torch.equal(torch.cat(stepwise, dim=1), expected)
    assert torch.equal(alone, expected)
    assert torch.equal(training_rows, expected)
    with torch.enable_grad():
        assert torch.equal(model(tokens_BT), expected)


def test_what_stands_behind_a_row_is_invisible():
    model = Transformer(preset("default", zero_output_projections=False), IntegerVocabulary()).eval()
    with torch.inference_mode():
        padded = model(torch.tensor([[1, 2, 3, 200, 9], [1, 2, 3, 0, 0]]))
    assert torch.equal(padded[0, :3], padded[1, :3])
