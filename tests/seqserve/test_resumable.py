"""Answers to a file survive a kill at any moment: asked again, the command goes on and the bytes are the same."""

import io
import json
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqserve import resumable
from seqserve.cli import main
from seqserve.counted_lines import CountedLines
from seqserve.resumable import ResumableOutput

COMMAND = str(Path(sys.executable).with_name("seqserve"))
ASKED = {"steps": 3, "engine": "auto"}
SEQUENCES = b"".join(b"%d %d\n%s" % (n % 256, n * n % 256, b"# a comment\n\n" * (n % 97 == 0)) for n in range(1000))


def answered(path, text, *, batch, stop=None, asked=ASKED):
    """Answer every line by itself and its number, batch by batch, at most `stop` batches; return the two files."""
    lines = CountedLines(io.BytesIO(text))
    with ResumableOutput(path, asked, lines) as output:
        number = output.answered
        for _ in range(10**6) if stop is None else range(stop):
            found = list(islice(iter(lines.readline, b""), batch))
            if not found:
                break
            for line in found:
                output.write(f"{number} {line.decode().strip()}\n")
                number += 1
            output.commit(len(found))
        if stop is not None:  # as if killed: the record that is there is what is left
            part, record = (Path(f"{path}{end}") for end in (".part", ".part.json"))
            return part.read_bytes(), record.read_bytes()
    return Path(path).read_bytes(), None


@settings(max_examples=25)  # each writes to the disk many times
@given(
    st.lists(st.text("0123456789 ", max_size=9), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.binary(max_size=40), st.booleans()), max_size=4),
)
def test_whenever_it_is_killed_the_bytes_are_the_same(tmp_path_factory, lines, kills):
    folder = tmp_path_factory.mktemp("out")
    text = "".join(f"{line}\n" for line in lines).encode()
    expected = "".join(f"{number} {line.strip()}\n" for number, line in enumerate(lines)).encode()
    with pytest.MonkeyPatch.context() as patch:
        part = record = None
        for number, (batches, batch, garbage, often) in enumerate(kills):
            patch.setattr(resumable, "_SECONDS", 0 if often else 1e9)
            path = folder / str(number)
            restore(path, part, record)
            part, record = answered(path, text, batch=batch, stop=batches)
            part += garbage
        path = folder / "last"
        restore(path, part, record)
        assert answered(path, text, batch=7)[0] == expected
    assert not list(folder.glob("last.*"))


def restore(path, part, record):
    if part is not None:
        Path(f"{path}.part").write_bytes(part)
        Path(f"{path}.part.json").write_bytes(record)


@pytest.mark.parametrize("options", [["--json", "--seed", "7", "--top", "2"], ["--steps", "2"]])
def test_a_command_that_is_killed_goes_on_where_it_was(checkpoint, tmp_path, capsys, options):
    file, whole, out, record = (tmp_path / name for name in ("in.txt", "whole", "out", "out.part.json"))
    file.write_bytes(SEQUENCES)
    command = ["predict", "--model", checkpoint, *options]
    assert main([*command, "--file", str(file), "--out", str(whole)]) == 0
    answered = 0
    for lines in (300, 700):
        # It waits for more of its input than it will ever be given.
        process = subprocess.Popen([COMMAND, *command, "--file", "-", "--out", str(out)], stdin=subprocess.PIPE)
        process.stdin.write(b"".join(SEQUENCES.splitlines(keepends=True)[:lines]))
        process.stdin.flush()
        while not record.exists() or json.loads(record.read_bytes())["answered"] <= answered:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        answered = json.loads(record.read_bytes())["answered"]
        with (tmp_path / "out.part").open("ab") as part:
            part.write(b'{"sequence": [1, 2')
    assert 256 < answered < 1000
    assert not out.exists()
    assert main([*command, "--file", str(file), "--out", str(out)]) == 0
    assert f"{answered:,} answers are in {out}.part already" in capsys.readouterr().err
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "out", "whole"]


def test_a_bad_line_keeps_what_was_answered_until_it_is_mended(checkpoint, tmp_path, capsys):
    file, out = tmp_path / "in.txt", tmp_path / "out"
    command = ["predict", "--model", checkpoint, "--file", str(file), "--json", "--out", str(out)]
    file.write_text("1 2\n" * 300 + "oops\n")
    assert main(command) == 2
    assert capsys.readouterr().err == f"seqserve: error: {file}:301: term 'oops' is not an integer\n"
    assert len((tmp_path / "out.part").read_bytes().splitlines()) == 256
    file.write_text("1 2\n" * 300 + "3 4\n")
    assert main(command) == 0
    assert [json.loads(line)["sequence"] for line in out.read_text().splitlines()] == [[1, 2]] * 300 + [[3, 4]]


def refused(path, text=b"1\n2\n3\n", asked=ASKED):
    with pytest.raises(ValueError, match=r"^out: ") as caught:
        answered(path, text, batch=1, asked=asked)
    return str(caught.value)


def test_what_does_not_belong_together_is_refused_and_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(resumable, "_SECONDS", 0)
    path, part, record = (tmp_path / name for name in ("out", "out.part", "out.part.json"))
    left = answered(tmp_path / "other", b"1\n2\n3\n", batch=1, stop=2)
    restore(path, *left)
    assert "was begun with steps 3, now it is 4" in refused(path, asked={**ASKED, "steps": 4})
    assert "does not begin with what" in refused(path, b"1\n9\n3\n")
    assert "does not begin with what" in refused(path, b"1\n")
    assert (part.read_bytes(), record.read_bytes()) == left
    part.write_bytes(left[0][:-1])
    assert "is shorter than its record says" in refused(path)
    record.write_bytes(b"{")
    assert "is no record of this version" in refused(path)
    record.unlink()
    assert "is there without its record" in refused(path)
    part.unlink()
    assert answered(path, b"1\n", batch=1)[0] == b"0 1\n"
    assert "is there already, and whole" in refused(path)


def test_two_processes_do_not_write_one_file(tmp_path):
    with ResumableOutput(tmp_path / "out", ASKED, CountedLines(io.BytesIO(b"1\n"))) as output:
        assert "another process writes" in refused(tmp_path / "out", b"1\n")
        output.write("1\n")
        output.commit(1)
    assert (tmp_path / "out").read_bytes() == b"1\n"


def test_an_interruption_records_what_is_whole(tmp_path):
    def interrupted():
        with ResumableOutput(tmp_path / "out", ASKED, CountedLines(io.BytesIO(b"1\n2\n"))) as output:
            output.write("one")
            output.commit(0)
            output.write("half of two")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "out.part").read_bytes() == b"one"
    assert json.loads((tmp_path / "out.part.json").read_bytes())["written"] == 3
