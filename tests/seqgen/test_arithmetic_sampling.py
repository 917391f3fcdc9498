"""Questions of one class or one pattern: they are of it, all of them come, and evenly."""

import itertools

import arithmetic_oracle as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import (
    CLASS_NAMES,
    Questions,
    QuestionStream,
    class_counts,
    of_class,
    possible_patterns,
    with_pattern,
    with_patterns,
)
from seqgen.arithmetic.patterns import OneOperation

_FITTING = 4.5
"""Standard deviations that a chi-square sum of many cells may lie above its mean."""


def every_question(digits: int, operation: OneOperation) -> Questions:
    numbers = np.arange(100**digits)
    digit_ND = (numbers[:, None] // 10 ** np.arange(2 * digits) % 10).astype(np.uint8)
    return Questions(
        digit_ND[:, :digits].copy(), digit_ND[:, digits:].copy(), np.full(len(numbers), operation == "sub")
    )


def even(texts: list[str], possible: set[str]) -> bool:
    """Say whether draws are all among the possible texts, and as even as chance has it."""
    assert set(texts) <= possible
    mean = len(texts) / len(possible)
    counts = dict.fromkeys(possible, 0)
    for text in texts:
        counts[text] += 1
    total = sum((count - mean) ** 2 / mean for count in counts.values())
    freedom = len(possible) - 1
    return freedom == 0 or abs(total - freedom) < _FITTING * (2 * freedom) ** 0.5


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_counts_of_classes_are_those_of_all_questions(digits: int) -> None:
    found = dict.fromkeys(CLASS_NAMES, 0)
    for operation in ("add", "sub"):
        questions = every_question(digits, operation)
        cells, sizes = np.unique(10 * questions.kinds() + questions.levels(), return_counts=True)
        names = {10 * kind + int(name[1]): name for name in CLASS_NAMES for kind in [("SMN").index(name[0])]}
        found |= {names[cell]: size for cell, size in zip(cells.tolist(), sizes.tolist(), strict=True)}
    assert class_counts(digits) == found


def test_counts_of_classes_are_those_of_all_words() -> None:
    """Of 7 digits, by the slow definition on one question for each word of stopping, passing and carrying pairs."""
    digits, found = 7, dict.fromkeys(CLASS_NAMES, 0)
    for letters in itertools.product(range(3), repeat=digits):
        weight = 45 ** sum(letter != 1 for letter in letters) * 10 ** letters.count(1)
        first, second = int("5" * digits), int("".join("345"[letter] for letter in letters))
        found[oracle.difficulty(first, second, "+", digits)] += weight
        second = int("".join("456"[letter] for letter in letters))
        found[oracle.difficulty(first, second, "-", digits)] += weight
    assert class_counts(digits) == found


@given(st.integers(1, 20))
def test_classes_share_all_questions(digits: int) -> None:
    counts = class_counts(digits)
    sums = {kind: sum(size for name, size in counts.items() if name[0] == kind) for kind in "SMN"}
    assert sums == {"S": 100**digits, "M": (100**digits + 10**digits) // 2, "N": (100**digits - 10**digits) // 2}


def test_shares_of_classes_of_eleven_digits() -> None:
    """The design's figures, which are rounded and of a sample: S1 61.6 %, S2 34.2 %, M3 1.6 %, M4+ 0.16 %."""
    counts = class_counts(11)
    shares = {name: round(100 * size / 100**11, 2) for name, size in counts.items()}
    assert shares == {
        "S0": 0.14,
        "S1": 61.65,
        "S2": 34.2,
        "S3": 3.65,
        "S4": 0.33,
        "S5": 0.03,
        "M0": 0.14,
        "M1": 32.47,
        "M2": 15.63,
        "M3": 1.61,
        "M4+": 0.15,
        "N0": 0.14,
        "N1": 32.47,
        "N2": 15.63,
        "N3": 1.61,
        "N4+": 0.15,
    }


def test_uniform_questions_have_these_shares() -> None:
    counts, rows = class_counts(11), 50_000
    for operation in ("add", "sub"):
        found = QuestionStream(11, operation, 8).questions(0, rows).difficulties()
        for name in CLASS_NAMES:
            share = counts[name] / 100**11 if (name[0] == "S") == (operation == "add") else 0.0
            assert abs(found.count(name) - share * rows) <= 5 * (rows * share * (1 - share)) ** 0.5


@given(st.integers(1, 20), st.sampled_from(CLASS_NAMES), st.integers(0, 2**40), st.integers(0, 2**64 - 1))
def test_questions_of_a_class_are_of_it(digits: int, name: str, first: int, seed: int) -> None:
    if not class_counts(digits)[name]:
        with pytest.raises(ValueError, match=f"questions of {digits} digits are S0"):
            of_class(digits, name, 1)
        return
    questions = of_class(digits, name, 20, seed, first)
    assert questions.difficulties() == [name] * 20
    assert of_class(digits, name, 5, seed, first + 7).texts() == questions.texts()[7:12]


@pytest.mark.parametrize("name", ["S1", "S2", "M0", "M1", "N0", "N1"])
def test_questions_of_a_class_come_evenly(name: str) -> None:
    operation: OneOperation = "add" if name[0] == "S" else "sub"
    all_questions = every_question(2, operation)
    possible = {
        text for text, known in zip(all_questions.texts(), all_questions.difficulties(), strict=True) if known == name
    }
    assert even(of_class(2, name, 40_000, seed=1).texts(), possible)


@given(st.integers(1, 20), st.sampled_from(["add", "sub"]), st.integers(0, 2**64 - 1), st.data())
def test_questions_of_patterns_have_them(digits: int, operation: OneOperation, seed: int, data: st.DataObject) -> None:
    largest = 2 ** (digits - (operation == "sub")) - 1
    patterns = data.draw(st.lists(st.integers(0, largest), max_size=20))
    questions = with_patterns(digits, operation, np.array(patterns, np.int64), seed, first=3)
    assert questions.patterns().tolist() == patterns
    assert set(questions.subtract_N.tolist()) <= {operation == "sub"}
    if patterns:
        (alone,) = with_pattern(digits, operation, patterns[-1], 1, seed, first=2 + len(patterns)).texts()
        assert alone == questions.texts()[-1]


@pytest.mark.parametrize("operation", ["add", "sub"])
def test_all_patterns_are_possible_and_no_others(operation: OneOperation) -> None:
    for digits in (1, 2, 3):
        every = possible_patterns(digits, operation)
        assert every.tolist() == sorted(set(every_question(digits, operation).patterns().tolist()))
        for wrong in (-1, len(every)):
            with pytest.raises(ValueError, match=f"hold {wrong}: give integers from 0 to {len(every) - 1} for"):
                with_patterns(digits, operation, [wrong])
            with pytest.raises(ValueError, match=f"pattern={wrong}: give an integer from 0 to {len(every) - 1}"):
                with_pattern(digits, operation, wrong, 1)


@pytest.mark.parametrize(("operation", "pattern"), [("add", p) for p in range(4)] + [("sub", p) for p in range(2)])
def test_questions_of_a_pattern_come_evenly(operation: OneOperation, pattern: int) -> None:
    """Additions; subtractions as pairs of a larger and a smaller number, the sign being a coin's toss."""
    all_questions = every_question(2, operation)
    all_questions = all_questions[all_questions.kinds() != 2]
    texts = all_questions.texts()
    possible = {text for text, known in zip(texts, all_questions.patterns().tolist(), strict=True) if known == pattern}
    drawn = with_pattern(2, operation, pattern, 40_000, seed=1)
    negative = drawn.kinds() == 2
    turned = Questions(drawn.second_ND, drawn.first_ND, drawn.subtract_N)
    assert even(drawn[~negative].texts() + turned[negative].texts(), possible)
    if operation == "sub":
        unequal = (drawn.first_ND != drawn.second_ND).any(axis=1)
        assert abs(float(negative[unequal].mean()) - 0.5) < 5 * 0.5 / 40_000**0.5


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="patterns="):
        with_patterns(3, "add", [0.5])
    with pytest.raises(TypeError, match="patterns="):
        with_patterns(3, "add", [[1]])
    with pytest.raises(ValueError, match="operation='mix': give 'add' or 'sub'"):
        possible_patterns(3, "mix")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="digits=0: give an integer from 1 to 20"):
        class_counts(0)
    with pytest.raises(ValueError, match="count=-1"):
        of_class(3, "S1", -1)
    with pytest.raises(ValueError, match="difficulty='S9': give one of S0"):
        of_class(3, "S9", 1)
