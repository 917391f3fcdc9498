"""Questions of symbols: read as people write them, in the layout of the models that know them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig, SymbolVocabulary, quantamaths
from seqserve.expressions import Expressions

KNOWN = Expressions(symbols=QUANTAMATHS_VOCABULARY, digits=7)


def expression(first, operation, second, digits):
    """Return the whole expression, by definition."""
    answer = first + second if operation == "+" else first - second
    sign = "-" if answer < 0 else "+"
    return f"{first:0{digits}}{operation}{second:0{digits}}={sign}{abs(answer):0{digits + 1}}", answer


@st.composite
def questions(draw):
    digits = draw(st.integers(1, 20))
    numbers = st.integers(0, 10**digits - 1)
    return digits, draw(numbers), draw(st.sampled_from("+-")), draw(numbers)


@given(questions(), st.sampled_from(["", " ", "  "]), st.booleans(), st.data())
def test_a_question_is_read_however_it_is_written(question, space, equals, data):
    digits, first, operation, second = question
    known = Expressions(symbols=QUANTAMATHS_VOCABULARY, digits=digits)
    whole, value = expression(first, operation, second, digits)
    asked = whole[: 2 * digits + 2]
    assert known.read(f"{first}{space}{operation}{space}{second}{space}{'=' if equals else ''}").text == asked
    begun = data.draw(st.integers(0, digits + 1))
    read = known.read(f"{first}{operation}{second}{space}={whole[2 * digits + 2 :][:begun]}")
    assert read.text == whole[: 2 * digits + 2 + begun]
    assert read.missing == digits + 2 - begun
    assert "".join(map(known.symbol, read.tokens)) == read.text
    assert known.value(whole) == value
    assert known.value(whole[:-1]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a question like '0000012+0000345=', got ''"),
        ("12", "expected a question like '0000012+0000345=', got '12'"),
        ("1+2+3", "expected a question like '0000012+0000345=', got '1+2+3'"),
        ("-1+2", "expected a question like '0000012+0000345=', got '-1+2'"),
        ("٣+1", "expected a question like '0000012+0000345=', got '٣+1'"),
        ("12345678+1", "expected numbers of at most 7 digits, got '12345678'"),
        ("1+2=+00000003", "expected at most 8 symbols of an answer to complete, got '+00000003'"),
        ("x" * 99, f"expected a question like '0000012+0000345=', got '{'x' * 40}...'"),
    ],
)
def test_what_is_no_question_is_refused_by_what_would_be_right(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        KNOWN.read(text)


def test_the_digits_follow_from_the_models_context():
    assert Expressions.of(quantamaths("mix_d11_l3_h4"), QUANTAMATHS_VOCABULARY).digits == 11
    assert Expressions.of(ModelConfig(context=8), QUANTAMATHS_VOCABULARY).digits is None
    assert Expressions.of(ModelConfig(context=25), SymbolVocabulary(symbols="0123456789+=")).digits is None


@given(st.integers(1, 20))
def test_the_example_is_a_question(digits):
    known = Expressions(symbols=QUANTAMATHS_VOCABULARY, digits=digits)
    assert known.read(known.example).text == known.example
    assert len(known.example) == 2 * digits + 2


def test_other_texts_are_taken_as_they_are():
    known = Expressions(symbols=SymbolVocabulary(symbols="ab"), digits=None)
    read = known.read("abba")
    assert (read.text, read.tokens, read.missing) == ("abba", (0, 1, 1, 0), None)
    assert known.value("ab=+1") is None
    with pytest.raises(ValueError, match="character 'c' at place 1 is none of 'ab', in 'ac'"):
        known.read("ac")
    with pytest.raises(ValueError, match="the text is empty; expected at least one symbol"):
        known.read("")
