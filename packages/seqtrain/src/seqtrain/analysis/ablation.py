"""Which nodes matter: each is replaced by its mean over a set of questions, at its own layer and position."""

# N questions, T positions, H heads, D head size, F hidden size

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.arithmetic import Questions
from seqmodel import Hooks, Transformer, mean_activation
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node, nodes_of
from seqtrain.analysis.rerun import Rerun

ROWS = 128
"""Questions that are answered at once."""


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Say what goes wrong without a node.

    Attributes:
        node: The node that was replaced by its mean.
        failed_N: bool (N,), which questions were answered rightly before and wrongly now.
        impact: The digits that were right before and wrong now in any of them, the highest first; `digits + 1` is the
            sign.
    """

    node: Node
    failed_N: NDArray[np.bool_]
    impact: tuple[int, ...]


def ablate(model: Transformer, questions: Questions, watch: Callable[[int], None] | None = None) -> list[Failures]:
    """Replace every node in turn by its mean over the questions; return those without which something fails.

    A head's mean is that of what it read (before the output map), a feed-forward layer's that of its hidden layer after
    the activation: in the unchanged model, of that very layer, for each position apart.

    Args:
        model: In evaluation mode.
        questions: A varied set.
        watch: Is told after each pass how many questions it answered.
    """
    layout = Layout.of(model.config, model.vocabulary)
    nodes = nodes_of(model.config, range(layout.length - 1))
    means = {place: mean_activation(model, _tokens(model, questions), place) for place in {n.place for n in nodes}}
    failed_KN = np.zeros((len(nodes), len(questions)), np.bool_)
    wrong_KA = np.zeros((len(nodes), layout.digits + 2), np.bool_)
    for start in range(0, len(questions), ROWS):
        rows = slice(start, start + ROWS)
        rerun = Rerun(model, questions[rows])
        right_NA = rerun.questions.answers()
        for row, answers_NA in enumerate(_ablated(model, rerun, nodes, means)):
            wrong_NA = (answers_NA != right_NA) & rerun.right_N[:, None]
            failed_KN[row, rows] = wrong_NA.any(axis=1)
            wrong_KA[row] |= wrong_NA.any(axis=0)
            if watch:
                watch(len(right_NA))
    return [
        Failures(
            node=node,
            failed_N=failed_N,
            impact=tuple(layout.sign - column for column in np.flatnonzero(wrong_A).tolist()),
        )
        for node, failed_N, wrong_A in zip(nodes, failed_KN, wrong_KA, strict=True)
        if failed_N.any()
    ]


def _ablated(
    model: Transformer, rerun: Rerun, nodes: Sequence[Node], means: dict[str, Tensor]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the answers without each node."""
    for node in nodes:
        hooks = Hooks(model.config)
        here = slice(node.position, node.position + 1)
        heads = None if node.is_mlp else node.number
        hooks.replace(node.place, means[node.place][:, here], positions=node.position, heads=heads)
        yield rerun.answers(hooks, node.position)


def _tokens(model: Transformer, questions: Questions) -> Tensor:
    return torch.from_numpy(questions.tokens()[:, :-1].astype(np.int64)).to(model.device)
