"""A stream of questions is random access, its bits stay the same, and its shares are what was asked for."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.arithmetic import Enrichment, Questions, QuestionStream
from seqgen.arithmetic.stream import Operation
from seqgen.philox import MAX_INDEX

VECTORS = Path(__file__).parent / "vectors" / "questions.csv"


def enrichments(digits: int) -> st.SearchStrategy[Enrichment]:
    share = st.sampled_from([0.0, 0.2, 0.3])
    return st.just(Enrichment(published=True)) | st.builds(
        Enrichment,
        nines=share if digits > 1 else st.just(0.0),
        borrows=share if digits > 2 else st.just(0.0),
        equal=share,
        short=share if digits > 1 else st.just(0.0),
    )


@given(
    st.integers(1, 20),
    st.sampled_from(["add", "sub", "mix"]),
    st.integers(0, MAX_INDEX - 29),
    st.integers(1, 9) | st.just(MAX_INDEX),
    st.integers(0, 2**64 - 1),
    st.data(),
)
def test_questions_do_not_depend_on_how_they_are_asked_for(
    digits: int, operation: Operation, first: int, block: int, seed: int, data: st.DataObject
) -> None:
    stream = QuestionStream(digits, operation, seed, enrichment=data.draw(enrichments(digits)), block=block)
    start, end = sorted((data.draw(st.integers(0, 30)), data.draw(st.integers(0, 30))))
    whole = stream.questions(first, 30)
    assert stream.questions(first + start, end - start).texts() == whole.texts()[start:end]
    if operation != "mix":
        assert set(whole.subtract_N.tolist()) == {operation == "sub"}


@given(st.integers(1, 40), st.integers(0, 2**40))
def test_rows_of_a_block_share_their_operation(block: int, first_block: int) -> None:
    stream = QuestionStream(3, "mix", seed=5, enrichment=Enrichment(published=True), block=block)
    subtract = stream.questions(first_block * block, 4 * block).subtract_N.reshape(4, block)
    assert (subtract == subtract[:, :1]).all()


def test_questions_stay_the_same_for_ever() -> None:
    """Known answers: a change of any of them is a new stream version."""
    with VECTORS.open(newline="") as file:
        for known in csv.DictReader(file):
            named = dict(part.split("=") for part in known["enrichment"].split())
            enrichment = Enrichment(**{name: share == "True" or float(share) for name, share in named.items()})  # type: ignore[arg-type]
            stream = QuestionStream(
                int(known["digits"]), known["operation"], int(known["seed"]), known["purpose"], enrichment,
                block=int(known["block"]),
            )  # fmt: skip
            assert stream.questions(int(known["index"]), 1).texts() == [known["question"]], known


def test_streams_share_no_structure() -> None:
    texts = [
        set(QuestionStream(9, "add", seed, purpose).questions(0, 2000).texts())
        for seed, purpose in ((1, "train"), (2, "train"), (1, "validation"))
    ]
    assert all(len(rows) == 2000 for rows in texts)
    assert not texts[0] & texts[1]
    assert not texts[0] & texts[2]


def test_digits_are_uniform() -> None:
    """Each of 20 x 2 places has each digit in a tenth of the rows, within five standard deviations."""
    questions = QuestionStream(20, "mix", seed=11).questions(0, 40_000)
    spread = 5 * (40_000 * 0.1 * 0.9) ** 0.5
    for numbers in (questions.first_ND, questions.second_ND):
        for place in range(20):
            counts = np.bincount(numbers[:, place], minlength=10)
            assert np.abs(counts - 4000).max() < spread
    subtractions = int(questions.subtract_N.sum())
    assert abs(subtractions - 0.66 * 40_000) < 5 * (40_000 * 0.66 * 0.34) ** 0.5


def test_published_enrichment_is_the_published_rule() -> None:
    block, blocks, digits = 64, 4000, 5
    plain = QuestionStream(digits, "mix", seed=3, block=block)
    rich = QuestionStream(digits, "mix", seed=3, enrichment=Enrichment(published=True), block=block)
    before, after = plain.questions(0, block * blocks), rich.questions(0, block * blocks)
    assert after.subtract_N.tolist() == before.subtract_N.tolist()
    changed = (after.first_ND != before.first_ND) | (after.second_ND != before.second_ND)
    enriched = changed.reshape(blocks, -1).any(axis=1)
    assert abs(enriched.mean() - 0.4) < 5 * (0.4 * 0.6 / blocks) ** 0.5
    rows = np.repeat(enriched, block)
    add, sub = rows & ~after.subtract_N, rows & after.subtract_N
    assert (after.second_ND[add] == before.second_ND[add]).all()
    sums_to_nine = after.first_ND[add] + after.second_ND[add] == 9
    assert (changed[add] <= sums_to_nine).all()
    # Of the pairs 40 % are made to sum to nine, and a tenth of the others do by chance.
    assert abs(sums_to_nine.mean() - 0.46) < 5 * (0.46 * 0.54 / sums_to_nine.size) ** 0.5
    assert (after.first_ND[sub] == before.first_ND[sub]).all()
    same = (after.first_ND[sub] == after.second_ND[sub]).reshape(-1, block * digits).all(axis=1)
    grown = (after.second_ND[sub] == np.minimum(before.second_ND[sub] + 1, 9)).reshape(-1, block * digits).all(axis=1)
    assert (same ^ grown).all()
    assert abs(same.mean() - 0.01) < 5 * (0.01 * 0.99 / len(same)) ** 0.5


def longest_run(flags: np.ndarray) -> list[int]:
    """Return the longest run of true places in each row."""
    return [max(len(run) for run in "".join("x" if flag else " " for flag in row).split(" ")) for row in flags.tolist()]


@pytest.mark.parametrize("operation", ["add", "sub"])
@given(st.integers(3, 20), st.integers(0, 2**40))
def test_every_enriched_row_has_a_run(operation: Operation, digits: int, first: int) -> None:
    rich = QuestionStream(digits, operation, 1, enrichment=Enrichment(nines=1.0, borrows=1.0)).questions(first, 40)
    passing = rich.first_ND == rich.second_ND if operation == "sub" else rich.first_ND + rich.second_ND == 9
    assert passing.any(axis=1).all()
    assert (~passing).any(axis=1).all()


@pytest.mark.parametrize("operation", ["add", "sub"])
@pytest.mark.parametrize("digits", [3, 11])
def test_most_enriched_rows_have_a_cascade(operation: Operation, digits: int) -> None:
    rows = 20_000
    rich = QuestionStream(digits, operation, 1, enrichment=Enrichment(nines=1.0, borrows=1.0)).questions(0, rows)
    cascade = rich.levels() >= 2
    assert cascade.mean() > 0.75 - 5 * (0.75 * 0.25 / rows) ** 0.5
    assert cascade.mean() < 1


@pytest.mark.parametrize(("operation", "longest"), [("add", 10), ("sub", 9)])
def test_cascades_have_every_place_and_length(operation: Operation, longest: int) -> None:
    """In 20,000 rows of 11 digits, cascades begin at each place and are of each length up to the longest possible."""
    enrichment = Enrichment(nines=1.0, borrows=1.0)
    questions = QuestionStream(11, operation, 2, enrichment=enrichment).questions(0, 20_000)
    if operation == "sub":
        passing = questions.first_ND == questions.second_ND
        negative = float((questions.kinds() == 2).mean())
        assert abs(negative - 0.5) < 5 * 0.5 / 20_000**0.5
    else:
        passing = questions.first_ND + questions.second_ND == 9
    moved = (questions.patterns()[:, None] >> np.arange(11)) & 1 == 1
    cascades = set()
    passing = passing[:, ::-1]
    for row_passing, row_moved in zip(passing.tolist(), moved.tolist(), strict=True):
        place = 0
        while place < 11:
            length = 0
            while row_moved[place] and place + length + 1 < 11 and row_passing[place + length + 1]:
                length += 1
            if length and not row_passing[place]:
                cascades.add((place, length))
            place += 1 + length
    assert cascades == {(place, length) for place in range(longest) for length in range(1, longest - place + 1)}


def test_runs_without_a_carry_are_there_too() -> None:
    """A model must not take long runs for cascades: some stand above no carry (borrow)."""
    enrichment = Enrichment(nines=1.0, borrows=1.0)
    for operation in ("add", "sub"):
        questions = QuestionStream(11, operation, 2, enrichment=enrichment).questions(0, 5000)
        passing = questions.first_ND + (questions.second_ND if operation == "add" else -questions.second_ND.astype(int))
        still = (questions.patterns()[:, None] >> np.arange(11)[::-1]) & 1 == 0
        runs = longest_run((passing == (9 if operation == "add" else 0)) & still)
        assert sum(length >= 5 for length in runs) > 200


def test_shares_are_what_was_asked_for() -> None:
    enrichment = Enrichment(borrows=0.3, nines=0.2, equal=0.1, short=0.25)
    count = 20_000
    plain = QuestionStream(12, "mix", 4).questions(0, count)
    rich = QuestionStream(12, "mix", 4, enrichment=enrichment).questions(0, count)
    changed = np.array([a != b for a, b in zip(plain.texts(), rich.texts(), strict=True)])
    equal = (rich.first_ND == rich.second_ND).all(axis=1) & rich.subtract_N
    add, sub = ~rich.subtract_N, rich.subtract_N

    def close(flags: np.ndarray, share: float) -> bool:
        return abs(float(flags.mean()) - share) < 5 * (share * (1 - share) / len(flags)) ** 0.5

    # A short row is left as it is where both lengths are drawn in full.
    assert close(changed[add], 0.2 + 0.25 * (1 - 1 / 144))
    assert close(changed[sub], 0.3 + 0.1 + 0.25 * (1 - 1 / 144))
    assert close(equal[sub], 0.1)
    only_short = QuestionStream(5, "add", 4, enrichment=Enrichment(short=1.0)).questions(0, count)
    lengths = np.array([[len(str(int("".join(map(str, row))))) for row in only_short.first_ND.tolist()]]).ravel()
    # A number of length L drawn has fewer digits still where it begins with zeros.
    for length in range(2, 6):
        expected = sum(0.2 * 0.9 * 0.1 ** (drawn - length) for drawn in range(length, 6))
        assert close(lengths == length, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"digits": 0}, "digits=0: give an integer from 1 to 20"),
        ({"digits": 21}, "digits=21: give an integer from 1 to 20"),
        ({"operation": "mul"}, "operation='mul': give 'add', 'sub' or 'mix'"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**64}, f"seed={2**64}"),
        ({"purpose": ""}, "purpose=''"),
        ({"block": 0}, "block=0"),
        ({"subtraction": 1.5}, r"subtraction=1.5: give a share from 0 to 1"),
        ({"digits": 2, "enrichment": Enrichment(borrows=0.1)}, "borrows=0.1, digits=2: give at least 3 digits, or 0"),
        ({"digits": 1, "enrichment": Enrichment(nines=0.1)}, "nines=0.1, digits=1: give at least 2 digits, or 0"),
    ],
)
def test_bad_streams_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        QuestionStream(**{"digits": 5, "operation": "mix", "seed": 0, **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shares", "error", "message"),
    [
        ({"nines": 1.2}, ValueError, "nines=1.2: give a share from 0 to 1"),
        ({"borrows": float("nan")}, ValueError, "borrows=nan: give a share from 0 to 1"),
        ({"equal": True}, TypeError, "equal=True: give a share"),
        ({"short": "0.1"}, TypeError, "short='0.1': give a share"),
        ({"published": 0.4}, TypeError, "published=0.4: give True or False"),
        ({"published": True, "nines": 0.1}, ValueError, "nines=0.1, published=True: the published rule stands alone"),
        ({"borrows": 0.6, "equal": 0.3, "short": 0.2}, ValueError, "borrows=0.6, equal=0.3, short=0.2: .*at most 1"),
        ({"nines": 0.9, "short": 0.2}, ValueError, "nines=0.9, short=0.2: these shares exclude each other"),
    ],
)
def test_bad_enrichments_are_refused(shares: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Enrichment(**shares)  # type: ignore[arg-type]


def test_bad_ranges_are_refused() -> None:
    stream = QuestionStream(5, "mix", 0)
    assert len(stream.questions(MAX_INDEX, 1)) == 1
    assert isinstance(stream.questions(0, 0), Questions)
    for first, count, message in ((-1, 1, "first=-1"), (0, -1, "count=-1"), (MAX_INDEX, 2, "count=2")):
        with pytest.raises(ValueError, match=message):
            stream.questions(first, count)
    with pytest.raises(TypeError, match="enrichment='published': give an Enrichment"):
        QuestionStream(5, "mix", 0, enrichment="published")  # type: ignore[arg-type]
