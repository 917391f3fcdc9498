"""`seqserve bench`: its table, its JSON, and the tokens that it compares."""

import json
import sys

import pytest
import torch

from seqmodel.benchmark import NAIVE, OURS, SHAPES, Race, Timing
from seqmodel.benchmark_agreement import Agreement
from seqmodel.benchmark_peers import PACKAGES
from seqserve import bench_command
from seqserve.bench_command import COMPILED, as_text
from seqserve.bench_scaling import Scaling, scaling_text
from seqserve.cli import main


def test_the_table_sets_everything_beside_the_compiled_engine():
    timings = (
        Timing(name=COMPILED, setting="", seconds=(0.001, 0.002)),
        Timing(name="peer", setting="quick", seconds=(0.004, 0.008)),
        Timing(name="peer", setting="slow", seconds=(0.1, 0.1)),
    )
    race = Race(work="decode", shape=SHAPES[0], batch=32, timings=timings)
    agreement = Agreement(name=COMPILED, shape=SHAPES[0], batch=32, tokens=5120, mismatches=1, near_ties=2)
    text = as_text({"cpu": "Z80", "onnx": None}, 2, [race], [], [agreement], {"other peer": "it is missing"})
    assert text == (
        "cpu Z80\n\n"
        "context 32, prompts of 8 terms, 16 new terms, 2 rounds in which each ran once\n\n"
        "43,136 parameters (d_model 32, 2 layers), batch 32\n"
        "                    median ms  minimum ms  times compiled  90 % interval\n"
        "seqserve, compiled      1.500       1.000\n"
        "peer (quick)            6.000       4.000            4.00      4.00-4.00\n\n"
        "tokens beside torch's exact mode, each row up to its first difference\n"
        "                    d_model  batch  tokens compared  mismatches  near-ties\n"
        "seqserve, compiled       32     32            5,120           1          2\n\n"
        "other peer: skipped, it is missing (pip install 'seqmodel[benchmark]')"
    )


def test_what_threads_gain_stands_beside_what_they_could():
    found = Scaling.of(SHAPES[1], 256, (0.06, 0.08), (0.03, 0.04), (0.009, 0.009), (0.006, 0.006))
    assert scaling_text(2, [found]).splitlines()[1:] == [
        "d_model  batch  1 thread ms  2 threads ms  times  90 % interval  products       90 %",
        "128        256       70.000        35.000   2.00      2.00-2.00      1.50  1.50-1.50",
    ]


@pytest.fixture
def small(monkeypatch):
    """Measure little, and no peer."""
    for package in PACKAGES:
        monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    monkeypatch.setattr(bench_command, "QUICK_BATCHES", (3,))
    monkeypatch.setattr(bench_command, "QUICK_ROUNDS", 2)


def test_the_compiled_engine_finds_the_tokens_of_torch(small, capsys):
    assert main(["bench", "--quick", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert {timing["name"] for timing in values["timings"]} >= {COMPILED, OURS, NAIVE}
    assert all(len(timing["seconds"]) == 2 for timing in values["timings"])
    compiled = next(one for one in values["agreements"] if one["name"] == COMPILED)
    assert compiled["tokens"] == 3 * 16
    assert compiled["mismatches"] == 0
    assert len(values["skipped"]) == 3
    assert values["scalings"] == []


def test_several_threads_are_measured_beside_one(small, monkeypatch, capsys):
    own = bench_command.own_contestants
    monkeypatch.setattr(bench_command, "own_contestants", lambda shape: ([], own(shape)[1]))
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    assert main(["bench", "--quick", "--json", "--threads", "2"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["scalings"]
    assert found["batch"] == 3
    assert all(len(found[name]["seconds"]) == 2 for name in ("one", "shared", "roof_one", "roof_shared"))


def test_without_json_it_prints_tables(small, capsys):
    assert main(["bench", "--quick"]) == 0
    assert "times compiled" in capsys.readouterr().out
