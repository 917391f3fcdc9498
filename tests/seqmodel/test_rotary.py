"""Rotary positions, and the window that slides over them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import models, shaken

from seqmodel import IntegerVocabulary, ModelConfig, Transformer
from seqmodel.rotary import rotate, rotation

positions = st.integers(0, 2**40)


@given(st.lists(positions, min_size=1, max_size=6), st.integers(1, 8))
def test_pairs_turn_by_the_position_over_a_power_of_ten_thousand(places, pairs):
    cos_TE, sin_TE = rotation(np.array([places]), 2 * pairs)[:, 0].double().numpy()
    for place, cosines, sines in zip(places, cos_TE, sin_TE, strict=True):
        angles = [place / math.pow(10_000.0, pair / pairs) for pair in range(pairs)]
        # The angle itself is rounded: by 2**-53 of its size, a few times.
        tolerance = 1e-7 + place * 2.0**-50
        np.testing.assert_allclose(cosines, [math.cos(angle) for angle in angles], rtol=0, atol=tolerance)
        np.testing.assert_allclose(sines, [math.sin(angle) for angle in angles], rtol=0, atol=tolerance)


@given(st.lists(positions, min_size=2, max_size=6))
def test_a_position_has_the_same_bits_whichever_others_are_asked_for(places):
    together = rotation(np.array([places]), 8)
    for column, place in enumerate(places):
        assert torch.equal(rotation(np.array([[place]]), 8)[:, :, 0], together[:, :, column])
        block = rotation(place + np.arange(200)[None], 8)
        assert torch.equal(block[:, :, 0], together[:, :, column])


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 99))
def test_how_two_vectors_agree_depends_on_their_distance_alone(first, second, further, seed):
    q_D, k_D = torch.randn(2, 12, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def agreement(place, other):
        turns_2BTE = rotation(np.array([[place, other]]), 12).double()
        q_TD, k_TD = rotate(torch.stack([torch.stack([q_D, k_D])] * 2)[:, None, None], turns_2BTE)[:, 0, 0]
        return q_TD[0] @ k_TD[1]

    torch.testing.assert_close(
        agreement(first, second), agreement(first + further, second + further), rtol=0, atol=1e-4
    )


def test_turning_changes_no_length_and_position_zero_changes_nothing():
    x_XBHTD = torch.randn(2, 3, 2, 5, 6, generator=torch.Generator().manual_seed(1))
    turned = rotate(x_XBHTD, rotation(np.arange(5)[None], 6))
    torch.testing.assert_close(turned.norm(dim=-1), x_XBHTD.norm(dim=-1))
    assert torch.equal(turned[..., 0, :], x_XBHTD[..., 0, :])
    assert not torch.equal(turned[..., 1, :], x_XBHTD[..., 1, :])


@given(st.data(), models(exact=True, attention="causal", positions="rotary"))
def test_each_layer_reaches_one_window_further_back_and_no_further(data, model):
    """A term changes the logits of the next layers * (context - 1) terms at most."""
    reach = model.config.layers * (model.config.context - 1)
    tokens = data.draw(st.lists(st.integers(0, model.vocabulary.size - 1), min_size=2, max_size=60))
    place = data.draw(st.integers(0, len(tokens) - 1))
    other = [*tokens]
    other[place] = data.draw(st.integers(0, model.vocabulary.size - 1))
    with torch.inference_mode():
        before, after = model(torch.tensor([tokens, other]))
    assert torch.equal(before[:place], after[:place])
    assert torch.equal(before[place + reach + 1 :], after[place + reach + 1 :])


@pytest.mark.parametrize("exact", [True, False])
def test_one_layer_sees_its_window_wherever_it_stands(exact):
    config = ModelConfig(context=5, d_model=16, heads=2, layers=1, positions="rotary", value_periods=())
    model = shaken(Transformer(config, IntegerVocabulary(high=9), seed=3))
    model.exact = exact
    tokens = torch.randint(0, 10, (1, 90), generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        far = model(tokens)[:, -1]
        for length in range(1, 12):
            near = model(tokens[:, -length:])[:, -1]
            assert torch.allclose(near, far, rtol=0, atol=1e-4) == (length >= 5)
