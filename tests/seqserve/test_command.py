"""The installed command answers every input in its form and every mistake in one line."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from seqserve import Predictor

COMMAND = str(Path(sys.executable).with_name("seqserve"))
KNOWN_SEQUENCES = Path(__file__).parents[2] / "examples" / "known_sequences.txt"


def seqserve(*arguments, stdin="", **options):
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        check=False,
        timeout=60,
        **options,
    )


def answers_of(done):
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_sequence_in_the_arguments_is_answered_as_the_library_does(checkpoint):
    (answer,) = answers_of(seqserve("predict", "--model", checkpoint, "2", "4,6", "8", "--steps", 6, "--json"))
    (expected,) = Predictor.load(checkpoint).predict([[2, 4, 6, 8]], 6)
    assert answer["sequence"] == [2, 4, 6, 8]
    assert answer["terms"] == list(expected.terms)
    assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-5)
    assert answer["ended"] == expected.ended


def test_negative_terms_need_no_dashes_before_them(checkpoint):
    plain = seqserve("predict", "--model", checkpoint, "-1", "-2", "--json")
    dashed = seqserve("predict", "--json", "--model", checkpoint, "--", "-1", "-2")
    assert answers_of(plain) == answers_of(dashed)
    assert answers_of(plain)[0]["sequence"] == [-1, -2]
    commas = seqserve("predict", "--model", checkpoint, "-1,-2", "--json")
    assert answers_of(commas) == answers_of(plain)


def test_a_file_standard_input_and_json_lines_give_the_same_answers(checkpoint, tmp_path):
    file = tmp_path / "sequences.txt"
    file.write_text("# title\n1 2 3\n\n7, 7 # sevens\n", encoding="utf-8")
    options = ("predict", "--model", checkpoint, "--steps", 3, "--json", "--file")
    from_file = seqserve(*options, file)
    assert [answer["sequence"] for answer in answers_of(from_file)] == [[1, 2, 3], [7, 7]]
    assert answers_of(from_file)[1]["label"] == "sevens"
    for stdin in (file.read_text(encoding="utf-8"), from_file.stdout):
        assert answers_of(seqserve(*options, "-", stdin=stdin)) == answers_of(from_file)


def test_the_sequences_that_people_know_are_shown_in_an_aligned_table(checkpoint):
    done = seqserve("predict", "--model", checkpoint, "--file", KNOWN_SEQUENCES, "--steps", 2)
    assert (done.returncode, done.stderr) == (0, b"")
    header, *rows = done.stdout.decode().splitlines()
    assert len(rows) >= 12
    for row in rows:
        assert re.fullmatch(r"[ 0-9]+  .*\S {2,}(-?\d+|END) +\d+\.\d %.*", row)
        assert row[header.index("label") - 1] == " "
        assert row[header.index("label")] != " "


def test_all_strategies_answer_alike(checkpoint):
    options = ("predict", "--model", checkpoint, "--steps", 12, "--json", "1", "2", "3")
    strategies = ("cached", "naive", "parallel")
    cached, naive, parallel = (answers_of(seqserve(*options, "--strategy", name))[0] for name in strategies)
    assert cached == naive == parallel


def test_what_is_promised_of_the_answers_is_said_when_asked(checkpoint):
    said = seqserve("predict", "--model", checkpoint, "1", "--verbose").stderr
    assert re.fullmatch(rb"seqserve: .*: compiled engine, exact: the same bits cached or not, .*\)\n", said)
    said = seqserve("predict", "--model", checkpoint, "1", "--verbose", "--engine", "torch").stderr
    assert re.fullmatch(rb"seqserve: .*: torch engine, exact: the same bits cached or not, .* 1 thread\)\n", said)
    assert seqserve("predict", "--model", checkpoint, "1").stderr == b""


BAD_ARGUMENTS = {
    "no command": ([], "required: COMMAND; 'seqserve --help' says what they are"),
    "an unknown command": (["guess"], "invalid choice: 'guess'"),
    "an unknown model": (["predict", "--model", "defualt", "1"], "packaged models: broad, default"),
    "an unknown option": (
        ["predict", "--model", "MODEL", "1", "--stpes"],
        "unrecognized arguments: --stpes; did you mean --steps?",
    ),
    "no terms": (["predict", "--model", "MODEL"], "either the terms of a sequence or --file"),
    "terms and a file": (["predict", "--model", "MODEL", "1", "--file", "-"], "either the terms"),
    "an empty sequence": (["predict", "--model", "MODEL", ""], "the sequence is empty"),
    "a float": (["predict", "--model", "MODEL", "1", "2.5"], "term '2.5' is not an integer"),
    "a negative float": (["predict", "--model", "MODEL", "-1.5"], "term '-1.5' is not an integer"),
    "a word": (["predict", "--model", "MODEL", "two"], "term 'two' is not an integer"),
    "too large a term": (["predict", "--model", "MODEL", "256"], "'256' is outside the model's range -5..255"),
    "too small a term": (["predict", "--model", "MODEL", "-6"], "'-6' is outside the model's range -5..255"),
    "a huge integer": (["predict", "--model", "MODEL", "9" * 9999], "99...' is outside the model's range"),
    "no steps": (["predict", "--model", "MODEL", "1", "--steps", "0"], "argument --steps: expected an integer"),
    "negative steps": (["predict", "--model", "MODEL", "1", "--steps", "-1"], "--steps"),
    "endless steps": (["predict", "--model", "MODEL", "1", "--steps", "9" * 9999], "in 1..10000, got '999"),
    "half a step": (
        ["predict", "--model", "MODEL", "1", "--steps", "1.5"],
        "expected an integer in 1..10000, got '1.5'",
    ),
    "a strategy not known": (["predict", "--model", "MODEL", "1", "--strategy", "x"], "invalid choice: 'x'"),
    "no threads": (["predict", "--model", "MODEL", "1", "--threads", "0"], "argument --threads"),
    "a model that is missing": (["predict", "--model", "nowhere.safetensors", "1"], "nowhere.safetensors"),
    "a model that is a folder": (["predict", "--model", ".", "1"], "."),
    "a model that is text": (["predict", "--model", "TEXT", "1"], "TEXT"),
    "a truncated model": (["predict", "--model", "TRUNCATED", "1"], "TRUNCATED"),
    "a file that is missing": (["predict", "--model", "MODEL", "--file", "nowhere.txt"], "cannot read 'nowhere.txt'"),
    "a file that is a folder": (["predict", "--model", "MODEL", "--file", "."], "cannot read '.'"),
    "a file of prose": (["predict", "--model", "MODEL", "--file", "TEXT"], "TEXT:2: term 'Prose' is not an integer"),
}
BAD_STDIN = {
    "nothing": (b"", "stdin: no sequence found"),
    "only a comment": (b"# none\n\n", "stdin: no sequence found"),
    "a float": (b"1 2\n1 2.5\n", "stdin:2: term '2.5' is not an integer"),
    "an empty array": (b"[]\n", "stdin:1: the sequence is empty"),
    "broken JSON": (b'{"sequence": [1\n', "stdin:1: not valid JSON"),
    "bytes that are no text": (b"\xff\n", "stdin:1: the line is not UTF-8 text"),
}


@pytest.fixture
def folder(checkpoint, tmp_path):
    model = Path(checkpoint).read_bytes()
    (tmp_path / "MODEL").write_bytes(model)
    (tmp_path / "TRUNCATED").write_bytes(model[: len(model) // 2])
    (tmp_path / "TEXT").write_text("# title\nProse is no sequence.\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("arguments", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_a_wrong_argument_is_answered_in_one_line(folder, arguments, message):
    assert_refused(seqserve(*arguments, cwd=folder), message)


@pytest.mark.parametrize(("stdin", "message"), BAD_STDIN.values(), ids=BAD_STDIN)
def test_wrong_standard_input_is_answered_in_one_line(checkpoint, stdin, message):
    done = seqserve("predict", "--model", checkpoint, "--file", "-", stdin=stdin)
    assert_refused(done, message)


def assert_refused(done, message):
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("seqserve: error: ")
    assert message in line


def test_bad_input_is_refused_before_torch_is_imported(folder):
    probe = "import sys; from seqserve.cli import main; print(main(sys.argv[1:]), 'torch' in sys.modules)"
    for arguments in (["TRUNCATED", "1"], ["MODEL", "2.5"], ["MODEL", "--file", "TEXT"]):
        done = subprocess.run(
            [sys.executable, "-c", probe, "predict", "--model", *arguments],
            capture_output=True,
            cwd=folder,
            check=False,
        )
        assert done.stdout == b"2 False\n", done.stderr


def test_answers_before_a_bad_line_are_kept(checkpoint):
    stdin = "1 2\n" * 256 + "oops\n"
    done = seqserve("predict", "--model", checkpoint, "--file", "-", "--json", stdin=stdin)
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 256)
    assert done.stderr == b"seqserve: error: stdin:257: term 'oops' is not an integer\n"


def test_a_full_disk_is_said_in_one_line(checkpoint):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a Linux device that is always full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "predict", "--model", checkpoint, "1"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"seqserve: error: No space left on device\n"


def test_a_reader_that_leaves_early_ends_the_command_quietly(checkpoint, tmp_path):
    file = tmp_path / "many.txt"
    file.write_text("1 2 3\n" * 5000, encoding="utf-8")
    with subprocess.Popen(
        [COMMAND, "predict", "--model", checkpoint, "--file", file, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_an_endless_input_is_answered_as_it_comes_and_can_be_interrupted(checkpoint):
    with subprocess.Popen(
        [COMMAND, "predict", "--model", checkpoint, "--file", "-", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdin.write(b"1 2 3\n" * 256)
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(256)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert all(json.loads(line)["sequence"] == [1, 2, 3] for line in lines)
    assert (process.returncode, out) == (130, b"")
    assert err == b"seqserve: interrupted; the answers already written are kept\n"


@pytest.mark.parametrize("size", [(24, 80), (0, 0)], ids=["a terminal", "a terminal that does not say its size"])
def test_progress_is_shown_on_a_terminal_when_the_output_goes_elsewhere(checkpoint, tmp_path, size):
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, size)
    with (tmp_path / "answers.jsonl").open("wb") as answers:
        process = subprocess.Popen(
            [COMMAND, "predict", "--model", checkpoint, "--json", "1", "2"], stdout=answers, stderr=end
        )
    os.close(end)
    shown = b""
    try:
        while block := os.read(terminal, 4096):
            shown += block
    except OSError:
        pass  # Linux: the terminal's other end was closed.
    os.close(terminal)
    assert process.wait(timeout=30) == 0
    assert b"1 sequences" in shown


def test_a_label_that_the_terminal_cannot_show_is_escaped(checkpoint):
    done = seqserve(
        "predict", "--model", checkpoint, "--file", "-",
        stdin="1 2 # λ", env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u03bb" in done.stdout
