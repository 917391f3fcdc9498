"""Questions of arithmetic: their answers are Python's, however many digits."""

from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import Enrichment, Questions, QuestionStream


@st.composite
def asked(draw: st.DrawFn) -> tuple[int, list[tuple[int, str, int]]]:
    """Draw a number of digits and a few questions, near each other's numbers more often than chance has it."""
    digits = draw(st.integers(1, 20))
    numbers = st.integers(0, 10**digits - 1)
    questions = []
    for _ in range(draw(st.integers(1, 6))):
        first, sign = draw(numbers), draw(st.sampled_from("+-"))
        near = 10**digits - 1 - first if sign == "+" else first
        close = st.integers(max(0, near - 20), min(10**digits - 1, near + 20))
        questions.append((first, sign, draw(numbers | close)))
    return digits, questions


@given(asked())
def test_answers_are_those_of_integers(drawn: tuple[int, list[tuple[int, str, int]]]) -> None:
    digits, rows = drawn
    questions = Questions.of([a for a, _, _ in rows], [b for _, _, b in rows], [s for _, s, _ in rows], digits)
    expected = []
    for first, sign, second in rows:
        value = first + second if sign == "+" else first - second
        answer = f"{'-' if value < 0 else '+'}{abs(value):0{digits + 1}}"
        expected.append(f"{first:0{digits}}{sign}{second:0{digits}}={answer}")
    assert questions.texts() == expected
    assert Questions.parse(expected).tokens().tolist() == questions.tokens().tolist()
    assert questions.tokens()[:, -digits - 2 :].tolist() == questions.answers().tolist()


@given(st.integers(1, 20), st.sampled_from(["add", "sub", "mix"]), st.integers(0, 2**60), st.integers(1, 9), st.data())
def test_questions_do_not_depend_on_how_they_are_asked_for(
    digits: int, operation: str, first: int, block: int, data: st.DataObject
) -> None:
    share = st.sampled_from([0.0, 0.3, 0.5])
    enrichment = data.draw(
        st.just(Enrichment(published=True))
        | st.builds(
            Enrichment,
            nines=share if digits > 1 else st.just(0.0),
            borrows=share if digits > 2 else st.just(0.0),
            short=share if digits > 1 else st.just(0.0),
        )
    )
    stream = QuestionStream(digits, operation, seed=3, enrichment=enrichment, block=block)
    start, end = sorted((data.draw(st.integers(0, 30)), data.draw(st.integers(0, 30))))
    whole = stream.questions(first, 30).texts()
    assert stream.questions(first + start, end - start).texts() == whole[start:end]
