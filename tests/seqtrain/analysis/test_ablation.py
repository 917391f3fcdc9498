import numpy as np
import torch
from handmade_arithmetic import Handmade

from seqgen.arithmetic import Questions
from seqmodel import Hooks, Observed
from seqtrain.analysis.ablation import ablate
from seqtrain.analysis.node import Node
from seqtrain.analysis.varied_questions import varied_questions

HAND = Handmade(2)
QUESTIONS = varied_questions(2, "SMN", 150, seed=0)  # more than are answered at once
FAILURES = {lost.node: lost for lost in ablate(HAND.model, QUESTIONS)}


def without(node: Node, questions: Questions) -> np.ndarray:
    """Return the answers when a node is its mean over the questions, worked out apart."""
    tokens_NT = torch.from_numpy(questions.tokens().astype(np.int64))
    reads, replaces = Hooks(HAND.model.config), Hooks(HAND.model.config)
    reads.read(node.place, positions=node.position)
    with torch.no_grad():
        Observed(HAND.model, reads)(tokens_NT)
        mean = reads[node.place].double().mean(dim=0, keepdim=True).float()
        heads = None if node.is_mlp else node.number
        replaces.replace(node.place, mean, positions=node.position, heads=heads)
        logits_NTV = Observed(HAND.model, replaces)(tokens_NT)
    return logits_NTV[:, HAND.layout.equals : -1].argmax(-1).numpy()


def test_nodes_are_replaced_by_their_mean_in_their_own_layer() -> None:
    layers = set()
    for node, lost in FAILURES.items():
        wrong_NA = without(node, QUESTIONS) != QUESTIONS.answers()
        assert (lost.failed_N == wrong_NA.any(axis=1)).all()
        assert lost.impact == tuple(HAND.layout.sign - np.flatnonzero(wrong_NA.any(axis=0)))
        layers.add((node.layer, node.is_mlp))
    assert layers == {(0, True), (1, False), (1, True), (2, True)}


def test_nodes_have_an_impact_on_what_they_are_for() -> None:
    layout = HAND.layout
    for target in range(layout.digits):
        own = FAILURES[Node(layout.written_at(target), 1, False, 0)]
        assert own.impact == (target,)
        assert own.failed_N.mean() > 0.5
        operation = FAILURES[Node(layout.written_at(target), 1, False, layout.digits + 1)]
        assert operation.impact == (target,)
    assert FAILURES[Node(layout.equals, 1, False, layout.digits + 1)].impact == (layout.sign,)
    # Heads of layer 2 and of layer 0 do nothing, and nothing that stands before the second number's end is looked at.
    assert not any(node.layer != 1 for node in FAILURES if not node.is_mlp)


def test_a_question_answered_wrongly_before_does_not_fail() -> None:
    spoilt = Handmade(2)
    with torch.no_grad():
        spoilt.weights["output.bias"][11] = 1e6  # every answer begins with - , and has no digit
    assert ablate(spoilt.model, QUESTIONS) == []
