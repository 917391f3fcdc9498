from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import IntegerVocabulary, KVCache, ModelConfig, SequenceCache, Transformer

CONFIG = ModelConfig(context=4, d_model=8, layers=2, heads=2, zero_output_projections=False)


SLIDING = replace(CONFIG, positions="rotary")


def make_model(config=CONFIG):
    return Transformer(config, IntegerVocabulary(high=9), seed=1).eval()


@given(st.lists(st.integers(0, 5)), st.integers(1, 6), st.randoms(use_true_random=False))
def test_a_slot_serves_one_sequence_at_a_time(requests, slots, random):
    cache = KVCache(CONFIG, slots)
    held = []
    for count in requests:
        if count <= slots - len(held):
            taken = cache.allocate(count)
            assert not set(taken) & set(held)
            held += taken
        else:
            with pytest.raises(ValueError, match=f"{count} slots asked for, {slots - len(held)} of {slots} are free"):
                cache.allocate(count)
            given_back = random.sample(held, random.randint(0, len(held)))
            cache.free(given_back)
            held = [slot for slot in held if slot not in given_back]
    assert set(held) <= set(range(slots))


def test_the_lowest_free_slots_come_first():
    cache = KVCache(CONFIG, 4)
    assert cache.allocate(4) == [0, 1, 2, 3]
    cache.free([3, 1])
    assert cache.allocate(2) == [1, 3]


@pytest.mark.parametrize("slot", [0, 2, 7, -1])
def test_only_what_is_allocated_can_be_freed(slot):
    cache = KVCache(CONFIG, 3)
    cache.allocate(3)
    cache.free([0, 2])
    with pytest.raises(ValueError, match=f"slot {slot} is not allocated"):
        cache.free([1, slot])
    cache.free([1])


def test_a_cache_has_at_least_one_slot():
    with pytest.raises(ValueError, match="slots must be at least 1, got 0"):
        KVCache(CONFIG, 0)


def test_each_slot_counts_its_own_tokens():
    model = make_model()
    cache = model.new_cache(3)
    model(torch.tensor([[1, 2, 0], [3, 4, 5]]), cache=cache, slots=torch.tensor([2, 0]), lengths=torch.tensor([2, 3]))
    assert cache.lengths.tolist() == [3, 0, 2]
    model(torch.tensor([[1], [1], [1]]), cache=cache)
    assert cache.lengths.tolist() == [4, 1, 3]
    cache.clear([0])
    assert cache.lengths.tolist() == [0, 1, 3]


def test_a_full_window_takes_no_more_and_stays_as_it_was():
    model = make_model()
    cache = model.new_cache(1)
    model(torch.tensor([[1, 2, 3, 4]]), cache=cache)
    with pytest.raises(ValueError, match="a window holds 4 tokens: clear the slot and run the last 4 again"):
        model(torch.tensor([[5]]), cache=cache)
    assert cache.lengths.tolist() == [4]


def test_nothing_of_a_broken_sequence_reaches_the_next_one():
    model = make_model()
    cache = model.new_cache(1)
    expected = model(torch.tensor([[1, 2]]))
    cache.allocate(1)
    model(torch.tensor([[7, 8, 9]]), cache=cache)
    cache.store_LARHSD[:, 0] = torch.nan
    cache.store_LARHSD[:, 1] = torch.inf
    cache.free([0])
    assert torch.equal(model(torch.tensor([[1, 2]]), cache=cache), expected)


def test_a_slot_that_slides_keeps_a_window_and_forgets_the_rest():
    model = make_model(SLIDING)
    cache = model.new_cache(2)
    assert cache.places == 8
    fed = 0
    for size in (3, 4, 1, 2, 4, 4, 1, 1, 1, 1, 4):
        model(torch.ones(1, size, dtype=torch.int64), cache=cache, slots=torch.tensor([1]))
        fed += size
        assert cache.lengths.tolist() == [0, fed]
        held = int(cache.lengths[1] - cache.starts[1])
        assert min(fed, 4) <= held <= 8
        written = cache.store_LARHSD[:, :, 1].abs().sum(dim=(0, 1, 2, 4)) > 0
        assert written.tolist() == [place < held for place in range(8)]
    assert not cache.store_LARHSD[:, :, 0].any()
    cache.clear([1])
    assert (cache.lengths.tolist(), cache.starts.tolist()) == ([0, 0], [0, 0])
    assert not cache.store_LARHSD.any()


@pytest.mark.parametrize("config", [CONFIG, SLIDING], ids=["absolute", "sliding"])
def test_rows_of_which_nothing_counts_stay_as_they_were(config):
    model = make_model(config)
    cache = model.new_cache(2)
    model(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), cache=cache)
    before = cache.store_LARHSD[:, :, 0].clone()
    if config.slides:
        model(torch.tensor([[9, 9], [1, 2]]), cache=cache, lengths=torch.tensor([0, 2]))
        assert cache.lengths.tolist() == [4, 6]
    else:
        cache.clear([1])
        model(torch.tensor([[9, 9], [1, 2]]), cache=cache, lengths=torch.tensor([0, 2]))
        assert cache.lengths.tolist() == [4, 2]
    assert torch.equal(cache.store_LARHSD[:, :, 0], before)


def test_attention_that_sees_the_future_has_no_cache():
    with pytest.raises(ValueError, match="attention 'full' lets a new term change all earlier keys and values"):
        KVCache(replace(CONFIG, attention="full"), 1)


@pytest.mark.parametrize(("config", "places"), [(CONFIG, 4), (SLIDING, 8)], ids=["absolute", "sliding"])
def test_memory_is_what_the_docstring_says(config, places):
    cache = KVCache(config, 3)
    numbers = cache.store_LARHSD.untyped_storage().nbytes() // 4
    layers, size = 2, 4
    assert numbers == layers * (2 * 3 * 2 * places + 1) * size


def test_the_cache_is_no_part_of_an_autograd_graph():
    model = make_model()
    cache = model.new_cache(1)
    model(torch.tensor([[1, 2]]), cache=cache)
    assert not cache.store_LARHSD.requires_grad


@pytest.mark.parametrize(
    ("tokens", "options", "message"),
    [
        ([[1], [2]], {}, "2 rows of tokens for 3 slots"),
        ([[1], [2]], {"slots": [0]}, "2 rows of tokens for 1 slots"),
        ([[1], [2]], {"slots": [0, 1], "lengths": [1]}, r"lengths must be 2 numbers in 0\.\.1, got \[1\]"),
        ([[1, 2]], {"slots": [0], "lengths": [3]}, r"lengths must be 1 numbers in 0\.\.2, got \[3\]"),
        ([1, 2], {}, r"tokens must be rows of 1\.\.4 tokens, got shape \(2,\)"),
        ([[1, 2, 3, 4, 5]], {}, r"tokens must be rows of 1\.\.4 tokens, got shape \(1, 5\)"),
        ([[]], {}, r"tokens must be rows of 1\.\.4 tokens, got shape \(1, 0\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(tokens, options, message):
    model = make_model()
    options = {name: torch.tensor(value) for name, value in options.items()}
    with pytest.raises(ValueError, match=message):
        model(torch.tensor(tokens, dtype=torch.int64), cache=model.new_cache(3), **options)


def test_the_cache_meets_the_protocol():
    cache: SequenceCache = KVCache(CONFIG, 1)
    assert cache.allocate(1) == [0]


@pytest.mark.parametrize("slots", [[0, 0], [0, 2], [-1, 0]])
def test_slots_must_be_different_ones_of_the_cache(slots):
    model = Transformer(ModelConfig(d_model=8, heads=2, layers=1), IntegerVocabulary()).eval()
    with pytest.raises(ValueError, match=r"slots must be different ones of 0\.\.1, got"):
        model(torch.tensor([[1], [2]]), cache=model.new_cache(2), slots=torch.tensor(slots))
