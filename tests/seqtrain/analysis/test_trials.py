"""The expected answers against Python's integers: each sub-task worked out anew, from what it means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import Questions, QuestionStream
from seqgen.arithmetic.questions import texts_of
from seqtrain.analysis.all_trials import all_trials
from seqtrain.analysis.columns import Columns
from seqtrain.analysis.trial import Trial

DIGITS = 4

TRIALS = list(all_trials(DIGITS, "SMN", seed=1, count=24))


def by_task(*names: str) -> list[Trial]:
    return [trial for trial in TRIALS if trial.task in names]


def pair(questions: Questions, row: int) -> tuple[int, int, bool]:
    first, second = (int("".join(map(str, digits[row]))) for digits in (questions.first_ND, questions.second_ND))
    return first, second, bool(questions.subtract_N[row])


def digit_of(number: int, digit: int) -> int:
    return number // 10**digit % 10


def answer(first: int, second: int, subtract: bool) -> int:
    return first - second if subtract else first + second


def written(value: int) -> str:
    return f"{'-' if value < 0 else '+'}{abs(value):0{DIGITS + 1}}"


@given(st.integers(1, 8), st.integers(0, 2**32))
def test_columns_work_out_the_right_answers(digits: int, seed: int) -> None:
    questions = QuestionStream(digits, "mix", seed).questions(0, 30)
    for kind, letter in enumerate("SMN"):
        of_kind = questions[questions.kinds() == kind]
        assert (Columns.of(of_kind, letter).answers() == of_kind.answers()).all()


@pytest.mark.parametrize("trial", by_task("SA", "MD", "ND"), ids=str)
def test_a_digit_of_its_own_is_taken_from_the_stored_question(trial: Trial) -> None:
    assert trial.digit is not None
    for row, text in enumerate(texts_of(trial.replaced_NA)):
        clean, stored = pair(trial.clean, row), pair(trial.stored, row)
        assert (answer(*clean) < 0) == (answer(*stored) < 0) == (trial.task == "ND")
        digits = [answer(digit_of(x, trial.digit), digit_of(y, trial.digit), s) for x, y, s in (clean, stored)]
        if trial.task == "ND":
            digits = [-digit for digit in digits]
        # The answer's own digit moves by as much, and what comes into it and goes out of it stays.
        value = answer(*clean)
        old = digit_of(abs(value), trial.digit)
        new = (old + digits[1] - digits[0]) % 10
        expected = abs(value) + (new - old) * 10**trial.digit
        assert text == written(-expected if value < 0 else expected)


@pytest.mark.parametrize("trial", by_task("SC", "SS", "ST", "MB", "MT", "NB"), ids=str)
def test_a_carry_is_made_or_unmade_by_the_stored_column(trial: Trial) -> None:
    assert trial.digit is not None
    for row, text in enumerate(texts_of(trial.replaced_NA)):
        clean, stored = pair(trial.clean, row), pair(trial.stored, row)
        value = answer(*clean)
        x, y = (clean[1], clean[0]) if value < 0 else clean[:2]
        below = 10**trial.digit
        comes_in = x % below + y % below >= below if not clean[2] else x % below < y % below
        a, b = (digit_of(number, trial.digit) for number in stored[:2])
        more = b - a if value < 0 else a - b
        goes_out = more - comes_in < 0 if stored[2] else a + b + comes_in >= 10
        went_out = (
            x % (10 * below) + y % (10 * below) >= 10 * below if not clean[2] else x % (10 * below) < y % (10 * below)
        )
        step = (1 if not clean[2] else -1) * (goes_out - went_out) * 10 * below
        expected = abs(value) + step
        assert step
        assert expected >= 0
        assert text == written(-expected if value < 0 else expected)
        changed = [digit for digit in range(DIGITS + 1) if digit_of(expected, digit) != digit_of(abs(value), digit)]
        assert changed[0] == trial.digit + 1
        assert trial.target in changed


def test_the_three_cases_are_all_tried() -> None:
    def cases(trial: Trial) -> set[tuple[int, int]]:
        assert trial.digit is not None
        kind = "S" if trial.task[0] == "S" else "M" if trial.task[0] == "M" else "N"
        both = [Columns.of(q, kind).case_NK[:, trial.digit] for q in (trial.clean, trial.stored)]
        return set(zip(*(case.tolist() for case in both), strict=True))

    every = {(a, b) for a in range(3) for b in range(3) if a != b}
    starts = {pair for pair in every if 2 in pair}
    for trial in by_task("ST", "MT"):
        assert cases(trial) == (every if trial.digit else starts)
    for trial in by_task("SC", "MB", "NB"):
        assert cases(trial) == starts
    for trial in by_task("SS"):
        assert cases(trial) == every - starts


@pytest.mark.parametrize("trial", by_task("GT"), ids=str)
def test_the_first_unequal_pair_decides_the_sign_alone(trial: Trial) -> None:
    assert trial.digit is not None
    above = 10 ** (trial.digit + 1)
    against = 0
    for row, text in enumerate(texts_of(trial.replaced_NA)):
        (x, y, _), (a, b, _) = pair(trial.clean, row), pair(trial.stored, row)
        assert x // above == y // above
        order = digit_of(a, trial.digit) - digit_of(b, trial.digit)
        rest = x % 10**trial.digit - y % 10**trial.digit
        negative = (order or rest) < 0
        assert negative != (x < y)
        assert text == ("-" if negative else "+") + written(x - y)[1:]
        against += (a < b) != negative
    if trial.digit < DIGITS - 1:
        assert against > len(trial) / 4  # the whole numbers often say otherwise


@pytest.mark.parametrize("trial", by_task("SGN"), ids=str)
def test_the_sign_chooses_the_other_subtraction(trial: Trial) -> None:
    for row, text in enumerate(texts_of(trial.replaced_NA)):
        (x, y, _), (a, b, _) = pair(trial.clean, row), pair(trial.stored, row)
        assert (x < y) != (a < b)
        assert text == ("+" if x < y else "-") + f"{10**DIGITS - abs(x - y):0{DIGITS + 1}}"[-DIGITS - 1 :]


@pytest.mark.parametrize("trial", by_task("OPR"), ids=str)
def test_the_operation_is_the_other_one(trial: Trial) -> None:
    for row, text in enumerate(texts_of(trial.replaced_NA)):
        (x, y, subtract), (a, b, other) = pair(trial.clean, row), pair(trial.stored, row)
        assert subtract != other
        assert (x < y) == (a < b) == (trial.target == DIGITS + 1)
        assert text == written(answer(x, y, not subtract))


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_only_the_replaced_answer_passes(trial: Trial) -> None:
    column = DIGITS + 1 - trial.target
    clean_NA = trial.clean.answers()
    assert not trial.passed(clean_NA).any()
    assert trial.passed(trial.replaced_NA).all()
    assert not trial.passed(trial.stored.answers()).all()
    alone_NA = clean_NA.copy()
    alone_NA[:, column] = trial.replaced_NA[:, column]
    assert trial.passed(alone_NA).all()
    # A digit that should stay and changes is no pass.
    other = 1 if trial.target == DIGITS + 1 else 0
    wrong_NA = trial.replaced_NA.copy()
    taken = np.stack([clean_NA[:, other], trial.replaced_NA[:, other]])
    if other == 0:
        wrong_NA[:, 0] = np.where((taken == 10).any(axis=0) & (taken == 11).any(axis=0), 5, 21 - taken[0])
    else:
        wrong_NA[:, 1] = [min(set(range(10)) - set(pair)) for pair in taken.T.tolist()]
    assert not trial.passed(wrong_NA).any()


def test_trials_are_those_of_their_seed() -> None:
    again = list(all_trials(DIGITS, "SMN", seed=1, count=24))
    other = list(all_trials(DIGITS, "SMN", seed=2, count=24))
    assert [t.clean.texts() for t in again] == [t.clean.texts() for t in TRIALS]
    assert [t.clean.texts() for t in other] != [t.clean.texts() for t in TRIALS]
    assert list(map(str, other)) == list(map(str, TRIALS))


def test_sub_tasks_are_those_of_the_kinds() -> None:
    assert {trial.task for trial in all_trials(3, "S", 0)} == {"SA", "SC", "SS", "ST"}
    assert {trial.task for trial in all_trials(3, "MN", 0)} == {"MD", "MB", "MT", "ND", "NB", "GT", "SGN"}
    assert {t.task for t in TRIALS} == {"SA", "SC", "SS", "ST", "MD", "MB", "MT", "ND", "NB", "GT", "SGN", "OPR"}
    # One column has no other below it.
    assert {(t.task, t.digit, t.target) for t in all_trials(1, "S", 0)} == {("SA", 0, 0), ("SC", 0, 1)}
