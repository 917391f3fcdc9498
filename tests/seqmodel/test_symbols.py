import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_strategies import LETTERS, symbol_vocabularies, vocabularies

from seqmodel import QUANTAMATHS_VOCABULARY, IntegerVocabulary, SymbolVocabulary, integers_of, vocabulary_from_dict


@given(st.data(), symbol_vocabularies())
def test_decoding_undoes_encoding(data, vocabulary):
    text = data.draw(st.text(st.sampled_from(vocabulary.symbols)))
    tokens = vocabulary.encode(text)
    assert (tokens.dtype, tokens.shape) == (np.int64, (len(text),))
    assert [vocabulary.symbols[token] for token in tokens] == list(text)
    assert vocabulary.decode(tokens) == text


@given(st.lists(st.characters(), min_size=1, unique=True).map("".join))
def test_any_characters_may_be_symbols(symbols):
    vocabulary = SymbolVocabulary(symbols=symbols)
    assert vocabulary.encode(symbols).tolist() == list(range(len(symbols)))
    assert vocabulary.size == vocabulary.outputs == len(symbols)
    assert vocabulary.end_token is None


@given(vocabularies())
def test_a_vocabulary_of_either_kind_survives_its_dictionary(vocabulary):
    assert vocabulary_from_dict(vocabulary.to_dict()) == vocabulary
    assert type(vocabulary).from_dict(vocabulary.to_dict()) == vocabulary


@given(symbol_vocabularies(), st.text(st.sampled_from(LETTERS), min_size=1))
def test_the_first_character_that_is_no_symbol_is_quoted(vocabulary, text):
    strange = [place for place, character in enumerate(text) if character not in vocabulary.symbols]
    if not strange:
        assert vocabulary.decode(vocabulary.encode(text)) == text
        return
    message = f"character {text[strange[0]]!r} at place {strange[0]} is none of {vocabulary.symbols!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        vocabulary.encode(text)


@pytest.mark.parametrize("text", [12, None, ["1", "2"], b"12", [1, 2]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(TypeError, match="a sequence of symbols must be text, got"):
        SymbolVocabulary(symbols="12").encode(text)


@pytest.mark.parametrize("token", [-1, 2, 99])
def test_a_token_outside_the_vocabulary_is_quoted(token):
    with pytest.raises(ValueError, match=rf"token {token} is outside 0\.\.1"):
        SymbolVocabulary(symbols="ab").decode([0, token])


@pytest.mark.parametrize(
    ("symbols", "error", "message"),
    [
        ("", ValueError, "symbols must hold at least one character"),
        ("aba", ValueError, "symbols must differ, got 'a' twice"),
        (["a", "b"], TypeError, "symbols must be text, got"),
        (None, TypeError, "symbols must be text, got None"),
    ],
)
def test_impossible_symbols_are_refused(symbols, error, message):
    with pytest.raises(error, match=message):
        SymbolVocabulary(symbols=symbols)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "unknown kind of vocabulary None: known are integers, symbols"),
        ({"kind": "words"}, "unknown kind of vocabulary 'words': known are integers, symbols"),
        ({"kind": "symbols"}, "has the fields kind, symbols, got kind"),
        ({"kind": "symbols", "symbols": "ab", "end": True}, "has the fields kind, symbols, got end, kind, symbols"),
        ({"kind": "integers", "symbols": "ab"}, "has the fields end, high, kind, low, got kind, symbols"),
    ],
)
def test_a_dictionary_of_something_else_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        vocabulary_from_dict(values)


def test_either_kind_refuses_the_others_dictionary():
    with pytest.raises(ValueError, match="unknown kind of vocabulary 'integers': known is 'symbols'"):
        SymbolVocabulary.from_dict({"kind": "integers", "symbols": "ab"})
    with pytest.raises(ValueError, match="fields"):
        IntegerVocabulary.from_dict(SymbolVocabulary(symbols="ab").to_dict())


def test_integers_of_gives_integers_or_refuses():
    assert integers_of(IntegerVocabulary(low=3, high=9)) == IntegerVocabulary(low=3, high=9)
    with pytest.raises(ValueError, match="reads the symbols 'ab', not integers"):
        integers_of(SymbolVocabulary(symbols="ab"))


def test_quantamaths_tokens_are_the_documents():
    digits_and_signs = {str(digit): digit for digit in range(10)} | {"+": 10, "-": 11, "=": 12, "*": 13, "\\": 14}
    assert {symbol: int(QUANTAMATHS_VOCABULARY.encode(symbol)[0]) for symbol in digits_and_signs} == digits_and_signs
    assert QUANTAMATHS_VOCABULARY.size == QUANTAMATHS_VOCABULARY.outputs == 15


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("133357+182243=+0315600", [1, 3, 3, 3, 5, 7, 10, 1, 8, 2, 2, 4, 3, 12, 10, 0, 3, 1, 5, 6, 0, 0]),
        ("55555+44445=+100000", [5, 5, 5, 5, 5, 10, 4, 4, 4, 4, 5, 12, 10, 1, 0, 0, 0, 0, 0]),
        ("800020-550030=+0249990", [8, 0, 0, 0, 2, 0, 11, 5, 5, 0, 0, 3, 0, 12, 10, 0, 2, 4, 9, 9, 9, 0]),
        ("550030-800020=-0249990", [5, 5, 0, 0, 3, 0, 11, 8, 0, 0, 0, 2, 0, 12, 11, 0, 2, 4, 9, 9, 9, 0]),
    ],
)
def test_the_documents_questions_have_these_tokens(text, tokens):
    assert QUANTAMATHS_VOCABULARY.encode(text).tolist() == tokens
    assert QUANTAMATHS_VOCABULARY.decode(tokens) == text
