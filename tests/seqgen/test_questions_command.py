"""``seqgen questions``: what it prints is what the library makes, and what it says of options that do not fit."""

import json

import pytest

from seqgen.arithmetic import Enrichment, QuestionStream, known_hard_questions, of_class, with_pattern
from seqgen.cli import main


def lines(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, object]]:
    assert main(["questions", "--json", *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def texts(rows: list[dict[str, object]]) -> list[str]:
    return [f"{row['question']}{row['answer']}" for row in rows]


def test_questions_are_those_of_the_stream(capsys: pytest.CaptureFixture[str]) -> None:
    options = (
        "--digits 20 --operation mix --nines 0.5 --borrows 0.25 --equal 0.1 --short 0.2 --subtraction 0.4 --block 3"
    )
    rows = lines(capsys, *options.split(), "--seed", "9", "--purpose", "train", "--rows", "1100", "--start", "5")
    enrichment = Enrichment(nines=0.5, borrows=0.25, equal=0.1, short=0.2)
    expected = QuestionStream(20, "mix", 9, "train", enrichment, 0.4, 3).questions(5, 1100)
    assert texts(rows) == expected.texts()
    assert [row["index"] for row in rows] == list(range(5, 1105))
    assert [row["class"] for row in rows] == expected.difficulties()
    assert [int(str(row["pattern"]), 2) for row in rows] == expected.patterns().tolist()
    assert {len(str(row["pattern"])) for row in rows} == {20}
    assert [row["value"] for row in rows] == [int(str(row["answer"])) for row in rows]


def test_questions_of_one_sort(capsys: pytest.CaptureFixture[str]) -> None:
    published = QuestionStream(6, "mix", 0, "sample", Enrichment(published=True), block=64)
    for options, expected in (
        (["--class", "M3"], of_class(6, "M3", 10, 0, 0, "sample")),
        (["--class", "N4+", "--operation", "sub"], of_class(6, "N4+", 10, 0, 0, "sample")),
        (["--pattern", "010110", "--operation", "sub"], with_pattern(6, "sub", 0b010110, 10, 0, 0, "sample")),
        (["--pattern", "110110", "--operation", "add"], with_pattern(6, "add", 0b110110, 10, 0, 0, "sample")),
        (["--known-hard", "--start", "2"], known_hard_questions(6)[2:]),
        (["--published", "--block", "64"], published.questions(0, 10)),
    ):
        assert texts(lines(capsys, *options)) == expected.texts()


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", "--known-hard", "--digits", "6", "--rows", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "row  question                class  pattern",
        "  0  018539+789353=+0807892  S2     011001",
        "  1  747332+057349=+0804681  S2     011001",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--digits 21", "digits=21: give an integer from 1 to 20"),
        ("--class S9", "difficulty='S9': give one of S0,"),
        ("--class M4 --digits 4", "difficulty='M4': questions of 4 digits are S0, S1, S2, S3, S4, M0, M1, M2, M3, N0,"),
        ("--class M2 --operation add", "--class M2, --operation add: give --operation sub, or none"),
        ("--pattern 010110", "--pattern 010110: say --operation add or --operation sub too"),
        ("--pattern 0101 --operation add", "--pattern 0101: give 6 digits, as --digits says"),
        ("--pattern 100000 --operation sub", "pattern=32: give an integer from 0 to 31"),
        ("--class S1 --nines 0.5", "--nines: give it without --class, --pattern and --known-hard"),
        ("--known-hard --published", "--published: give it without --class"),
        ("--published --nines 0.5", "nines=0.5, published=True"),
        ("--digits 2 --borrows 0.5", "borrows=0.5, digits=2: give at least 3 digits, or 0"),
        ("--seed -1", "seed=-1"),
        ("--start -1", "first=-1"),
    ],
)
def test_bad_options_are_one_line(capsys: pytest.CaptureFixture[str], options: str, message: str) -> None:
    assert main(["questions", *options.split()]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("seqgen: error: ")
    assert message in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--pattern 012 --operation add", "expected a 0 or 1 for each digit, such as 001100, got '012'"),
        ("--nines 2", "expected a probability from 0 to 1, got '2'"),
        ("--operation mul", "invalid choice: 'mul'"),
        ("--class S1 --known-hard", "not allowed with"),
    ],
)
def test_wrong_options_are_one_line(capsys: pytest.CaptureFixture[str], options: str, message: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["questions", *options.split()])
    assert left.value.code == 2
    assert message in capsys.readouterr().err
