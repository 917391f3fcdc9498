"""Options of the command that choose among rows, and the benchmark."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqgen import Stream, phase, split

SEQGEN = str(Path(sys.executable).parent / "seqgen")


# The peer is left out: some of its items take many seconds.
BENCHMARK = "import sys; sys.modules['reasoning_gym'] = None; from seqgen.cli import main; sys.exit(main(sys.argv[1:]))"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BENCHMARK, *arguments] if arguments[0] == "benchmark" else [SEQGEN, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def sampled(*options: str) -> list[list[int]]:
    stream = ("--universe", "phase1", "--purpose", "train", "--seed", "3")
    done = run("sample", *stream, "--rows", "40", "--json", *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["terms"] for line in done.stdout.splitlines()]


def test_shortest_cuts_rows() -> None:
    assert sampled("--shortest", "3") == list(Stream(phase(1), "train", 3, shortest=3)[0:40].terms())
    assert sampled() == list(Stream(phase(1), "train", 3)[0:40].terms())


def test_split_takes_one_side_of_the_hash() -> None:
    kept, held = split(phase(1), "0.25")
    assert sampled("--split", "kept:0.25") == list(Stream(kept, "train", 3)[0:40].terms())
    assert sampled("--split", "held:0.25") == list(Stream(held, "train", 3)[0:40].terms())


@pytest.mark.parametrize("wrong", [["--split", "some:0.1"], ["--split", "held:2"], ["--shortest", "10"]])
def test_a_choice_that_cannot_be_is_one_line(wrong: list[str]) -> None:
    done = run("sample", "--universe", "phase1", *wrong)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert wrong[1].rpartition(":")[2] in done.stderr


def test_the_benchmark_measures_what_it_names() -> None:
    options = ["--universe", "phase1", "--rows", "2000", "--runs", "2", "--json"]
    done = run("benchmark", *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names = [measure["name"] for measure in found["measures"]]
    assert names[:2] == ["rows from a contiguous slice", "rows from arbitrary indices"]
    assert "posterior: prefixes answered" in names
    assert all(0 < m["slowest"] <= m["rate"] <= m["fastest"] for m in found["measures"])
    shorter = json.loads(run("benchmark", *options, "--no-posterior").stdout)
    assert not any(measure["name"].startswith("posterior") for measure in shorter["measures"])
