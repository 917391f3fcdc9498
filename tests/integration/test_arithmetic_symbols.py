"""The generator's symbols and the models' vocabulary are the same, without the packages knowing each other."""

from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import SYMBOLS, QuestionStream
from seqmodel import QUANTAMATHS_VOCABULARY


@given(st.integers(1, 20), st.integers(0, 2**60))
def test_questions_tokens_are_those_of_the_vocabulary(digits: int, first: int) -> None:
    questions = QuestionStream(digits, "mix", seed=1).questions(first, 3)
    assert QUANTAMATHS_VOCABULARY.symbols == SYMBOLS
    assert questions.tokens().tolist() == [QUANTAMATHS_VOCABULARY.encode(text).tolist() for text in questions.texts()]
