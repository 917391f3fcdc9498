"""Every option of `seqserve predict` writes what the library answers, for models of integers and of symbols."""

import json
import re

import pytest
from symbol_models import knowing_model, question_model, saved

from seqserve import Predictor, Sampling
from seqserve.asked import Asked
from seqserve.cli import main
from seqserve.compiled_slots import CompiledSlots
from seqserve.line_reader import Prompt
from seqserve.predict_answers import writer_of

WHOLE = "0123450-0345670=-00222220"


@pytest.fixture(scope="module")
def library(checkpoint):
    return Predictor.load(checkpoint)


@pytest.fixture(scope="module")
def symbols(tmp_path_factory):
    return saved(question_model(seed=3), tmp_path_factory.mktemp("symbols"))


@pytest.fixture(scope="module")
def knowing(tmp_path_factory):
    return saved(knowing_model(WHOLE), tmp_path_factory.mktemp("knowing"))


@pytest.fixture
def predict(checkpoint, capsys):
    def run(*arguments, model=checkpoint):
        status = main(["predict", "--model", model, *map(str, arguments)])
        out, err = capsys.readouterr()
        assert (status, err) == (0, "")
        return out

    return run


@pytest.fixture
def objects(predict):
    return lambda *arguments, **options: [json.loads(line) for line in predict(*arguments, **options).splitlines()]


@pytest.fixture
def many(tmp_path):
    """Return a file of more sequences than a batch holds, and the sequences."""
    sequences = [[n % 200, n * 7 % 100] for n in range(300)]
    file = tmp_path / "many.txt"
    file.write_text("".join(f"{first} {second}\n" for first, second in sequences))
    return file, sequences


def test_the_top_outcomes_are_the_librarys(library, predict, objects):
    (answer,) = objects("3", "1", "4", "--steps", 2, "--top", 3, "--json")
    (expected,) = library.predict([[3, 1, 4]], 2, top=3)
    assert {name: answer[name] for name in expected.to_dict()} == expected.to_dict()
    _, line, *details = predict("3", "1", "4", "--steps", 2, "--top", 3).splitlines()
    assert line.startswith("3 1 4 ")
    assert len(details) == len(expected.top)
    assert [re.findall(r"(-?\d+|END) +\d+\.\d %", each) for each in details] == [
        ["END" if term is None else str(term) for term, _ in step] for step in expected.top
    ]


def test_draws_are_the_librarys_past_the_first_batch_too(library, objects, many):
    file, sequences = many
    sampling = Sampling(temperature=1.5, top_k=20, seed=9)
    found = objects("--file", file, "--steps", 3, "--temperature", 1.5, "--top-k", 20, "--seed", 9, "--json")
    expected = library.predict(sequences, 3, sampling=sampling)
    assert [answer["terms"] for answer in found] == [list(one.terms) for one in expected]
    assert objects("1", "2", "--seed", 4, "--json")[0]["terms"] == list(
        library.predict([[1, 2]], sampling=Sampling(seed=4))[0].terms
    )


def test_beams_are_the_librarys_best_first(library, predict, objects):
    (answer,) = objects("5", "6", "--beam", 4, "--steps", 3, "--json")
    (expected,) = library.search([[5, 6]], 3, width=4)
    assert answer == {"sequence": [5, 6], "beams": [beam.to_dict() for beam in expected]}
    header, *rows = predict("5", "6", "--beam", 4, "--steps", 3).splitlines()
    assert header.split() == ["sequence", "probability", "continuation"]
    shown = [row.split("%")[1].split() for row in rows]
    assert shown == [[*map(str, beam.terms), *(["END"] if beam.ended else [])] for beam in expected]


def test_a_stream_says_each_prediction_alone(library, predict, objects, many):
    file, sequences = many
    events = objects("--file", file, "--steps", 2, "--stream", "--top", 2, "--seed", 5, "--json")
    sampling = Sampling(seed=5)
    expected = library.predict(sequences, 2, top=2, sampling=sampling)
    for number, one in enumerate(expected):
        own = [event for event in events if event["sequence"] == number]
        outcomes = [*one.terms, *([None] if one.ended else [])]
        assert [event["term"] for event in own] == outcomes
        assert [event["probability"] for event in own] == list(one.probabilities)
        assert [[(top["term"], top["probability"]) for top in event["top"]] for event in own] == [
            list(map(tuple, step)) for step in one.top
        ]
    line = predict("3", "1", "4", "--stream", "--steps", 3)
    (answer,) = library.predict([[3, 1, 4]], 3)
    assert re.findall(r"(-?\d+|END) +\d+\.\d %", line) == [*map(str, answer.terms), *(["END"] if answer.ended else [])]


def test_terms_are_written_before_the_next_is_predicted(library, monkeypatch):
    reads, read = [], CompiledSlots.read
    monkeypatch.setattr(CompiledSlots, "read", lambda self, slots: reads.append(slots) or read(self, slots))
    parts = writer_of(library, Asked(steps=50, stream=True))([Prompt(terms=(1, 2))], 0)
    assert (next(parts), len(reads)) == ("1 2", 0)
    (first, *_) = library.predict([[1, 2]])[0].terms
    assert (next(parts).split()[0], len(reads)) == (str(first), 1)


@pytest.mark.parametrize("asked", [WHOLE[:16], "123450-345670", "123450 - 345670 =", WHOLE[:19], "123450-345670=-0022"])
def test_a_question_is_answered_by_its_expression_and_value(predict, objects, knowing, asked):
    header, line = predict(asked, model=knowing).splitlines()
    assert header.split() == ["completed", "value", "probability"]
    assert line.split()[:2] == [WHOLE, "-222220"]
    (answer,) = objects(asked, "--json", model=knowing)
    assert (answer["completed"], answer["value"]) == (WHOLE, "-222220")
    assert WHOLE.startswith(answer["sequence"])
    (expected,) = Predictor.load(knowing).complete([asked])
    assert answer["probabilities"] == list(expected.probabilities)
    assert objects(asked, "--json", "--engine", "torch", model=knowing)[0]["completed"] == WHOLE
    assert predict(asked, "--stream", model=knowing) == f"{WHOLE}\n"
    assert predict(asked, "--beam", 2, model=knowing).splitlines()[1].split()[:2] == [WHOLE, "-222220"]


def test_questions_of_a_file_are_answered_in_batches_and_read_back(predict, objects, symbols, tmp_path):
    questions = [f"{n * 37 % 10**7}{'+-'[n % 2]}{n * 91 % 10**7}{['', '=', '=+', '=-0'][n % 4]}" for n in range(300)]
    file = tmp_path / "questions.txt"
    file.write_text("# title\n" + "".join(f"{question} # q{n}\n" for n, question in enumerate(questions)))
    expected = Predictor.load(symbols, batch_size=7).complete(questions, top=2)
    options = ("--json", "--top", 2)
    first = predict("--file", file, *options, model=symbols)
    found = [json.loads(line) for line in first.splitlines()]
    assert [(one["completed"], one["probabilities"]) for one in found] == [
        (one.text, list(one.probabilities)) for one in expected
    ]
    assert [one["label"] for one in found] == [f"q{n}" for n in range(300)]
    assert [len(one["completed"]) for one in found] == [25] * 300
    again = tmp_path / "again.jsonl"
    again.write_text(first)
    assert predict("--file", again, *options, model=symbols) == first
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(f"{json.dumps(question)}\n" for question in questions))
    assert [one["completed"] for one in objects("--file", texts, "--json", model=symbols)] == [
        one.text for one in expected
    ]


def test_strategies_draws_beams_and_streams_of_symbols(predict, objects, symbols):
    cached, naive, parallel = (
        objects("1+2", "--json", "--strategy", name, model=symbols) for name in ("cached", "naive", "parallel")
    )
    assert cached == naive == parallel
    library = Predictor.load(symbols)
    (drawn,) = library.complete(["1+2"], sampling=Sampling(seed=8))
    assert objects("1+2", "--json", "--seed", 8, model=symbols)[0]["completed"] == drawn.text
    events = objects("1+2", "--stream", "--json", "--seed", 8, model=symbols)
    assert "".join(event["term"] for event in events) == drawn.text[16:]
    (beams,) = objects("1+2", "--beam", 3, "--json", model=symbols)
    (found,) = library.search([library.engine.expressions.read("1+2").tokens], 9, width=3)
    assert [one["completed"][16:] for one in beams["beams"]] == [
        "".join(map(library.engine.expressions.symbol, beam.terms)) for beam in found
    ]
    (short,) = objects("1+2", "--steps", 2, "--json", model=symbols)
    assert (len(short["completed"]), short["value"]) == (18, None)


WRONG = {
    "a beam and draws": (["1", "--beam", "2", "--seed", "1"], "--beam finds whole continuations: give it without"),
    "a beam and the top": (["1", "--beam", "2", "--top", "3"], "give it without --top"),
    "a beam and a stream": (["1", "--beam", "2", "--stream"], "give it without --stream"),
    "draws without a cache": (["1", "--seed", "1", "--strategy", "naive"], "expected --strategy cached, got 'naive'"),
    "a stream without a cache": (["1", "--stream", "--strategy", "parallel"], "got 'parallel'"),
    "no temperature": (["1", "--temperature", "0"], "--temperature: expected a number above 0, got '0'"),
    "a negative seed": (["1", "--seed", "-1"], "--seed"),
    "too large a seed": (["1", "--seed", str(2**64)], f"in 0..2**64-1, got '{2**64}'"),
    "no outcomes": (["1", "--top", "0"], "--top: expected an integer in 1..10000, got '0'"),
    "out without a file": (["1", "--out", "x"], "expected --file beside it"),
    "out and a stream": (["--file", "-", "--out", "x", "--stream"], "give one of them"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_options_that_do_not_go_together_are_refused_in_one_line(checkpoint, capsys, arguments, message):
    try:
        status = main(["predict", "--model", checkpoint, *arguments])
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


def test_a_wrong_question_is_refused_by_its_place(symbols, capsys, tmp_path):
    file = tmp_path / "questions.txt"
    file.write_text("1+2\n1*2\n")
    assert main(["predict", "--model", symbols, "--file", str(file)]) == 2
    assert capsys.readouterr().err == (
        f"seqserve: error: {file}:2: expected a question like '0000012+0000345=', got '1*2'\n"
    )
    assert main(["predict", "--model", symbols, "12345678+1"]) == 2
    assert "arguments: expected numbers of at most 7 digits, got '12345678'" in capsys.readouterr().err


def test_arguments_are_one_question_or_several(symbols, capsys):
    def values(*arguments):
        assert main(["predict", "--model", symbols, "--json", *arguments]) == 0
        return [json.loads(line)["sequence"] for line in capsys.readouterr().out.splitlines()]

    assert values("123", "+", "4") == values("123+4") == ["0000123+0000004="]
    assert values("123+4", "0000005-0000006=", "7 + 8") == ["0000123+0000004=", "0000005-0000006=", "0000007+0000008="]
    assert main(["predict", "--model", symbols, "1+2", "1*2"]) == 2
    error = "seqserve: error: argument 2: expected a question like '0000012+0000345=', got '1*2'\n"
    assert capsys.readouterr().err == error


def test_each_kind_of_model_is_asked_in_its_own_way(library, symbols):
    with pytest.raises(ValueError, match="this model reads integers and completes no expressions"):
        library.complete(["1+2="])
    predictor = Predictor.load(symbols)
    with pytest.raises(TypeError, match=re.escape("sequences[0][0]: expected an integer, got '1'")):
        predictor.predict(["1+2="])
    assert predictor.predict([predictor.engine.expressions.read("1+2").tokens], 9)[0].ended is False
