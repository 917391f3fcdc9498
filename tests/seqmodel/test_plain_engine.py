"""However a sequence is fed to the plain engine, it says what the exact one says, up to rounding."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_strategies import shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer


@settings(max_examples=80)
@given(st.data())
def test_pieces_of_any_sizes_through_a_cache_agree_with_one_exact_pass(data):
    config = ModelConfig(
        context=data.draw(st.sampled_from([5, 16, 21, 48]), label="context"),
        positions=data.draw(st.sampled_from(["learned", "rotary"])),
        d_model=16,
        layers=2,
        heads=data.draw(st.sampled_from([1, 2])),
        zero_output_projections=False,
    )
    model = shaken(Transformer(config, IntegerVocabulary(high=9), seed=data.draw(st.integers(0, 9))))
    rows = data.draw(st.sampled_from([1, 3, 40]), label="rows")  # single queries few and many
    length = 2 * config.context + 3 if config.slides else config.context
    tokens_BT = torch.randint(0, 10, (rows, length), generator=torch.Generator().manual_seed(rows))
    slots_B = data.draw(st.none() | st.permutations(range(rows)).map(torch.tensor), label="slots")
    with torch.inference_mode():
        expected = model(tokens_BT)
        model.exact = False
        cache = model.new_cache(rows)
        start = 0
        while start < length:
            end = start + data.draw(st.integers(1, min(config.context, length - start)), label="size")
            last = data.draw(st.integers(0, end - start), label="last")
            found = model(tokens_BT[:, start:end], cache=cache, slots=slots_B, last=last)
            asked = expected[:, end - last if last else start : end]
            torch.testing.assert_close(found, asked, rtol=1e-3, atol=1e-4)
            start = end


@pytest.mark.parametrize("steps", [1, 16])
def test_a_whole_window_is_seen_in_the_weights_own_type(steps):
    config = ModelConfig(context=16, d_model=8, layers=1, heads=2, attention="full", value_periods=(3,))
    model = Transformer(config, IntegerVocabulary(high=9)).eval().double()
    model.exact = False
    tokens = torch.arange(steps)[None] % 10
    assert model(tokens).dtype == torch.float64
    torch.testing.assert_close(model(tokens).float(), model.float()(tokens))
