"""Fixed features are those of plain loops over one value at a time."""

import math

import numpy as np
import numpy_transformer as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import integer_vocabularies, symbol_vocabularies

from seqmodel import IntegerVocabulary, ModelConfig
from seqmodel.features import position_features, value_features

EMBEDDINGS = ["frequency", "number-theoretic", "binary", "tuple"]


def features_of(vocabulary, embedding, periods=(), width=8):
    config = ModelConfig(embedding=embedding, value_periods=periods, d_model=width)
    return value_features(config, vocabulary)


def row(vocabulary, embedding, value):
    return features_of(vocabulary, embedding)[value - vocabulary.low].tolist()


@pytest.mark.parametrize("embedding", EMBEDDINGS)
@given(integer_vocabularies(), st.integers(1, 10))
def test_every_value_has_the_features_of_a_plain_loop(embedding, vocabulary, half):
    config = ModelConfig(embedding=embedding, value_periods=(), d_model=2 * half, heads=1)
    found = value_features(config, vocabulary)
    expected = [plain.value_features(config, vocabulary, token) for token in range(vocabulary.size)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(integer_vocabularies(), st.lists(st.integers(2, 600), unique=True, max_size=9).map(tuple))
def test_periods_give_sines_and_cosines_of_the_value(vocabulary, periods):
    found = features_of(vocabulary, "learned", periods)
    values = range(vocabulary.low, vocabulary.high + 1)
    np.testing.assert_allclose(found, [plain.remainders(value, periods) for value in values], rtol=0, atol=1e-12)
    assert found.shape == (vocabulary.size, 2 * len(periods))


@given(st.integers(-(2**61), 2**61), st.integers(2, 1000))
def test_periods_are_exact_however_large_the_value(low, period):
    large = features_of(IntegerVocabulary(low=low, high=low + 3), "learned", (period,))
    small = features_of(IntegerVocabulary(low=low % period, high=low % period + 3), "learned", (period,))
    np.testing.assert_array_equal(large, small)


def test_number_theory_says_what_is_known_of_a_number():
    vocabulary = IntegerVocabulary(low=-12, high=255)
    found = row(vocabulary, "number-theoretic", 12)
    assert len(found) == 90
    assert found[:2] == [1, 0]  # 12 mod 2
    assert found[2:5] == [1, 0, 0]  # mod 3
    assert found[9:14] == [0, 0, 1, 0, 0]  # mod 5
    assert found[78:84] == [2 / 7, 1 / 5, 0, 0, 0, 0]  # 2 twice of 7 times (128), 3 once of 5 (243)
    assert found[84:] == [0, 0, 0, 0, 0, 12 / 255]
    assert row(vocabulary, "number-theoretic", -12)[84:] == [0, 1, 0, 0, 0, -12 / 255]
    assert row(vocabulary, "number-theoretic", -1)[:5] == [0, 1, 0, 0, 1]
    flags = {value: row(vocabulary, "number-theoretic", value)[84:89] for value in (0, 1, 2, 9, 16, 97, 255)}
    assert flags == {
        0: [1, 0, 1, 0, 0],  # zero, square
        1: [0, 0, 1, 0, 1],  # square, power of two
        2: [0, 0, 0, 1, 1],  # prime, power of two
        9: [0, 0, 1, 0, 0],
        16: [0, 0, 1, 0, 1],
        97: [0, 0, 0, 1, 0],
        255: [0, 0, 0, 0, 0],
    }


def test_256_values_have_eight_bits_the_lowest_first():
    found = features_of(IntegerVocabulary(), "binary")
    assert found.shape == (256, 8)
    assert found[6].tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    assert row(IntegerVocabulary(low=-3, high=4), "binary", 3) == [0, 1, 1]  # token 6


@given(symbol_vocabularies())
def test_symbols_have_bits_of_their_own_and_nothing_else(vocabulary):
    found = features_of(vocabulary, "binary")
    assert len({tuple(features) for features in found.tolist()}) == vocabulary.size
    assert features_of(vocabulary, "learned").shape == (vocabulary.size, 0)


def test_the_tuple_is_the_documents():
    np.testing.assert_array_equal(features_of(IntegerVocabulary(), "tuple")[:, 0], np.arange(256) / 255)
    np.testing.assert_array_equal(position_features(8)[:, 0], np.arange(8) / 7)
    np.testing.assert_array_equal(position_features(1), [[0.0]])
    assert row(IntegerVocabulary(low=-10, high=5), "tuple", 5) == [0.5]
    assert row(IntegerVocabulary(low=0, high=0), "tuple", 0) == [0.0]


def test_frequencies_run_from_one_radian_a_step_to_nearly_a_ten_thousandth():
    found = row(IntegerVocabulary(), "frequency", 7)
    assert found[0] == pytest.approx(math.sin(7))
    assert found[4] == pytest.approx(math.cos(7))
    assert found[3] == pytest.approx(math.sin(7 / 10_000 ** (3 / 4)))
