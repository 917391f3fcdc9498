"""Questions of arithmetic: answers, carries and classes are those of Python's integers, however many digits."""

import arithmetic_oracle as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import CLASS_NAMES, KNOWN_HARD, Questions, class_name, known_hard_questions
from seqgen.arithmetic.difficulty import parsed_class

Asked = tuple[int, list[tuple[int, int, str]]]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Draw a number of digits and some questions; in many, most pairs sum to nine or are equal."""
    digits = draw(st.integers(1, 20))
    numbers = st.integers(0, 10**digits - 1)
    questions = []
    for _ in range(draw(st.integers(1, 5))):
        first, operation = draw(numbers), draw(st.sampled_from("+-"))
        near = 10**digits - 1 - first if operation == "+" else first
        places = draw(st.lists(st.tuples(st.integers(0, digits - 1), st.integers(0, 9)), max_size=4))
        for place, digit in places:
            near += (digit - near // 10**place % 10) * 10**place
        questions.append((first, draw(st.just(near) | numbers), operation))
    return digits, questions


def questions_of(drawn: Asked) -> Questions:
    digits, rows = drawn
    return Questions.of([a for a, _, _ in rows], [b for _, b, _ in rows], [o for _, _, o in rows], digits)


@given(asked())
def test_answers_are_those_of_integers(drawn: Asked) -> None:
    digits, rows = drawn
    expected = [oracle.expression(*row, digits) for row in rows]
    questions = questions_of(drawn)
    assert questions.texts() == expected
    assert questions.tokens()[:, -digits - 2 :].tolist() == questions.answers().tolist()
    assert questions.tokens()[:, : 2 * digits + 2].tolist() == questions.prompts().tolist()
    assert questions.tokens().shape == (len(rows), 3 * digits + 4)
    assert {questions.tokens().dtype, questions.answers().dtype} == {np.dtype(np.uint8)}


@given(asked())
def test_texts_are_read_as_they_are_written(drawn: Asked) -> None:
    digits, _ = drawn
    questions = questions_of(drawn)
    for texts in (
        questions.texts(),
        [text.split("=")[0] for text in questions.texts()],
        [text.split("=")[0] + "=" for text in questions.texts()],
    ):
        assert Questions.parse(texts).texts() == Questions.parse(texts, digits).texts() == questions.texts()


@given(asked())
def test_carries_and_classes_are_those_of_integers(drawn: Asked) -> None:
    digits, rows = drawn
    questions = questions_of(drawn)
    assert questions.difficulties() == [oracle.difficulty(*row, digits) for row in rows]
    carries = [sum(out << place for place, out in enumerate(oracle.moved(*row, digits))) for row in rows]
    assert questions.patterns().tolist() == carries
    assert questions.difficulties() == [
        class_name("SMN"[kind], level)
        for kind, level in zip(questions.kinds().tolist(), questions.levels().tolist(), strict=True)
    ]


@given(asked(), st.data())
def test_some_of_the_questions_are_those_questions(drawn: Asked, data: st.DataObject) -> None:
    questions = questions_of(drawn)
    count = len(questions)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    places = data.draw(st.lists(st.integers(0, count - 1), max_size=6))
    start = data.draw(st.integers(0, count))
    texts = questions.texts()
    assert questions[mask].texts() == [text for text, kept in zip(texts, mask.tolist(), strict=True) if kept]
    assert questions[places].texts() == [texts[place] for place in places]
    assert questions[start:].texts() == texts[start:]
    assert len(questions[start:]) == count - start
    assert questions[0].texts() == texts[:1]


def test_examples_of_the_published_layout() -> None:
    """Known answers: of the models' description, but for the one there that is wrong."""
    texts = ["133357+182243=+0315600", "55555+44445=+100000", "800020-550030=+0249990", "550030-800020=-0249990"]
    for text in [*texts, "123450-345670=-0222220", "0-0=+00", "000-000=+0000"]:
        assert Questions.parse([text.split("=")[0]]).texts() == [text]
    assert Questions.parse(["7-9="]).tokens().tolist() == [[7, 11, 9, 12, 11, 0, 2]]


@pytest.mark.parametrize(
    ("text", "difficulty"),
    [
        ("1234+4321", "S0"),
        ("0005+0005", "S1"),
        ("0290+0710", "S2"),
        ("0945+0055", "S3"),
        ("9945+0055", "S4"),
        ("99945+00055", "S5"),
        ("999945+000055", "S5"),
        ("0900+0000", "S0"),
        ("4444-1234", "M0"),
        ("0010-0001", "M1"),
        ("0100-0001", "M2"),
        ("1000-0001", "M3"),
        ("10000-00001", "M4+"),
        ("100000-000001", "M4+"),
        ("1000-1000", "M0"),
        ("0041-0047", "N0"),
        ("0001-0010", "N1"),
        ("77001-77010", "N1"),
        ("0001-0100", "N2"),
        ("0001-1000", "N3"),
        ("00001-10000", "N4+"),
    ],
)
def test_classes_by_hand(text: str, difficulty: str) -> None:
    assert Questions.parse([text]).difficulties() == [difficulty]


def test_class_names_are_read_back() -> None:
    assert len(set(CLASS_NAMES)) == 16
    for name in CLASS_NAMES:
        assert class_name(*parsed_class(name)) == name
    for wrong in ("S6", "M5", "X1", "S", "", "S5+", "m1"):
        with pytest.raises(ValueError, match=r"give one of S0, S1, .*, N4\+"):
            parsed_class(wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12+3", r"texts\[1\]='12\+3': both numbers must have 2 digits, not 2 and 1; write zeros in front"),
        ("123+456", r"texts\[1\]='123\+456': both numbers must have 2 digits, not 3 and 3"),
        ("12*34=", r"texts\[1\]='12\*34=': write two numbers of as many digits, such as '0123450-0345670='"),
        ("12+34=+047", r"texts\[1\]='12\+34=\+047': the answer is '\+046'"),
        ("12-34=+022", r"the answer is '-022'"),
        ("12-12=-000", r"the answer is '\+000'"),
        ("12+34=46", r"write two numbers"),
        ("", r"texts\[1\]='': write two numbers"),
        (" 12+34", "write two numbers"),
        ("12+34=+046\n", "write two numbers"),
        ("١٢+٣٤", "write two numbers"),
    ],
)
def test_texts_that_are_no_questions_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Questions.parse(["01+02", text])


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"texts\[0\]='0{21}\+0{21}': numbers have 1 to 20 digits"):
        Questions.parse(["0" * 21 + "+" + "0" * 21])
    with pytest.raises(ValueError, match=r"texts\[0\]='12\+34': both numbers must have 3 digits"):
        Questions.parse(["12+34"], digits=3)
    with pytest.raises(ValueError, match="at least one question"):
        Questions.parse([])
    with pytest.raises(TypeError, match=r"give several, such as \['1\+1'\]"):
        Questions.parse("1+1")
    with pytest.raises(TypeError, match=r"texts\[0\]=3: give a text"):
        Questions.parse([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"first\[0\]=100: give an integer from 0 to 99"):
        Questions.of([100], [1], "+", digits=2)
    with pytest.raises(ValueError, match=r"second\[0\]=-1: give an integer from 0 to 99"):
        Questions.of([1], [-1], "+", digits=2)
    with pytest.raises(ValueError, match=r"operation='\*': give '\+' or '-'"):
        Questions.of([1], [1], "*", digits=2)
    with pytest.raises(ValueError, match="as many of each"):
        Questions.of([1], [1, 2], "+", digits=2)
    with pytest.raises(ValueError, match="digits=21: give an integer from 1 to 20"):
        Questions.of([1], [1], "+", digits=21)
    digits, subtract = np.zeros((2, 3), np.uint8), np.zeros(2, bool)
    with pytest.raises(ValueError, match="first_ND holds 10: give digits from 0 to 9"):
        Questions(digits + np.uint8(10), digits, subtract)
    with pytest.raises(ValueError, match="twice and"):
        Questions(digits, digits[:1], subtract)
    with pytest.raises(TypeError, match=r"second_ND=array(.|\n)*: give an array of uint8 with 2 dimensions"):
        Questions(digits, digits.astype(np.int64), subtract)


def test_known_hard_questions_are_there() -> None:
    assert len(known_hard_questions(11)) == len(KNOWN_HARD)
    assert [text.split("=")[0] for text in known_hard_questions(6).texts()] == [
        *("018539+789353", "747332+057349", "000555+000445", "099111-099111", "000041-000047"),
        *("530757+460849", "261926-161857"),
    ]
    assert "5193798811+1806201129=+06999999940" in known_hard_questions(10).texts()
    assert len(known_hard_questions(1)) == 0
