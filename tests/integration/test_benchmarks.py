"""What the benchmarks measured becomes tables and a picture; a missing peer has a line of its own."""

import json
import sys

import pytest
import render
from comparisons import comparisons_of

STEPS = {
    "machine": {"cpu": "some processor", "lightning": None},
    "races": [
        {
            "model": "nextint",
            "batch": 32,
            "loops": [
                {"name": "seqtrain", "setting": "", "seqtrain_over_it": {"clock": {"medians": 1, "low": 1, "high": 1}}},
                {
                    "name": "HF Trainer",
                    "setting": "fused",
                    "seqtrain_over_it": {"clock": {"medians": 0.5, "low": 0.4, "high": 0.8}},
                },
            ],
        }
    ],
    "skipped": {"Lightning": "it is not installed"},
}
SHAPE = {"d_model": 32, "layers": 2, "heads": 2}
DECODING = {
    "machine": {"cpu": "some processor", "load": 20.5, "cores": 2},
    "timings": [
        {"work": "decode", **SHAPE, "batch": 1, "name": "compiled", "setting": "", "seconds": [2, 1, 3]},
        {"work": "decode", **SHAPE, "batch": 1, "name": "generate", "setting": "slow", "seconds": [90, 90, 90]},
        {"work": "decode", **SHAPE, "batch": 1, "name": "generate", "setting": "fast", "seconds": [8, 9, 1]},
    ],
    "agreements": [
        {"name": "compiled", "shape": SHAPE, "batch": 1, "tokens": 160, "mismatches": 2, "near_ties": 2},
    ],
    "skipped": {},
}


def test_a_peers_time_is_told_as_a_multiple_of_ours_with_its_interval():
    (line,) = comparisons_of("seqtrain benchmark-step --quick", STEPS).lines
    assert (line.ours, line.peer, line.times, line.low, line.high) == ("seqtrain", "HF Trainer (fused)", 2, 1.25, 2.5)
    (line,) = comparisons_of("seqserve bench", DECODING).lines
    assert (line.ours, line.peer, line.times) == ("compiled", "generate (fast)", 4)
    assert line.work == "decode, width 32, batch 1"
    assert line.low is not None
    assert line.low <= 4 <= line.high


def test_a_service_is_compared_by_its_answers_a_second():
    shared = {"work": "1 client, 1 term", "seconds": 2.0, "p50": 0.1, "p99": 0.2}
    ours = shared | {"name": "seqserve", "answers": 600, "wrong": 0, "rate": 300.0}
    theirs = shared | {"name": "LitServe", "answers": 150, "wrong": 3, "rate": 75.0}
    figures = {"machine": {}, "measured": [ours, theirs], "skipped": {}}
    found = comparisons_of("seqserve load --seconds 1", figures)
    (line,) = found.lines
    assert (line.work, line.ours, line.peer, line.times) == ("an answer, 1 client, 1 term", "seqserve", "LitServe", 4)
    assert [(each.name, each.compared, each.mismatches) for each in found.counted] == [
        ("seqserve", 600, 0),
        ("LitServe", 150, 3),
    ]
    assert [each.rate for each in found.rates] == [300, 75]
    alone = comparisons_of(
        "seqserve load", figures | {"measured": [ours], "skipped": {"LitServe": "it is not installed"}}
    )
    assert not alone.lines
    assert alone.skipped == {"LitServe": "it is not installed"}


def test_an_unknown_command_is_refused():
    with pytest.raises(ValueError, match="seqgen families"):
        comparisons_of("seqgen families", STEPS)


def test_tables_name_the_machine_the_skipped_and_the_mismatches(tmp_path):
    benchmarks = [("seqtrain benchmark-step", STEPS), ("seqserve bench", DECODING)]
    kept = [{"extra_info": {"command": command, "figures": figures}} for command, figures in benchmarks]
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps({"benchmarks": kept}), encoding="utf-8")
    assert render.main([str(path), str(tmp_path / "page")]) == 0
    text = (tmp_path / "page" / "benchmarks.md").read_text(encoding="utf-8")
    assert "| a step of nextint, batch 32 | seqtrain | HF Trainer (fused) | 2.00 | 1.25-2.50 |" in text
    assert "| compiled | width 32, batch 1 | 160 tokens | 2 | 2 |" in text
    assert "Lightning: skipped, it is not installed." in text
    assert "cpu some processor" in text
    assert text.count("a load of 20.5 on 2 cores") == 1
    assert "lightning None" not in text
    assert (tmp_path / "page" / "benchmarks.png").read_bytes().startswith(b"\x89PNG")


def test_the_real_figures_of_a_command_are_read(run):
    command = ("seqgen", "benchmark", "--universe", "phase1", "--rows", 100, "--runs", 1, "--no-posterior", "--json")
    figures = json.loads(run(f"{sys.prefix}/bin/{command[0]}", *command[1:]))
    found = comparisons_of("seqgen benchmark", figures)
    assert bool(found.lines) != ("reasoning-gym" in found.skipped)
    assert {rate.name: rate.unit for rate in found.rates}["rows from a contiguous slice"] == "rows"
    assert all(rate.rate > 0 for rate in found.rates)
