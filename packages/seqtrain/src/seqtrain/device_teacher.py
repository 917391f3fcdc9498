"""Exact labels on a device: the posterior's tree as tables that lie there."""

# S steps, B rows, T positions, V classes, O outcomes (terms and END), D nodes of one depth

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from seqgen import Posterior
from seqmodel import IntegerVocabulary, integers_of
from seqtrain.mixture import vocabulary_of
from seqtrain.possible import final_posterior
from seqtrain.recipe import Recipe
from seqtrain.targets import lengths
from seqtrain.teacher import unexplained_row

_AT_ONCE = 1 << 26
"""Probabilities that are found together: small steps would wait for the launches of their kernels."""


class DeviceTeacher:
    """Label rows as `Teacher` does, to the bit, on the device where they are trained on.

    A node of depth k is all rows that share their first k terms; the nodes of a depth are numbered as sorted.

    Args:
        recipe: Names the final mixture and the vocabulary.
        device: Where the tree will lie: 14 bytes a node, 0.6 GB for the default universe.

    Raises:
        ValueError: The mixture's rules cannot all be listed.
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        posterior = final_posterior(recipe, "for the exact labels")
        self._vocabulary: IntegerVocabulary = integers_of(vocabulary_of(recipe))
        self._depths = [_Branches(posterior, depth, device) for depth in range(recipe.model.context + 1)]
        self._outcomes_O = torch.arange(posterior.packing.end + 1, device=device)
        self._lost = torch.zeros((), dtype=torch.bool, device=device)
        self._lost_row_T = torch.zeros(recipe.model.context, dtype=torch.int64, device=device)

    def of_steps(self, inputs: Tensor, targets: Tensor) -> Iterator[Tensor]:
        """Yield float32 (B, T, V) of one step's rows after another's; see `Teacher.of_steps`.

        Raises:
            ValueError: No rule explains a row; said after the last step, so that nobody waits for the device before.
        """
        steps, batch, terms = inputs.shape
        together = max(1, _AT_ONCE // (batch * terms * self._vocabulary.outputs))
        for first in range(0, steps, together):
            some = slice(first, first + together)
            labels = self.labels(inputs[some].flatten(0, 1), targets[some].flatten(0, 1))
            yield from labels.view(-1, batch, terms, self._vocabulary.outputs)
        self.require_explained()

    def labels(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return float32 (B, T, V); see `Teacher.labels`. Rows of no rule are told by `require_explained`."""
        rows, terms = inputs.shape
        seen_B = lengths(targets)
        alive_B = torch.ones(rows, dtype=torch.bool, device=inputs.device)
        node_B = torch.zeros(rows, dtype=torch.int64, device=inputs.device)
        labels, explained_B = [], alive_B
        for depth, branches in enumerate(self._depths[: terms + 1]):
            weights_BO, child_BO = branches.of(node_B, alive_B, self._outcomes_O)
            if depth:
                labels.append(self._shares(weights_BO))
                explained_B = explained_B & (alive_B | (seen_B < depth))
            if depth < terms:
                taken_B = child_BO.gather(1, inputs[:, depth, None]).squeeze(1)
                alive_B = alive_B & (taken_B >= 0) & (seen_B > depth)
                node_B = taken_B.where(alive_B, 0)
        self._remember(inputs, ~explained_B)
        return torch.stack(labels, dim=1)

    def require_explained(self) -> None:
        """Raise ValueError if one of the rows labelled so far is of no rule."""
        if self._lost:
            raise unexplained_row((self._lost_row_T + self._vocabulary.low).tolist())

    def _shares(self, weights_BO: Tensor) -> Tensor:
        """Return the outcomes' weights as probabilities of the model's classes, float32 (B, V)."""
        weights_BV = weights_BO[:, : self._vocabulary.outputs]
        totals_B1 = weights_BV.sum(1, keepdim=True)
        return (weights_BV.double() / totals_B1.clamp(min=1).double()).float()

    def _remember(self, inputs: Tensor, lost_B: Tensor) -> None:
        """Keep the first row that no rule explains; to ask now would wait for the device."""
        row_T = inputs[lost_B.int().argmax()]
        row_T = torch.nn.functional.pad(row_T, (0, len(self._lost_row_T) - len(row_T)))
        self._lost_row_T = torch.where(self._lost, self._lost_row_T, row_T)
        self._lost = self._lost | lost_B.any()


class _Branches:
    """Hold how the nodes of one depth branch."""

    def __init__(self, posterior: Posterior, depth: int, device: torch.device) -> None:
        starts = posterior.starts(depth + 1).astype(np.int64)
        ends = np.append(starts[1:], len(posterior))
        symbols = posterior.packing.symbols(posterior.keys, depth, starts)
        weights = posterior.cumulative[ends] - posterior.cumulative[starts]
        self._first_D = torch.from_numpy(posterior.first_branches(depth).astype(np.int32)).to(device)
        self._symbols_D = torch.from_numpy(symbols.astype(np.int16 if posterior.packing.end < 2**15 else np.int64))
        self._symbols_D = self._symbols_D.to(device)
        self._weights_D = torch.from_numpy(weights).to(device)

    def of(self, node_B: Tensor, alive_B: Tensor, outcomes_O: Tensor) -> tuple[Tensor, Tensor]:
        """Return by outcome the weight of each node's branches and the branches as nodes of the next depth.

        Both int64 (B, O). Where there is no branch, or a row is not alive, the weight is 0 and the node negative.
        """
        first_B1, last_B1 = self._first_D[node_B].long()[:, None], self._first_D[node_B + 1].long()[:, None]
        place_BO = first_B1 + outcomes_O  # a node has no more branches than there are outcomes
        there_BO = (place_BO < last_B1) & alive_B[:, None]
        place_BO = place_BO.where(there_BO, 0)
        # The places behind the last branch add nothing to outcome 0.
        symbol_BO = self._symbols_D[place_BO].long().where(there_BO, 0)
        weight_BO = self._weights_D[place_BO].where(there_BO, 0)
        weights_BO = torch.zeros_like(weight_BO).scatter_add_(1, symbol_BO, weight_BO)
        children_BO = torch.zeros_like(weight_BO).scatter_add_(1, symbol_BO, (place_BO + 1).where(there_BO, 0))
        return weights_BO, children_BO - 1
