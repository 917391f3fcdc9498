"""`seqmodel benchmark`: its table, its JSON, and peers that are missing."""

import json
import statistics
import sys

import numpy as np
import pytest
import torch

from seqmodel.benchmark import EXACT, NAIVE, OURS, SHAPES, TERMS, Race, Timing, new_prompts
from seqmodel.benchmark_agreement import Agreement
from seqmodel.benchmark_command import as_text, as_values
from seqmodel.benchmark_machine import describe_machine
from seqmodel.benchmark_peers import HUGGING_FACE, ONNX_RUNTIME, X_TRANSFORMERS, peers
from seqmodel.cli import main

PEERS = {HUGGING_FACE: "transformers", X_TRANSFORMERS: "x_transformers", ONNX_RUNTIME: "onnxruntime"}

RACE = Race(
    work="decode",
    shape=SHAPES[0],
    batch=32,
    timings=(
        Timing(name=OURS, setting="", seconds=(0.002, 0.001, 0.003)),
        Timing(name="peer", setting="quick", seconds=(0.008, 0.004, 0.012)),
        Timing(name="peer", setting="slow", seconds=(0.1, 0.1, 0.1)),
    ),
)
AGREEMENT = Agreement(name=OURS, shape=SHAPES[0], batch=32, tokens=5120, mismatches=1, near_ties=2)


@pytest.fixture
def no_peers(monkeypatch):
    for module in PEERS.values():
        monkeypatch.setitem(sys.modules, module, None)


def test_the_table_aligns_and_shows_the_fastest_setting_alone():
    text = as_text({"cpu": "Z80", "cores": 1, "onnx": None}, 3, [RACE], [AGREEMENT], {"other peer": "it is missing"})
    assert text == (
        "cpu Z80, cores 1\n\n"
        "context 32, prompts of 8 terms, 3 rounds in which every contestant ran once\n\n"
        "decoding 16 new terms, prompts included: 43,136 parameters (d_model 32, 2 layers, 2 heads), batch 32\n"
        "                  median ms  minimum ms  times ours  90 % interval\n"
        "seqmodel, cached       2.00        1.00\n"
        "peer (quick)           8.00        4.00        4.00      4.00-4.00\n\n"
        "tokens beside seqmodel, cached, exact, each row up to its first difference "
        "(a near-tie where the best two logits are within 0.0001)\n"
        "                  d_model  batch  tokens compared  mismatches  near-ties\n"
        "seqmodel, cached       32     32            5,120           1          2\n\n"
        "other peer: skipped, it is missing (pip install 'seqmodel[benchmark]')"
    )


def test_json_holds_every_setting_and_every_round():
    values = json.loads(json.dumps(as_values([RACE], [AGREEMENT], {})))
    assert [timing["setting"] for timing in values["timings"]] == ["", "quick", "slow"]
    assert [timing["fastest_setting"] for timing in values["timings"]] == [True, True, False]
    quick = values["timings"][1]
    assert (quick["work"], quick["d_model"], quick["batch"]) == ("decode", 32, 32)
    assert (quick["median"], quick["minimum"], quick["seconds"]) == (0.008, 0.004, [0.008, 0.004, 0.012])
    assert quick["times_ours"] == {"medians": 4.0, "low": 4.0, "high": 4.0}
    (agreement,) = values["agreements"]
    assert (agreement["tokens"], agreement["mismatches"], agreement["near_ties"]) == (5120, 1, 2)


def test_what_is_not_installed_is_skipped_and_said(no_peers):
    found, skipped = peers(SHAPES[0], 1)
    assert found == []
    assert list(skipped) == list(PEERS)
    for name, module in PEERS.items():
        assert module in skipped[name]


def test_one_missing_peer_leaves_the_others_out_of_it(no_peers, monkeypatch):
    contestant = object()
    monkeypatch.setattr("seqmodel.benchmark_peers.x_transformers", lambda _: [contestant])
    found, skipped = peers(SHAPES[0], 1)
    assert found == [contestant]
    assert list(skipped) == [HUGGING_FACE, ONNX_RUNTIME]


def test_the_command_measures_what_it_names(no_peers, capsys):
    assert main(["benchmark", "--quick", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["machine"]["threads"] == 1
    assert set(values["skipped"]) == set(PEERS)
    measured = {(one["work"], one["d_model"], one["batch"], one["name"]) for one in values["timings"]}
    assert measured == {
        (work, 32, batch, name) for work in ("prefill", "decode") for batch in (1, 32) for name in (OURS, EXACT, NAIVE)
    }
    for one in values["timings"]:
        assert len(one["seconds"]) == values["rounds"] == 3
        assert one["median"] == statistics.median(one["seconds"])
        assert one["minimum"] == min(one["seconds"]) > 0
        group = (one["work"], one["batch"])
        (ours,) = (two for two in values["timings"] if (two["work"], two["batch"]) == group and two["name"] == OURS)
        assert one["times_ours"]["medians"] == one["median"] / ours["median"]
    assert [(one["name"], one["batch"]) for one in values["agreements"]] == [
        (name, batch) for batch in (1, 32) for name in (OURS, NAIVE)
    ]


def test_the_command_prints_tables_and_what_it_skipped(no_peers, capsys):
    assert main(["benchmark", "--quick"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    blocks = output.out.rstrip().split("\n\n")
    tables = [block.splitlines() for block in blocks if "median ms" in block]
    assert [lines[0].partition(":")[0] for lines in tables] == [
        "reading the prompts",
        f"decoding {TERMS} new terms, prompts included",
    ] * 2
    for lines in tables:
        assert [line.partition("  ")[0] for line in lines[2:]] == [OURS, EXACT, NAIVE]
    assert [line.partition(":")[0] for line in blocks[-3:]] == list(PEERS)


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--threads", "two"]], ids=["rounds", "threads"])
def test_a_wrong_number_is_one_line_and_status_2(wrong, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["benchmark", *wrong])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert wrong[0] in error
    assert wrong[1] in error
    assert error.count("\n") == 1


def test_the_machine_is_described_down_to_the_versions():
    machine = describe_machine(2, ["hypothesis", "no-such-package"])
    assert machine["threads"] == 2
    assert machine["torch"].startswith(sys.modules["torch"].__version__.split("+")[0])
    assert machine["cores"] >= 1
    assert machine["cpu"]
    assert machine["hypothesis"].startswith("6.")
    assert machine["no-such-package"] is None


@pytest.mark.parametrize(("name", "module"), PEERS.items(), ids=PEERS.values())
def test_a_peer_continues_every_prompt_greedily(name, module):
    pytest.importorskip(module)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found, skipped = peers(SHAPES[0], 1)
    assert name not in skipped
    prompts = new_prompts(3)
    contestants = [one for one in found if one.name == name]
    assert contestants
    for one in contestants:
        one.prefill(prompts)
        tokens = np.asarray(one.decode(prompts, TERMS))
        assert tokens.shape == (3, TERMS)
        assert tokens.min() >= 0
        assert tokens.max() < 256
        # Greedy: what was found continues to be found when it is part of the prompt.
        further = np.asarray(one.decode(np.concatenate([prompts, tokens[:, :5]], axis=1), TERMS - 5))
        assert (further == tokens[:, 5:]).all()
