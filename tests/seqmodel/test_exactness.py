"""How a sequence is fed, where it is kept and who stands beside it change no bit of its logits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import models, prompts_of, shaken

from seqmodel import IntegerVocabulary, ModelConfig, SymbolVocabulary, Transformer, decode, preset
from seqmodel.promise import unlisted

WIDE = 190
"""The longest rotary sequence fed here: in one product over more than 192 keys MKL adds parts of
the sum apart, so that bits depend on where a window lies."""


def whole(model, tokens):
    """Return the logits of one sequence in one uncached pass by itself: (terms, classes)."""
    return model(torch.tensor([tokens]))[0]


def longest(model):
    """How long sequences are made: a window, or many where it slides."""
    return min(6 * model.config.context + 3, WIDE) if model.config.slides else model.config.context


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
            left = len(sequences[number]) - fed[number]
            size = data.draw(st.integers(1, min(left, model.config.context)), label="size")
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


def together(model, sequences, padding):
    """Run sequences in one uncached batch, padded on the right; return the logits of each."""
    width = max(map(len, sequences))
    tokens_BT = torch.tensor([[*tokens, *[padding] * (width - len(tokens))] for tokens in sequences])
    lengths_B = torch.tensor([len(tokens) for tokens in sequences])
    logits_BTV = model(tokens_BT, lengths=lengths_B)
    return [logits_TV[: len(tokens)] for logits_TV, tokens in zip(logits_BTV, sequences, strict=True)]


@settings(max_examples=150)
@given(st.data())
def test_any_way_through_the_cache_gives_the_bits_of_one_uncached_pass(data):
    model = data.draw(models(exact=True, attention="causal"))
    sequences = data.draw(prompts_of(model, max_length=longest(model)))
    with torch.inference_mode():
        for tokens, logits in zip(sequences, feed(model, sequences, data), strict=True):
            assert torch.equal(logits, whole(model, tokens))


@settings(max_examples=150)
@given(st.data())
def test_a_row_of_a_batch_has_the_bits_it_has_alone(data):
    model = data.draw(models(exact=True))
    sequences = data.draw(prompts_of(model, max_length=longest(model), max_rows=9))
    with torch.inference_mode():
        rows = together(model, sequences, data.draw(st.integers(0, model.vocabulary.size - 1)))
        for tokens, logits in zip(sequences, rows, strict=True):
            assert torch.equal(logits, whole(model, tokens))


@settings(max_examples=100)
@given(st.data())
def test_a_prefix_has_the_bits_it_has_in_the_whole(data):
    model = data.draw(models(exact=True, attention="causal"))
    (tokens,) = data.draw(prompts_of(model, max_length=longest(model), max_rows=1))
    end = data.draw(st.integers(1, len(tokens)))
    with torch.inference_mode():
        assert torch.equal(whole(model, tokens[:end]), whole(model, tokens)[:end])


@given(models(exact=True))
def test_what_is_exact_here_is_in_the_set_that_the_package_lists(model):
    assert unlisted(model.config) is None


@settings(max_examples=100)
@given(st.data())
def test_without_padding_or_listed_widths_any_way_agrees_within_rounding(data):
    model = data.draw(models(attention="causal"))
    model.exact = data.draw(st.booleans(), label="exact")
    sequences = data.draw(prompts_of(model, max_length=longest(model)))
    with torch.inference_mode():
        cached, rows = feed(model, sequences, data), together(model, sequences, 0)
        for tokens, in_cache, in_batch in zip(sequences, cached, rows, strict=True):
            torch.testing.assert_close(in_cache, whole(model, tokens), rtol=1e-3, atol=1e-4)
            torch.testing.assert_close(in_batch, whole(model, tokens), rtol=1e-3, atol=1e-4)


@settings(max_examples=60)
@given(st.data())
def test_the_two_engines_agree_within_rounding(data):
    model = data.draw(models())
    sequences = data.draw(prompts_of(model, max_length=longest(model)))
    with torch.inference_mode():
        exact = together(model, sequences, 0)
        model.exact = False
        for plain, padded in zip(together(model, sequences, 0), exact, strict=True):
            torch.testing.assert_close(plain, padded, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("context", [8, 16, 37])
@pytest.mark.parametrize("batch", [1, 3, 40])
def test_the_default_preset_is_exact(context, batch):
    model = shaken(Transformer(preset("default", context=context), IntegerVocabulary(), seed=1))
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


@pytest.mark.parametrize("changes", [{"head": "regression"}, {"attention": "full"}, {"activation": "silu"}], ids=str)
def test_wide_models_are_exact_in_thousands_of_rows(changes):
    config = ModelConfig(d_model=256, layers=1, value_periods=(2, 3, 5), **changes)
    model = shaken(Transformer(config, IntegerVocabulary(end=False), seed=1))
    tokens_BT = torch.randint(0, 256, (2, 8), generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        expected = model(tokens_BT)
        rows = model(tokens_BT.repeat(300, 1))
    assert torch.equal(rows, expected.repeat(300, 1, 1))


def test_what_stands_behind_a_row_is_invisible():
    model = shaken(Transformer(preset("default"), IntegerVocabulary()))
    with torch.inference_mode():
        padded = model(torch.tensor([[1, 2, 3, 200, 9], [1, 2, 3, 0, 0]]))
    assert torch.equal(padded[0, :3], padded[1, :3])


@pytest.mark.parametrize("context", [4, 8, 30])
def test_a_rotary_model_reads_on_in_constant_memory_as_if_it_read_everything(context):
    config = ModelConfig(context=context, d_model=16, heads=2, layers=2, positions="rotary", value_periods=())
    model = shaken(Transformer(config, IntegerVocabulary(high=9), seed=4))
    tokens_BT = torch.randint(0, 10, (3, WIDE), generator=torch.Generator().manual_seed(6))
    cache = model.new_cache(3)
    stores = [(store.data_ptr(), store.shape) for store in cache.layers]
    with torch.inference_mode():
        expected = model(tokens_BT)
        stepwise = [model(tokens_BT[:, t : t + 1], cache=cache) for t in range(WIDE)]
    assert torch.equal(torch.cat(stepwise, dim=1), expected)
    assert [(store.data_ptr(), store.shape) for store in cache.layers] == stores
    assert cache.layers[0].shape[-2] == cache.places < WIDE
    assert cache.lengths.tolist() == [WIDE] * 3


def test_a_cache_that_slides_has_one_answer_however_far_it_has_come():
    config = ModelConfig(context=6, d_model=16, heads=2, layers=2, positions="rotary", value_periods=())
    model = shaken(Transformer(config, SymbolVocabulary(symbols="abcde"), seed=4))
    tokens = torch.randint(0, 5, (5_000,), generator=torch.Generator().manual_seed(6))
    by_five, by_six = model.new_cache(2), model.new_cache(1)
    with torch.inference_mode():
        for start in range(0, 4_980, 30):
            fives = [
                model(tokens[None, at : at + 5], cache=by_five, slots=torch.tensor([1]))
                for at in range(start, start + 30, 5)
            ]
            sixes = [model(tokens[None, at : at + 6], cache=by_six) for at in range(start, start + 30, 6)]
            assert torch.equal(torch.cat(fives, dim=1), torch.cat(sixes, dim=1))
    assert by_five.lengths.tolist() == [0, 4_980]


@settings(max_examples=100)
@given(st.data())
def test_cached_naive_and_parallel_decoding_agree_past_the_window_in_any_company(data):
    model = data.draw(models(exact=True, attention="causal"))
    prompts = data.draw(prompts_of(model))
    steps = data.draw(st.integers(0, 2 * model.config.context + 2))
    cached = decode(model, prompts, steps)
    assert cached == decode(model, prompts, steps, strategy="naive")
    assert cached == decode(model, prompts, steps, strategy="parallel")
    assert cached == [decode(model, [prompt], steps)[0] for prompt in prompts]
    assert cached[::-1] == decode(model, prompts[::-1], steps)


@settings(max_examples=60)
@given(st.data())
def test_with_full_attention_naive_and_parallel_decoding_agree(data):
    model = data.draw(models(exact=True, attention="full"))
    prompts = data.draw(prompts_of(model))
    steps = data.draw(st.integers(0, 2 * model.config.context + 2))
    naive = decode(model, prompts, steps)
    assert naive == decode(model, prompts, steps, strategy="naive")
    assert naive == decode(model, prompts, steps, strategy="parallel")
    assert naive == [decode(model, [prompt], steps)[0] for prompt in prompts]
