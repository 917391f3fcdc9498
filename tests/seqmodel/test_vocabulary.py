import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import integer_vocabularies

from seqmodel import IntegerVocabulary


@given(st.data(), integer_vocabularies())
def test_decoding_undoes_encoding(data, vocabulary):
    values = data.draw(st.lists(st.integers(vocabulary.low, vocabulary.high)))
    tokens = vocabulary.encode(values)
    assert tokens.dtype == np.int64
    assert all(0 <= token < vocabulary.size for token in tokens)
    assert vocabulary.decode(tokens) == values


@given(integer_vocabularies())
def test_a_vocabulary_survives_its_dictionary(vocabulary):
    assert IntegerVocabulary.from_dict(vocabulary.to_dict()) == vocabulary


@given(integer_vocabularies())
def test_end_is_one_more_output_and_never_an_input(vocabulary):
    if vocabulary.end:
        assert vocabulary.outputs == vocabulary.size + 1
        with pytest.raises(ValueError, match="is END"):
            vocabulary.decode([vocabulary.end_token])
    else:
        assert (vocabulary.outputs, vocabulary.end_token) == (vocabulary.size, None)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int16])
def test_arrays_of_any_shape_and_integer_type_are_encoded(dtype):
    rows = np.array([[2, 3, 4], [5, 6, 7]], dtype=dtype)
    np.testing.assert_array_equal(IntegerVocabulary(low=2, high=9).encode(rows), rows.astype(np.int64) - 2)


@pytest.mark.parametrize("value", [-1, 256, 2**80, -(2**80)])
def test_a_value_outside_the_range_is_quoted(value):
    with pytest.raises(ValueError, match=rf"value {value} is outside 0\.\.255"):
        IntegerVocabulary().encode([1, value])


def test_a_value_outside_the_range_is_quoted_from_an_array_too():
    with pytest.raises(ValueError, match=r"value 256 is outside 0\.\.255"):
        IntegerVocabulary().encode(np.array([[0, 256]]))


@pytest.mark.parametrize("value", [2.0, "2", None, True, np.True_, np.float64(2)])
def test_what_is_no_integer_is_quoted(value):
    with pytest.raises(TypeError, match="values must be integers, got"):
        IntegerVocabulary().encode([1, value])


def test_an_array_of_floats_is_refused():
    with pytest.raises(TypeError, match="got an array of float64"):
        IntegerVocabulary().encode(np.array([1.0]))


@pytest.mark.parametrize("token", [-1, 11])
def test_a_token_outside_the_vocabulary_is_quoted(token):
    with pytest.raises(ValueError, match=f"token {token} is outside 0..9"):
        IntegerVocabulary(low=0, high=9).decode([token])


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"low": 5, "high": 4}, ValueError, r"low must not exceed high.*5\.\.4"),
        ({"low": 0.0}, TypeError, "low must be an integer, got 0.0"),
        ({"high": True}, TypeError, "high must be an integer, got True"),
        ({"high": 2**70}, ValueError, "below"),
        ({"end": 1}, TypeError, "end must be true or false, got 1"),
    ],
)
def test_an_impossible_vocabulary_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        IntegerVocabulary(**values)


@pytest.mark.parametrize(
    "values",
    [{}, {"kind": "integers", "low": 0, "high": 9}, {"kind": "symbols", "low": 0, "high": 9, "end": True}],
)
def test_a_dictionary_of_something_else_is_refused(values):
    with pytest.raises(ValueError, match="vocabulary"):
        IntegerVocabulary.from_dict(values)
