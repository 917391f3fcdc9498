"""What is found in models of which it is known."""

import pytest
from handmade_arithmetic import Handmade

from seqmodel import QUANTAMATHS_VOCABULARY, ModelConfig, Transformer
from seqtrain.analysis.all_trials import all_trials
from seqtrain.analysis.findings import CLEAR, Finding
from seqtrain.analysis.head_sets import acting_sets
from seqtrain.analysis.interventions import intervene
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node, nodes_of
from seqtrain.analysis.patching import Patching

Known = dict[tuple[str, int | None, int], set[tuple[Node, ...]]]


def heads_of(model: Transformer) -> list[Node]:
    layout = Layout.of(model.config, model.vocabulary)
    return [node for node in nodes_of(model.config, range(layout.length - 1)) if not node.is_mlp]


def found(findings: list[Finding]) -> Known:
    sets: Known = {}
    for finding in findings:
        if finding.clear:
            sets.setdefault((finding.task, finding.digit, finding.target), set()).add(finding.heads)
    return sets


def truth(hand: Handmade) -> Known:
    """Return what the handmade model does."""
    layout, digits = hand.layout, hand.layout.digits
    known: Known = {}

    def head(target: int, number: int) -> Node:
        return Node(layout.written_at(target), 1, False, number)

    for target in range(digits):
        own = (head(target, 0), head(target, digits + 3)) if hand.split else (head(target, 0),)
        for task in ("SA", "MD", "ND"):
            known[task, target, target] = {own}
        known["SGN", None, target] = {(head(target, digits + 2),)}
    for target in range(1, digits + 1):
        for digit in range(target):
            lower = {(head(target, target - digit),)}
            lowest = digit == 0 and target == 1
            known["SC" if lowest else "ST", digit, target] = lower
            if target < digits:
                known["MB" if lowest else "MT", digit, target] = lower
                known["NB", digit, target] = lower
    sign = layout.sign
    for digit in range(digits):
        known["GT", digit, sign] = {(head(sign, digits - digit),)}
    known["SGN", None, sign] = {tuple(head(sign, number) for number in range(1, digits + 1))}
    for target in layout.targets:
        known["OPR", None, target] = {(head(target, digits + 1),)}
    return known


@pytest.mark.parametrize(("digits", "split"), [(3, False), (2, True)])
def test_what_a_handmade_model_does_is_found_and_nothing_else(digits: int, split: bool) -> None:
    hand = Handmade(digits, split=split)
    nodes = [node for node in heads_of(hand.model) if node.layer == 1 and node.position >= hand.layout.equals]
    assert found(intervene(hand.model, all_trials(digits, "SMN", 0, count=24), nodes)) == truth(hand)


def test_heads_of_other_layers_do_nothing() -> None:
    hand = Handmade(2)
    nodes = [node for node in heads_of(hand.model) if node.layer != 1 and node.number < 2]
    assert intervene(hand.model, all_trials(2, "SMN", 0, count=16), nodes) == []


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_untrained_model_does_no_sub_task(seed: int) -> None:
    config = ModelConfig(
        context=10, d_model=16, layers=1, heads=2, value_periods=(), activation="relu", zero_output_projections=False
    )
    model = Transformer(config, QUANTAMATHS_VOCABULARY, seed=seed).eval()
    model.exact = False
    # It answers nothing, so that no pair would be asked at all; neither does any head pass where all pairs count.
    trials = list(all_trials(2, "SMN", seed, count=16))
    assert intervene(model, trials, heads_of(model)) == []
    for trial in trials[::3]:
        patching = Patching(model, trial)
        patching._rerun.right_N[:] = True
        assert max(patching.share([head]) for head in heads_of(model)) < 0.5


def test_heads_of_two_positions_that_share_a_sub_task_are_found_together() -> None:
    heads = [Node(9, 0, False, 0), Node(9, 0, False, 1), Node(11, 0, False, 0), Node(11, 0, False, 1)]
    needed = {heads[0], heads[3]}

    def share(chosen: tuple[Node, ...]) -> float:
        return len(needed & set(chosen)) / 2

    by_position = {9: heads[:2], 11: heads[2:]}
    sets = acting_sets(by_position, share, share, clear=CLEAR, together=3)
    assert sets == [(heads[0], heads[3])]
    # Each of them is the best of its position, and no more than that where sets may not be so large.
    assert set(acting_sets(by_position, share, share, clear=CLEAR, together=1)) == {(heads[0],), (heads[3],)}


def test_what_is_less_clear_is_weak_and_no_part_of_a_set_that_is() -> None:
    heads = [Node(9, 0, False, number) for number in range(3)]

    def share(chosen: tuple[Node, ...]) -> float:
        return 0.8 if heads[1] in chosen else 0.1

    assert acting_sets({9: heads}, share, share, clear=CLEAR, together=3) == [(heads[1],)]
