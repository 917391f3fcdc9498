"""What fits in a budget."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import architectures

from seqmodel import IntegerVocabulary, ModelConfig, largest_batch, memory_account
from seqmodel.memory_budget import byte_count

BYTES = IntegerVocabulary()


@st.composite
def options_for(draw, config):
    if draw(st.booleans()):
        return {"optimiser": draw(st.sampled_from(["adamw", "sgd"]))}
    slots = 0 if config.attention == "full" else draw(st.none() | st.integers(0, 40))
    return {"training": False, "exact": draw(st.booleans()), "slots": slots}


@settings(max_examples=40)
@given(architectures(), st.integers(0, 3 * 10**6), st.data())
def test_it_is_the_largest_of_all_that_fit(drawn, budget, data):
    options = data.draw(options_for(drawn[0]))
    found = largest_batch(*drawn, budget=budget, **options)

    def fits(batch):
        return memory_account(*drawn, batch=batch, **options).total <= budget

    most = options.get("slots") or (found or 0) + 50
    fitting = [batch for batch in range(max(1, (found or 0) - 2), most + 1) if fits(batch)]
    assert max(fitting, default=None) == found


@given(architectures(), st.integers(1, 200))
def test_the_boundary_is_exact_to_the_byte(drawn, batch):
    total = memory_account(*drawn, batch=batch).total
    assert largest_batch(*drawn, budget=total) == batch
    assert largest_batch(*drawn, budget=total - 1) == (batch - 1 or None)


def test_a_larger_budget_fits_no_fewer_rows():
    found = [largest_batch(ModelConfig(), BYTES, budget=budget) or 0 for budget in range(0, 10**8, 10**6)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] > 200


def test_padding_may_let_sixteen_rows_need_less_than_fifteen():
    model = ModelConfig(d_model=64, heads=1, d_head=4, layers=1), IntegerVocabulary(high=9)
    options = {"length": 1, "training": False, "exact": True}
    fifteen, sixteen = (memory_account(*model, batch=batch, **options).total for batch in (15, 16))
    assert sixteen < fifteen
    assert largest_batch(*model, budget=sixteen, **options) == 16


def test_options_that_are_impossible_are_refused():
    with pytest.raises(ValueError, match="length must be 1"):
        largest_batch(ModelConfig(), BYTES, budget=10**9, length=9)


def test_no_budget_fits_more_rows_than_there_can_be():
    model = ModelConfig(d_model=4, layers=1, heads=1, context=1), IntegerVocabulary(high=1)
    assert largest_batch(*model, budget=byte_count("9000000TB")) == 2**31 - 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("8GB", 8 * 10**9),
        ("8 GB", 8 * 10**9),
        ("8GiB", 8 * 2**30),
        ("0.5MiB", 2**19),
        ("12KB", 12_000),
        ("7B", 7),
        ("7", 7),
        ("2TB", 2 * 10**12),
    ],
)
def test_amounts_of_memory_are_read(text, count):
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "GB", "8XB", "-1GB", "8 gb", "1e9", "0", "0GB", "8GBs", "iB", "8iB", "9" * 400])
def test_what_is_no_amount_of_memory_is_refused(text):
    with pytest.raises(ValueError, match="is no amount of memory: expected one like 8GB"):
        byte_count(text)
