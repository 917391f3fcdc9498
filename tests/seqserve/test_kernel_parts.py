"""The kernel's parts by themselves: a row of a block is what it is alone, whatever shares the block."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqserve.choosing import most_probable, sureness
from seqserve.intrinsics import exponentials
from seqserve.kernel_cache import compiled
from seqserve.kernel_weights import padded, panels
from seqserve.rows import product
from seqserve.vectors import LANES


@compiled
def chosen(logits, count):
    return most_probable(logits, count)


@compiled
def probability(logits, count, shares):
    return sureness(logits, count, shares)


@compiled
def exponentials_of(x, count, y):
    return exponentials(x, 0, count, y, 0)


def normal(*shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def mapped(x_MK, w_KN, bias_N):
    y_MN = np.full((len(x_MK), len(padded(bias_N))), np.nan, dtype=np.float32)
    product(x_MK, len(x_MK), x_MK.shape[1], panels(w_KN), padded(bias_N), y_MN)
    return y_MN


@given(st.integers(1, 20), st.integers(1, 40), st.integers(1, 150))
def test_a_map_of_many_rows_is_that_of_each_to_the_bit(rows, depth, columns):
    x_MK, w_KN, bias_N = normal(rows, depth, seed=0), normal(depth, columns, seed=1), normal(columns, seed=2)
    y_MN = mapped(x_MK, w_KN, bias_N)
    alone = [mapped(x_MK[row : row + 1], w_KN, bias_N) for row in range(rows)]
    assert y_MN.tobytes() == np.concatenate(alone).tobytes()
    exact = x_MK.astype(np.float64) @ w_KN + bias_N
    bound = np.abs(x_MK).astype(np.float64) @ np.abs(w_KN) + np.abs(bias_N)
    assert (np.abs(y_MN[:, :columns] - exact) <= (depth + 1) * 2**-24 * bound).all()


@given(arrays(np.float32, st.integers(1, 70), elements=st.sampled_from([-np.inf, -2.5, 0.0, 1.0, 1.5])))
def test_the_first_of_the_largest_is_chosen(logits):
    assert chosen(padded(logits), len(logits)) == logits.argmax()
    if np.isfinite(logits).any():
        exact = 1 / np.exp(logits.astype(np.float64) - logits.max()).sum()
        found = probability(padded(logits), len(logits), np.zeros_like(padded(logits)))
        assert abs(found / exact - 1) < 1e-5


def test_where_nothing_is_a_number_the_first_is_chosen():
    assert chosen(np.full(LANES, np.nan, dtype=np.float32), 5) == 0


@given(st.integers(1, 70))
def test_exponentials_fill_whole_vectors(count):
    x = normal(count + -count % LANES, seed=count)
    y = np.full_like(x, np.nan)
    total = exponentials_of(x, count, y)
    exact = np.exp(x[:count].astype(np.float64) - x[:count].max())
    assert np.abs(y[:count] / exact - 1).max() < 1e-6
    assert not y[count:].any()
    assert abs(total / exact.sum() - 1) < 1e-6
