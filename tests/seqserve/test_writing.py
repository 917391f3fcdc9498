"""Answers are written so that people can scan them and programs can read them back."""

import json

from hypothesis import given
from hypothesis import strategies as st

from seqserve import Continuation, Prompt, SequenceReader
from seqserve.writing import json_line, table_lines

terms = st.lists(st.integers(0, 255), max_size=5).map(tuple)
labels = st.text(st.characters(codec="utf-8"), max_size=8)
prompts = st.builds(Prompt, terms=terms.filter(bool), label=labels, question=st.none())  # else one is made up


@st.composite
def continuations(draw):
    predicted, ended = draw(terms), draw(st.booleans())
    size = len(predicted) + ended
    probabilities = draw(st.lists(st.floats(0, 1), min_size=size, max_size=size))
    return Continuation(terms=predicted, probabilities=tuple(probabilities), ended=ended)


@given(prompts, continuations())
def test_a_line_of_json_holds_the_whole_answer_and_is_a_prompt_again(prompt, continuation):
    line = json_line((prompt, continuation))
    answer = json.loads(line)
    assert tuple(answer["terms"]) == continuation.terms
    assert tuple(answer["probabilities"]) == continuation.probabilities
    assert answer["ended"] == continuation.ended
    assert SequenceReader(low=0, high=255).read_line(line, place="line") == prompt


def test_the_table_is_aligned_and_shows_end_plainly():
    answers = [
        (
            Prompt(terms=(1, 1, 2, 3, 5, 8), label="Fibonacci"),
            Continuation(terms=(13, 21), probabilities=(1.0, 0.5)),
        ),
        (
            Prompt(terms=(64, 128), label="doubling"),
            Continuation(terms=(), probabilities=(0.0721,), ended=True),
        ),
    ]
    assert list(table_lines(answers)) == [
        "sequence     label      next terms",
        "1 1 2 3 5 8  Fibonacci   13 100.0 %  21  50.0 %",
        "64 128       doubling   END   7.2 %",
    ]


def test_without_labels_there_is_no_column_for_them():
    answers = [(Prompt(terms=(2, 4)), Continuation(terms=(6,), probabilities=(0.25,)))]
    assert list(table_lines(answers)) == ["sequence  next terms", "2 4       6  25.0 %"]
    assert list(table_lines(answers, header=False)) == ["2 4       6  25.0 %"]


def test_only_the_last_terms_of_a_long_sequence_are_shown():
    answers = [(Prompt(terms=tuple(range(100))), Continuation(terms=(100,), probabilities=(1.0,)))]
    line = list(table_lines(answers))[1]
    assert line.startswith("... 88 89 ")
    assert line.endswith(" 99  100 100.0 %")


def test_a_model_that_gives_no_probabilities_has_none_in_the_table_and_an_empty_list_in_json():
    answer = (Prompt(terms=(1, 2)), Continuation(terms=(3, 14), probabilities=()))
    assert list(table_lines([answer])) == ["sequence  next terms", "1 2       3  14"]
    assert json.loads(json_line(answer))["probabilities"] == []
