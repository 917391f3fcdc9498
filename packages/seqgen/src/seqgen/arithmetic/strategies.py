"""A Hypothesis strategy for questions; Hypothesis is installed beside seqgen, and nothing else here imports it."""

from hypothesis import strategies as st

from seqgen.arithmetic.questions import Questions
from seqgen.arithmetic.symbols import MAX_DIGITS


@st.composite
def questions(draw: st.DrawFn, digits: int | None = None, max_questions: int = 5) -> Questions:
    """Questions of a number of digits, any from 1 to 20 unless it is given, in which carries and borrows often cascade.

    Through a run of places, pairs sum to nine (additions) or are equal (subtractions). Failing examples shrink to a
    single ``0+0``.

    >>> from hypothesis import given, settings
    >>> @settings(database=None, max_examples=10)
    ... @given(questions(digits=3))
    ... def check(some):
    ...     assert Questions.parse(some.texts(), digits=3).texts() == some.texts()
    >>> check()
    """
    digits = draw(st.integers(1, MAX_DIGITS)) if digits is None else digits
    numbers = st.integers(0, 10**digits - 1)
    firsts, seconds, operations = [], [], []
    for _ in range(draw(st.integers(1, max_questions))):
        operation, first, second = draw(st.sampled_from("+-")), draw(numbers), draw(numbers)
        end = draw(st.integers(0, digits))
        passing = 2**end - 2 ** draw(st.integers(0, end))
        partner = 10**digits - 1 - first if operation == "+" else first
        for place in range(digits):
            if passing >> place & 1:
                second += (partner // 10**place % 10 - second // 10**place % 10) * 10**place
        firsts.append(first)
        seconds.append(second)
        operations.append(operation)
    return Questions.of(firsts, seconds, operations, digits)
