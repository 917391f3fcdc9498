"""The installed command: what it prints, what it says of bad input, and that it never shows a traceback."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMANDS = ["families", "sample", "explain", "ceiling", "export", "questions", "benchmark"]
SEQGEN = str(Path(sys.executable).parent / "seqgen")
WATCHED = """
import sys
from seqgen.cli import main

heard = []

def hear(event, arguments):
    if event == "open" and ".rows." in str(arguments[0]) and not heard:
        heard.append("begun")
    elif event == "import" and heard:
        heard.append(arguments[0])

sys.addaudithook(hear)
main(["export", *sys.argv[1:]])
print(*heard)
"""
OWN = """
from dataclasses import dataclass
from seqgen import Family, Terms, index_column

@dataclass(frozen=True, kw_only=True)
class Squares(Family):
    name: str = "squares"
    shift: range = range(8)

    def axes(self):
        return {"shift": self.shift}

    def evaluate(self, p, n):
        return Terms((index_column(n) + p["shift"]) ** 2)

    def clauses(self, p, name, fresh):
        return [f"{name}(n) = (n + {p['shift']})**2"]

def puzzles():
    from seqgen import families
    return [Squares(), families.geometric()]

class Broken(Squares):
    def evaluate(self, p, n):
        return self.nonsense
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "bad.py").write_text("this is no Python")
    return tmp_path


def run(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [SEQGEN, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120, **options
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_families_are_listed(folder: Path) -> None:
    table = run(folder, "families", "--universe", "phase1")
    assert "order-2" in table.stdout
    assert "414,179" in table.stdout
    found = lines(run(folder, "families", "--universe", "phase1", "--json"))
    assert [family["family"] for family in found] == ["constant", "arithmetic", "affine", "order-2"]


def test_samples_are_the_same_rows_every_time(folder: Path) -> None:
    options = ["--universe", "phase1", "--seed", "7"]
    first = run(folder, "sample", *options, "--rows", "6")
    assert first.stdout == run(folder, "sample", *options, "--rows", "6").stdout
    rows = lines(run(folder, "sample", *options, "--rows", "6", "--json"))
    later = lines(run(folder, "sample", *options, "--rows", "2", "--start", "4", "--json"))
    assert rows[4:] == later
    assert [row["index"] for row in rows] == list(range(6))


def test_terms_are_explained(folder: Path) -> None:
    done = run(folder, "explain", "--universe", "phase1", "1", "1", "2", "3", "5")
    assert "a(n) = a(n-1) + a(n-2)" in done.stdout
    (found,) = lines(run(folder, "explain", "--universe", "phase1", "1", "1", "2", "3", "5", "--json"))
    assert found["rules_in_all"] == 1
    assert found["next"][0]["term"] == 8  # type: ignore[index]
    nothing = run(folder, "explain", "--universe", "phase1", "9", "0", "9", "1", "9", "7")
    assert (nothing.returncode, "no rule of phase1 (443,908 rules) explains" in nothing.stdout) == (0, True)
    negative = run(folder, "explain", "--universe", "phase1", "--low", "-9", "--json", "-3", "-3", "-3")
    assert lines(negative)[0]["terms"] == [-3, -3, -3]
    for written in (["1,1,2", "3", "5"], ["1, 1 2,3", "5,"], ["1 1 2 3 5"]):
        assert run(folder, "explain", "--universe", "phase1", *written).stdout == done.stdout
    outside = run(folder, "explain", "--universe", "phase1", "300", "301")
    assert "no rule of phase1 (443,908 rules, whose terms lie in 0..255) explains 300 301" in outside.stdout


def test_ceilings_are_printed_and_kept(folder: Path) -> None:
    options = ["ceiling", "--universe", "own:puzzles", "--store", "kept"]
    first = run(folder, *options)
    assert "overall" in first.stdout
    assert (folder / "kept" / "posterior.json").is_file()
    assert run(folder, *options).stdout == first.stdout
    (found,) = lines(run(folder, *options, "--json"))
    assert 0 < found["overall"]["accuracy"] <= 1  # type: ignore[index]


def test_a_family_of_ones_own_works_in_every_command(folder: Path) -> None:
    for name in ("own:Squares", "own:puzzles"):
        found = lines(run(folder, "families", "--universe", name, "--json"))
        assert found[0]["example"]["formula"] == "a(n) = (n + 2)**2"  # type: ignore[index]
        assert len(lines(run(folder, "sample", "--universe", name, "--json", "--rows", "3"))) == 3
        explained = lines(run(folder, "explain", "4", "9", "16", "--universe", name, "--json"))
        assert explained[0]["next"] == [{"term": 25, "probability": 1.0, "weight": explained[0]["rules"][0]["weight"]}]  # type: ignore[index]
        assert run(folder, "ceiling", "--universe", name).returncode == 0
        for out in ("rows.jsonl", "rows.npz", "task.jsonl"):
            kind = ["--format", "next-term"] if out == "task.jsonl" else []
            assert run(folder, "export", out, "--universe", name, *kind).returncode == 0
            assert (folder / out).is_file()


def test_a_family_of_ones_own_works_in_posteriors_and_records(folder: Path) -> None:
    program = """
import seqgen
source = seqgen.universe("own:puzzles")
stream = seqgen.Stream(source, "train", 3)
assert seqgen.regenerate(seqgen.record(stream, 5).to_dict()) == stream[5]
assert seqgen.Posterior.of(source).next([4, 9, 16]).mode == 25
"""
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, timeout=60)


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS)])
def test_help_is_quick_and_imports_nothing_heavy(folder: Path, command: list[str]) -> None:
    program = f"""
import sys
from seqgen.cli import main
try:
    main({[*command, "--help"]!r})
except SystemExit as done:
    assert done.code == 0
print(sorted({{"torch", "hypothesis", "pyarrow", "reasoning_gym"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("usage: seqgen")
    assert done.stdout.endswith("\n[]\n")


PHASE1 = ["--universe", "phase1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND; 'seqgen --help' says what they are"),
        (["dance"], "dance"),
        (["families", "--univ", "phase1"], "unrecognized arguments: --univ phase1; did you mean --universe?"),
        (["families", *PHASE1, "--phase", "1"], "--phase 1; 'seqgen families --help' lists those there are"),
        (["families", "--universe", "phase9"], "phase9"),
        (
            ["families", "--universe", "missing:family"],
            "no module 'missing', neither in the current folder nor installed",
        ),
        (["families", "--universe", "own:Nothing"], "Nothing"),
        (["families", "--universe", "own:dataclass"], "own:dataclass"),
        (["families", "--universe", "bad:family"], "bad:family"),
        (["families", *PHASE1, "--length", "0"], "'0'"),
        (["families", *PHASE1, "--length", "2000000"], "length=2000000"),
        (["families", *PHASE1, "--low", "9", "--high", "2"], "low=9, high=2"),
        (["families", *PHASE1, "--low", "1.5"], "'1.5'"),
        (["families", *PHASE1, "--low", "900", "--high", "901"], "none of its"),
        (["families", *PHASE1, "--overflow", "bounce"], "bounce"),
        (["sample", *PHASE1, "--rows", "-3"], "'-3'"),
        (["sample", *PHASE1, "--rows", "many"], "'many'"),
        (["sample", *PHASE1, "--start", "-1"], "-1"),
        (["sample", *PHASE1, "--start", str(2**70)], str(2**70)),
        (["sample", *PHASE1, "--seed", "-1"], "seed=-1"),
        (["sample", *PHASE1, "--purpose", "a/b"], "purpose='a/b'"),
        (["explain", *PHASE1], "TERM"),
        (["explain", *PHASE1, "1", "2.5"], "'2.5'"),
        (["explain", *PHASE1, "nan"], "'nan'"),
        (["explain", *PHASE1, "1 2,x"], "expected an integer, got 'x'"),
        (["explain", *PHASE1, " "], "expected integers, got ' '"),
        (["explain", *PHASE1, "1", "--top", "0"], "'0'"),
        (["ceiling", *PHASE1, "--length", "1"], "length=1"),
        (["ceiling", "--universe", "own:Squares", "--store", "own.py"], "own.py"),
        (["export", *PHASE1], "OUT"),
        (["export", *PHASE1, "rows.csv"], "rows.csv"),
        (["export", *PHASE1, "rows.jsonl", "--format", "csv"], "csv"),
        (["export", *PHASE1, "rows.jsonl", "--min-posterior", "0.5"], "--min-posterior"),
        (["export", *PHASE1, "t.jsonl", "--format", "next-term", "--min-posterior", "nan"], "'nan'"),
        (["export", *PHASE1, "t.jsonl", "--format", "next-term", "--length", "1"], "length=1"),
        (["export", *PHASE1, "rows.jsonl", "--start", str(2**63 - 2), "--rows", "9"], "start="),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_answered_with_one_line(folder: Path, arguments: list[str], said: str) -> None:
    done = run(folder, *arguments)
    assert done.stdout == ""
    assert done.stderr.startswith("seqgen")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.returncode == 2


def test_a_mistake_in_a_users_own_family_is_named_with_its_place(folder: Path) -> None:
    done = run(folder, "families", "--universe", "own:Broken")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "'Broken' object has no attribute 'nonsense'" in done.stderr
    assert f"own.py, line {1 + OWN.splitlines().index('        return self.nonsense')}" in done.stderr


@pytest.mark.parametrize("out", ["nowhere/rows.jsonl", "/dev/full/rows.jsonl", "/dev/null", "folder.jsonl"])
def test_a_place_that_cannot_be_written_is_the_machines_failure(folder: Path, out: str) -> None:
    (folder / "folder.jsonl").mkdir()
    done = run(folder, "export", out, *PHASE1, "--format", "jsonl")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "seqgen: error: " in done.stderr
    assert not Path("/dev/null").is_file()


def test_a_full_disk_is_the_machines_failure(folder: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([SEQGEN, "sample", *PHASE1], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No space left" in done.stderr


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    command = f"{SEQGEN} sample --universe phase1 --rows 20000 --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout)["index"] == 0
    assert done.stderr == ""


@pytest.mark.parametrize("file", ["rows.jsonl", "rows.npz"])
def test_nothing_is_imported_while_rows_are_written(folder: Path, file: str) -> None:
    """An extension module that begins meanwhile may swallow a Ctrl-C: those made by Cython ignore some errors."""
    command = [sys.executable, "-c", WATCHED, file, *PHASE1, "--rows", "70000"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == f"70,000 rows written to {file}\n"
    assert done.stdout.split() == ["begun"]


def test_an_interruption_ends_quietly_and_leaves_no_file(folder: Path) -> None:
    command = [SEQGEN, "export", "rows.jsonl", *PHASE1, "--rows", "5000000"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not list(folder.glob(".rows*")):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert said.startswith("seqgen: interrupted")
    assert said.count("\n") == 1
    assert not list(folder.glob("*rows*"))
