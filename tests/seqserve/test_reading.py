"""Sequences are read from every form people write them in, and nothing else is taken for one."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqserve import Prompt, ReadingError, SequenceReader
from seqserve.line_reader import LONGEST_LINE

READER = SequenceReader(low=-5, high=255)

terms = st.lists(st.integers(-5, 255), min_size=1, max_size=12)
separators = st.sampled_from([" ", ",", ", ", "  ", "\t", " ,"])
labels = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=20).map(str.strip)


@given(terms, st.data())
def test_terms_are_read_whatever_separates_them(sequence, data):
    text = str(sequence[0])
    for term in sequence[1:]:
        text += data.draw(separators) + str(term)
    assert READER.read_line(text, place="line") == Prompt(terms=tuple(sequence))
    assert READER.read_arguments([text]) == [Prompt(terms=tuple(sequence))]
    assert READER.read_arguments(list(map(str, sequence))) == [Prompt(terms=tuple(sequence))]


@given(terms, labels)
def test_text_and_json_lines_mean_the_same(sequence, label):
    as_text = " ".join(map(str, sequence)) + f" # {label}"
    as_json = json.dumps({"sequence": sequence, "label": label, "other": [0.5, None]})
    assert READER.read_line(as_text, place="line") == Prompt(terms=tuple(sequence), label=label)
    assert READER.read_line(as_json, place="line") == Prompt(terms=tuple(sequence), label=label)
    assert READER.read_line(json.dumps(sequence), place="line") == Prompt(terms=tuple(sequence))


@given(st.lists(st.one_of(terms, st.sampled_from(["", "   ", "# a comment", "\t#"])), max_size=8))
def test_blank_lines_and_comments_are_skipped(lines):
    text = "".join(f"{line if isinstance(line, str) else ' '.join(map(str, line))}\r\n" for line in lines)
    expected = [tuple(line) for line in lines if not isinstance(line, str)]
    file = io.BytesIO(b"\xef\xbb\xbf" + text.encode())
    if expected:
        assert [prompt.terms for prompt in READER.read_file(file, "f")] == expected
    else:
        with pytest.raises(ReadingError, match=r"^f: no sequence found"):
            list(READER.read_file(file, "f"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 2 3.5", "term '3.5' is not an integer"),
        ("1 2 3.0", "term '3.0' is not an integer"),
        ("1e2", "term '1e2' is not an integer"),
        ("1_000", "term '1_000' is not an integer"),
        ("١ ٢", "term '١' is not an integer"),
        ("one two", "term 'one' is not an integer"),
        ("nan", "term 'nan' is not an integer"),
        ("x" * 500, f"term '{'x' * 20}...' is not an integer"),
        ("1 2 256", "term '256' is outside the model's range -5..255"),
        ("-6", "term '-6' is outside the model's range -5..255"),
        ("9" * 5000, f"term '{'9' * 20}...' is outside the model's range -5..255"),
        ("1,,2", "a term is missing beside a comma"),
        ("1, 2,", "a term is missing beside a comma"),
        (",", "a term is missing beside a comma"),
        ("[]", "the sequence is empty; expected at least one term"),
        ('{"sequence": []}', "the sequence is empty; expected at least one term"),
        ('{"terms": [1]}', 'expected an array, or an object whose "sequence" is one'),
        ('{"sequence": "1 2"}', 'expected an array, or an object whose "sequence" is one'),
        ('{"sequence": [1], "label": 3}', '"label" must be text'),
        ("[1, 2", "not valid JSON: '[1, 2'"),
        ("[" * 50_000, f"not valid JSON: '{'[' * 40}...'"),
        ("[1] [2]", "not valid JSON: '[1] [2]'"),
        ("[1, 2.0]", "term '2.0' is not an integer"),
        ("[1, 1e400]", "term '1e400' is not an integer"),
        ("[NaN]", "term 'NaN' is not an integer"),
        ("[true]", "term 'true' is not an integer"),
        ("[null]", "term 'null' is not an integer"),
        ('["7"]', "term '\"7\"' is not an integer"),
        (f"[{'9' * 5000}]", f"term '{'9' * 20}...' is outside the model's range -5..255"),
    ],
)
def test_what_is_not_a_sequence_is_refused_by_place_and_term(line, message):
    with pytest.raises(ReadingError) as caught:
        READER.read_line(line, place="numbers.txt:3")
    assert str(caught.value) == f"numbers.txt:3: {message}"


def test_errors_in_a_file_name_it_and_the_line():
    prompts = READER.read_file(io.BytesIO(b"# title\n\n1 2\n1 x\n"), "numbers.txt")
    assert next(prompts).terms == (1, 2)
    with pytest.raises(ReadingError, match=r"^numbers\.txt:4: term 'x'"):
        next(prompts)


@pytest.mark.parametrize("arguments", [[""], ["  "]])
def test_an_empty_argument_is_no_sequence(arguments):
    with pytest.raises(ReadingError, match=r"^arguments: the sequence is empty"):
        READER.read_arguments(arguments)


def test_zeros_in_front_change_nothing():
    assert READER.read_line("-" + "0" * 5000 + "3 +007", place="line").terms == (-3, 7)


def test_a_file_that_is_not_text_is_refused():
    with pytest.raises(ReadingError, match=r"^f:2: the line is not UTF-8 text"):
        list(READER.read_file(io.BytesIO(b"1 2\n\xff\xfe\n"), "f"))


def test_an_endless_line_is_refused_before_it_fills_the_memory():
    class Endless(io.RawIOBase):
        served = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.served += len(buffer)
            buffer[:] = b"1 " * (len(buffer) // 2) + b"1" * (len(buffer) % 2)
            return len(buffer)

    endless = Endless()
    with pytest.raises(ReadingError, match=f"^f:1: the line is longer than {LONGEST_LINE} bytes"):
        list(READER.read_file(io.BufferedReader(endless), "f"))
    assert endless.served < 2 * LONGEST_LINE
