"""`seqtrain benchmark-step`: its tables, its JSON, its peers, and those that are missing."""

import json
import sys

import pytest

from seqtrain import benchmark_step_command, matrix_peak
from seqtrain.benchmark_step import SEQTRAIN, StepRace, step_time
from seqtrain.benchmark_step_command import as_text
from seqtrain.benchmark_step_loops import BARE, DRAWING, FLOAT32, own_loop
from seqtrain.benchmark_step_nanogpt import NANOGPT
from seqtrain.benchmark_step_peers import HUGGING_FACE, LIGHTNING, peers
from seqtrain.benchmark_step_works import Work
from seqtrain.benchmark_times import Times, Turn
from seqtrain.cli import main
from seqtrain.matrix_peak import Product, shares
from seqtrain.recipe_file import recipe_from_dict

PEERS = {HUGGING_FACE: "transformers", LIGHTNING: "lightning"}
MEASURED = (
    Product(precision="bfloat16", rows=16, inputs=8, outputs=32),
    Product(precision="float32", rows=16, inputs=8, outputs=32),
)


def small_work(precision="float32"):
    tables = {
        "model": {"d_model": 8, "layers": 1, "heads": 2, "value_periods": [2]},
        "data": {"batch": 4},
        "curriculum": {"stages": [{"shares": {"phase1": 1}}]},
        "validation": {"rows": 4},
        "budget": {"steps": 4},
        "run": {"precision": precision},
    }
    return Work.of("small", recipe_from_dict(tables), warm_up=1)


@pytest.fixture
def no_peers(monkeypatch):
    for module in PEERS.values():
        monkeypatch.setitem(sys.modules, module, None)


@pytest.fixture
def small(monkeypatch):
    """Everything that the command measures, small."""
    monkeypatch.setattr(benchmark_step_command, "nextint", small_work)
    monkeypatch.setattr(benchmark_step_command, "default", lambda: small_work("bfloat16"))
    for module in benchmark_step_command, matrix_peak:
        monkeypatch.setattr(module, "MEASURED", MEASURED)


def times(name, *seconds, setting=""):
    return Times.of(name, setting, [Turn(clock=one, processor=one / 2) for one in seconds])


def test_the_table_says_how_ours_stands_beside_each():
    work = small_work()
    found = StepRace(
        work=work,
        times=(times(SEQTRAIN, 0.002), times("peer", 0.008, setting="quick"), times("peer", 0.02, setting="slow")),
        losses=(5.0, 5.0, 5.00025),
        first_loss=5.5,
    )
    text = as_text({"cpu": "Z80", "lightning": None}, 1, [found], {"other": "it is missing"})
    first, _, table, losses, missing = text.split("\n\n")
    assert first == "cpu Z80"
    assert table == (
        "small: batch 4, 3 steps a round, float32\n"
        "                ms  processor ms  tokens/s  of its time   interval  of its processor time   interval\n"
        "seqtrain      2.00          1.00    16,000\n"
        "peer (quick)  8.00          4.00     4,000         0.25  0.25-0.25                   0.25  0.25-0.25"
    )
    assert losses == (
        "loss of small on one batch: 5.5000 before, 5.0000 after seqtrain's 4 steps; after those of the others "
        "at most 2.5e-04 from that"
    )
    assert missing == "other: skipped, it is missing (pip install 'seqtrain[benchmark]')"


def test_a_share_is_of_the_fastest_product_of_its_precision(monkeypatch):
    products = (*MEASURED, Product(precision="bfloat16", rows=32, inputs=8, outputs=32))
    monkeypatch.setattr(matrix_peak, "MEASURED", products)
    work = small_work("bfloat16")
    found = StepRace(
        work=work,
        times=(times(SEQTRAIN, 1.0), times(FLOAT32, 4.0)),
        losses=(5.0, 5.0),
        first_loss=5.5,
        besides=tuple(times(one.name, seconds) for one, seconds in zip(products, (1.0, 2.0, 1.0), strict=True)),
    )
    ours, plain = shares(found)
    assert (ours.precision, plain.precision) == ("bfloat16", "float32")
    assert ours.clock == pytest.approx(work.flops / products[2].flops)
    assert plain.clock == plain.processor == pytest.approx(work.flops / 4 / (products[1].flops / 2))


def test_the_command_measures_what_it_names(small, no_peers, capsys):
    assert main(["benchmark-step", "--rounds", "2", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["machine"]["threads"] == 1
    assert set(values["skipped"]) == set(PEERS)
    loops = [[(one["name"], one["setting"]) for one in race["loops"]] for race in values["races"]]
    bare = [(BARE, "plain attention"), (BARE, "fused attention")]
    assert loops == [
        [(SEQTRAIN, ""), (DRAWING, ""), *bare],
        [(SEQTRAIN, ""), (FLOAT32, ""), *bare, (NANOGPT, "")],
    ]
    for race in values["races"]:
        for one in race["loops"]:
            assert len(one["clock"]["seconds"]) == values["rounds"] == 2
            assert one["tokens_per_second"] == 32 / one["clock"]["median"]
            assert one["loss_after"] == pytest.approx(race["loops"][0]["loss_after"], rel=1e-2)
    assert [one["name"] for one in values["races"][1]["products"]] == [one.name for one in MEASURED]
    assert {one["name"] for one in values["races"][1]["shares"]} == {SEQTRAIN, FLOAT32, BARE, NANOGPT}


def test_the_quick_command_prints_one_table_and_what_it_skipped(small, no_peers, capsys):
    assert main(["benchmark-step", "--quick"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    blocks = output.out.rstrip().split("\n\n")
    assert [block.partition(":")[0] for block in blocks[2:]] == ["small", "loss of small on one batch", *PEERS]
    assert BARE in blocks[2]


def test_what_is_not_installed_is_skipped_and_said(no_peers):
    found, skipped = peers()
    assert found == []
    assert all(PEERS[name] in reason for name, reason in skipped.items())
    assert list(skipped) == list(PEERS)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("name", "module"), PEERS.items(), ids=PEERS.values())
def test_a_peer_ends_with_our_weights(name, module, precision):
    pytest.importorskip(module)
    (peer,) = (one for one in peers()[0] if one.name == name)
    work = small_work(precision)
    (_, theirs), (_, ours) = (step_time(work, one) for one in (peer, own_loop()))
    assert work.loss_of(theirs) == pytest.approx(work.loss_of(ours), rel=1e-5)
    assert work.loss_of(theirs) != pytest.approx(work.loss_of(work.new_model().state_dict()), rel=1e-5)
