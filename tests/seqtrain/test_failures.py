"""Failures of a model that answers questions: each is counted once, in its operation, class, pattern and place."""

from collections import Counter

import arithmetic_oracle as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqgen.arithmetic import CLASS_NAMES, Questions, QuestionStream, class_counts, possible_patterns, texts_of
from seqtrain.clopper_pearson import clopper_pearson
from seqtrain.failure_sets import CLASSES, ENRICHED, KNOWN, MOST_PATTERNS, PATTERNS, UNIFORM, Asked
from seqtrain.failures import SHOWN, Count, Failures
from seqtrain.failures_found import find_failures
from seqtrain.failures_report import failures_report

SMALL = {"uniform": 300, "enriched": 40, "each_class": 5, "each_pattern": 3}


def right(questions: Questions) -> NDArray[np.uint8]:
    return questions.answers()


def forgets_long_cascades(questions: Questions) -> NDArray[np.uint8]:
    """Answer rightly but for a last digit that is one more at level 3 and above."""
    answers = questions.answers()
    answers[:, -1] = np.where(questions.levels() >= 3, (answers[:, -1] + 1) % 10, answers[:, -1])
    return answers


@given(st.integers(1, 8), st.integers(0, 2**32), st.integers(1, 60), st.data())
def test_every_failure_is_counted_once_where_it_belongs(
    digits: int, first: int, count: int, data: st.DataObject
) -> None:
    questions = QuestionStream(digits, "mix", 5).questions(first, count)
    answers = questions.answers()
    rows = st.integers(0, count - 1)
    changes = data.draw(st.lists(st.tuples(rows, st.integers(0, digits + 1), st.integers(1, 14)), max_size=12))
    for row, place, more in changes:
        answers[row, place] = (questions.answers()[row, place] + more) % 15
    failures = Failures("some", digits)
    cut = data.draw(st.integers(0, count))
    failures.add(questions[:cut], answers[:cut])
    failures.add(questions[cut:], answers[cut:])

    wrong = sorted({row for row, _, _ in changes})
    texts = [text.split("=")[0] for text in questions.texts()]
    asked: list[tuple[int, int, str]] = []
    for text in texts:
        operation = "-" if "-" in text else "+"
        a, b = text.split(operation)
        asked.append((int(a), int(b), operation))

    def counted(names: list[str]) -> dict[str, tuple[int, int]]:
        all_of_them, bad = Counter(names), Counter(names[row] for row in wrong)
        return {name: (all_of_them[name], bad[name]) for name in all_of_them}

    def plain(counts: dict[str, Count]) -> dict[str, tuple[int, int]]:
        return {name: (each.questions, each.failures) for name, each in counts.items()}

    classes = [oracle.difficulty(*row, digits) for row in asked]
    assert failures.overall == Count(count, len(wrong))
    assert plain(failures.classes()) == counted(classes)
    assert plain(failures.kinds()) == counted([name[0] for name in classes])
    assert plain(failures.operations()) == counted(["add" if name[0] == "S" else "sub" for name in classes])
    for kind in "SMN":
        bits = [
            f"{name[0]}{sum(out << i for i, out in enumerate(oracle.moved(*row, digits)))}"
            for name, row in zip(classes, asked, strict=True)
        ]
        expected = {name[1:]: both for name, both in counted(bits).items() if name[0] == kind}
        assert plain({str(pattern): each for pattern, each in failures.patterns(kind).items()}) == expected
    places = Counter(place for row, place in {(row, place) for row, place, _ in changes})
    assert failures.places.tolist() == [places[place] for place in range(digits + 2)]
    assert [each.text for each in failures.wrong] == [questions.texts()[row] for row in wrong]
    assert [each.answer for each in failures.wrong] == [texts_of(answers[row : row + 1])[0] for row in wrong]


def test_only_the_first_wrong_answers_are_kept() -> None:
    questions = QuestionStream(3, "add", 0).questions(0, 100)
    failures = Failures("all wrong", 3)
    for first in range(0, 100, 8):
        part = questions[first : first + 8]
        failures.add(part, np.full((len(part), 5), 13, np.uint8))
    assert [each.text for each in failures.wrong] == questions.texts()[:SHOWN]
    assert {each.answer for each in failures.wrong} == {"*****"}
    assert failures.overall == Count(100, 100)


def test_counts_have_rates_and_intervals_per_million() -> None:
    count = Count(questions=500_000, failures=4)
    assert count.per_million == 8
    assert count.interval == tuple(1e6 * end for end in clopper_pearson(4, 500_000))


@pytest.mark.parametrize("digits", [1, 2, 3, 6])
@pytest.mark.parametrize("operations", [("add",), ("sub",), ("add", "sub")])
def test_sets_hold_what_they_say(digits: int, operations: tuple[str, ...]) -> None:
    sets = Asked(digits=digits, operations=operations, **SMALL).sets()  # type: ignore[arg-type]
    assert len({each.name for each in sets}) == len(sets)
    for each in sets:
        parts = list(each.parts())
        assert sum(map(len, parts)) == each.size > 0
        (questions,) = parts
        assert questions.digits == digits
        assert {("add", "sub")[subtract] for subtract in questions.subtract_N.tolist()} <= set(operations)
        if each.sort == CLASSES:
            assert set(questions.difficulties()) == {each.name.removeprefix("class ")}
        if "runs of" in each.name:
            assert (questions.levels() >= 2).mean() > 0.5
        if "equal numbers" in each.name:
            assert (questions.first_ND == questions.second_ND).all()
        if "short" in each.name and digits == 6:
            assert (questions.first_ND[:, :2] == 0).all(axis=1).mean() > 0.3
        if each.sort == KNOWN:
            assert questions.texts()[0].startswith(f"{each.name}=")
        if each.sort == PATTERNS:
            operation = "add" if "carries" in each.name else "sub"
            tried = Counter(questions.patterns().tolist())
            times = SMALL["each_pattern"] * (1 if operation == "add" else 2)
            assert tried == dict.fromkeys(possible_patterns(digits, operation).tolist(), times)  # type: ignore[arg-type]
            if operation == "sub" and digits > 3:  # else equal numbers come often, whose difference has one sign
                assert set(
                    Counter(zip(questions.kinds().tolist(), questions.patterns().tolist(), strict=True)).values()
                ) == {3}
    sorts = Counter(each.sort for each in sets)
    assert sorts[UNIFORM] == sorts[PATTERNS] == len(operations)
    rare = {"add": (digits > 1) + (digits > 1), "sub": (digits > 2) + (digits > 1) + 1}
    assert sorts[ENRICHED] == sum(rare[operation] for operation in operations)
    possible = [name for name in CLASS_NAMES if class_counts(digits)[name]]
    assert sorts[CLASSES] == sum((name[0] == "S") == (one == "add") for name in possible for one in operations)


def test_numbers_with_many_patterns_are_asked_about_random_ones() -> None:
    asked = Asked(digits=20, uniform=1, enriched=0, each_class=0, each_pattern=2)
    carries, borrows = (each for each in asked.sets() if each.sort == PATTERNS)
    assert (carries.name, borrows.name) == ("random patterns of carries", "random patterns of borrows")
    assert carries.size == borrows.size == 2 * MOST_PATTERNS
    patterns = np.concatenate([part.patterns() for part in carries.parts()])
    assert len(np.unique(patterns)) > 0.99 * len(patterns)
    assert abs(patterns.mean() / 2**19 - 1) < 0.05


def test_parts_of_a_set_are_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [[text for part in each.parts() for text in part.texts()] for each in Asked(digits=4, **SMALL).sets()]
    monkeypatch.setattr("seqtrain.failure_sets._AT_ONCE", 7)
    assert [
        [text for part in each.parts() for text in part.texts()] for each in Asked(digits=4, **SMALL).sets()
    ] == whole


def test_another_seed_asks_other_questions() -> None:
    one, other = (find_texts(Asked(digits=6, **SMALL, seed=seed)) for seed in (0, 1))
    assert one[UNIFORM].isdisjoint(other[UNIFORM])
    assert one[KNOWN] == other[KNOWN]


def find_texts(asked: Asked) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in asked.sets():
        found.setdefault(each.sort, set()).update(text for part in each.parts() for text in part.texts())
    return found


def test_failures_of_one_sort_are_found_where_they_are() -> None:
    told: list[int] = []
    found = find_failures(forgets_long_cascades, Asked(digits=5, **SMALL), watch=told.append)
    assert sum(told) == found.questions == sum(each.overall.questions for each in found.sets)
    for name, count in found.classes().items():
        assert count.failures == (count.questions if int(name[1]) >= 3 else 0)
        assert count.questions >= SMALL["each_class"]
    by_name = {each.name: each for each in found.sets}
    assert by_name["class S2"].overall == Count(5, 0)
    assert by_name["class M4+"].overall == Count(5, 5)
    patterns = found.patterns()
    assert patterns["S"].keys() == set(range(32))
    assert patterns["M"].keys() == patterns["N"].keys() == set(range(16))
    assert patterns["S"][0].failures == 0
    for place in range(6):
        assert sum(int(each.places[place]) for each in found.sets) == 0
    assert sum(int(each.places[6]) for each in found.sets) == sum(each.overall.failures for each in found.sets)


def test_a_model_without_failures_has_none() -> None:
    found = find_failures(right, Asked(digits=4, **SMALL))
    assert sum(each.overall.failures for each in found.sets) == 0
    told = failures_report(found)
    assert "wrong answers" not in told
    assert told.count("right") == sum(sort == KNOWN for sort in found.sorts) == 2


def test_the_report_tells_what_was_found() -> None:
    found = find_failures(forgets_long_cascades, Asked(digits=6, **SMALL))
    head, sets, classes, patterns, places, known, wrong = failures_report(found).split("\n\n")
    assert head == f"{found.questions:,} questions of 6 digits, answered by greedy decoding"
    rows = {line.split("  ")[0]: line.split() for line in sets.splitlines()}
    assert rows["every class"][2:4] == ["80", "35"]
    assert rows["every pattern of borrows"][4] == "192"
    assert rows["known hard"][2:4] == ["7", "1"]
    classed = {line.split()[0]: line.split() for line in classes.splitlines()[1:]}
    assert list(classed) == list(CLASS_NAMES)
    for name, cells in classed.items():
        assert (cells[1] == cells[2]) == (int(name[1]) >= 3)
        assert cells[3] == ("1,000,000" if int(name[1]) >= 3 else "0.0")
    carries = next(line for line in patterns.splitlines() if line.startswith("carries"))
    assert carries.split()[1:3] == ["64", "64"]
    assert int(carries.split()[3]) >= 3
    assert "111111: " in carries or "011111: " in carries
    assert [line.split()[0] for line in places.splitlines()[1:]] == [
        "sign",
        *(f"A{place}" for place in range(6, -1, -1)),
    ]
    answered = dict(line.split() for line in known.splitlines()[1:])
    assert answered["000555+000445"] == "+0001001"
    assert [answer for question, answer in answered.items() if question != "000555+000445"] == ["right"] * 6
    assert all(len(line.split()) == 2 for line in wrong.splitlines()[1:])


def test_json_holds_every_class_and_pattern() -> None:
    found = find_failures(forgets_long_cascades, Asked(digits=5, **SMALL))
    told = found.to_dict()
    assert told["questions"] == found.questions
    assert [each["name"] for each in told["sets"]] == [each.name for each in found.sets]
    assert told["classes"]["S3"]["per_million"] == 1e6
    assert told["classes"]["S0"]["interval"][0] == 0
    assert set(told["patterns"]["S"]) == {f"{pattern:05b}" for pattern in range(32)}
    assert set(told["patterns"]["N"]) == {f"{pattern:05b}" for pattern in range(16)}
    cascade = told["patterns"]["S"]["00111"]
    assert cascade["questions"] >= 3
    uniform = told["sets"][0]
    assert uniform["operations"].keys() == {"add"}
    assert uniform["places"][-1] == uniform["failures"] == sum(each["failures"] for each in uniform["classes"].values())
    assert len(uniform["wrong"]) == min(SHOWN, uniform["failures"])


def test_bad_numbers_of_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="each_pattern is -1; it must be 0 or more"):
        Asked(digits=5, each_pattern=-1)
