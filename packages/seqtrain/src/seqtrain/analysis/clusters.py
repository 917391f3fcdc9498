"""Whether a head's results fall into the three cases of a column, as seen along their two principal components."""

# N questions, P positions, H heads, D head size, B positions and heads, C cases

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel import Hooks, Observed, Transformer
from seqtrain.analysis.layout import Layout
from seqtrain.analysis.node import Node
from seqtrain.analysis.pairs_drawn import DRAWN, drawn, generator

CLEAR = 0.95
"""Share of questions nearest to their own case's centre from which on clusters are clear."""

WEAK = 0.8
"""Share from which on there are clusters at all; a third is chance."""

_EACH = 60
"""Questions of each case; half of them find the components and centres, the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Say that a head's results fall into the three cases of a digit.

    Attributes:
        head: The head.
        kind: "S", the cases of additions (less than nine, nine, more); "M", of subtractions (more, equal, less).
        digit: Whose.
        share: Of the questions whose result lies nearest to the centre of their own case.
    """

    head: Node
    kind: str
    digit: int
    share: float

    @property
    def clear(self) -> bool:
        """Whether the clusters are clear."""
        return self.share >= CLEAR


def find_clusters(model: Transformer, kinds: str, seed: int, watch: Callable[[], None] | None = None) -> list[Cluster]:
    """Look at what every head read where it can know both digits of a pair.

    For each digit, questions are random but for its pair, which is of each case equally often. Of half of them the
    mean, the two principal components and each case's centre in their plane are taken; the result is the share of the
    other half that lies nearest to its own case's centre.

    Args:
        model: In evaluation mode.
        kinds: Of "S" and "M": additions, and subtractions of either sign.
        seed: Which questions.
        watch: Is called after each digit of each kind.
    """
    layout = Layout.of(model.config, model.vocabulary)
    clusters = []
    for kind in kinds:
        for digit in range(layout.digits):
            shares_LPH = _shares(model, layout, kind, digit, seed)
            for layer, position, head in np.argwhere(shares_LPH >= WEAK).tolist():
                node = Node(layout.second(digit) + position, layer, False, head)
                share = float(shares_LPH[layer, position, head])
                clusters.append(Cluster(head=node, kind=kind, digit=digit, share=share))
            if watch:
                watch()
    return clusters


def _shares(model: Transformer, layout: Layout, kind: str, digit: int, seed: int) -> NDArray[np.float64]:
    """Return the share for each layer, position from the pair on, and head."""
    rng = generator(seed, f"clusters {kind} {digit}")
    case_N = np.arange(DRAWN) % 3
    questions = drawn(rng, layout.digits, kind, {digit: case_N})[: 3 * _EACH]
    positions = range(layout.second(digit), layout.length - 1)
    hooks = Hooks(model.config)
    for layer in range(model.config.layers):
        hooks.read(f"blocks.{layer}.heads", positions=positions)
    tokens_NT = torch.from_numpy(questions.tokens()[:, :-1].astype(np.int64)).to(model.device)
    with torch.no_grad():
        Observed(model, hooks)(tokens_NT)
    shares = []
    for layer in range(model.config.layers):
        read_NPHD = hooks[f"blocks.{layer}.heads"].double()
        share_B = nearest_shares(read_NPHD.flatten(1, 2).transpose(0, 1), torch.from_numpy(case_N[: 3 * _EACH]))
        shares.append(share_B.view(len(positions), -1))
    shares_LPH: NDArray[np.float64] = torch.stack(shares).cpu().numpy()
    return shares_LPH


def nearest_shares(results_BND: Tensor, case_N: Tensor) -> Tensor:
    """Return for each of B sets of results the share that lies nearest to the centre of its own case, (B,).

    The first half of the results finds the components and centres, the second half is counted.

    Args:
        results_BND: N results of D numbers in each set.
        case_N: 0, 1 or 2, the case of each result.
    """
    half = len(case_N) // 2
    centred_BND = results_BND - results_BND[:, :half].mean(dim=1, keepdim=True)
    found_BND = centred_BND[:, :half]
    _, vectors_BDD = torch.linalg.eigh(found_BND.transpose(1, 2) @ found_BND)  # the largest come last
    plane_BN2 = centred_BND @ vectors_BDD[..., -2:]
    centres = [plane_BN2[:, :half][:, case_N[:half] == case].mean(dim=1) for case in range(3)]
    nearest_BN = torch.cdist(plane_BN2[:, half:], torch.stack(centres, dim=1)).argmin(dim=2)
    return (nearest_BN == case_N[half:]).double().mean(dim=1)
