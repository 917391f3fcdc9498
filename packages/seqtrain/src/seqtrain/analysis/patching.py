"""Heads' results of one question put in their place on another."""

# N pairs, T positions, H heads, D head size

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seqmodel import Hooks, Observed, Transformer
from seqtrain.analysis.node import Node
from seqtrain.analysis.rerun import Rerun
from seqtrain.analysis.trial import Trial


class Patching:
    """Patch heads of a trial's stored questions into its clean ones.

    Pairs whose clean question the model answers wrongly by itself are left out: they tell nothing of its nodes. What
    was asked once is remembered.

    Args:
        model: In evaluation mode.
        trial: The pairs.
    """

    def __init__(self, model: Transformer, trial: Trial) -> None:
        self._model = model
        self._trial = trial
        self._rerun = Rerun(model, trial.clean)
        self._results: dict[int, Tensor] = {}
        self._shares: dict[tuple[Node, ...], float] = {}

    @property
    def pairs(self) -> int:
        """How many pairs tell something."""
        return int(self._rerun.right_N.sum())

    def share(self, heads: Sequence[Node]) -> float:
        """Return in which share of the pairs exactly what is expected changes, the heads being patched together.

        Args:
            heads: One or more.
        """
        chosen = tuple(heads)
        if chosen not in self._shares:
            passed_N = self._trial.passed(
                self._rerun.answers(self._hooks(chosen), min(head.position for head in chosen))
            )
            self._shares[chosen] = float(passed_N[self._rerun.right_N].mean()) if self.pairs else 0.0
        return self._shares[chosen]

    def _hooks(self, heads: Sequence[Node]) -> Hooks:
        if not self._results:
            self._results = self._read()
        hooks = Hooks(self._model.config)
        for head in heads:
            here = slice(head.position, head.position + 1)
            result = self._results[head.layer][:, here]
            hooks.replace(head.place, result, positions=head.position, heads=head.number)
        return hooks

    def _read(self) -> dict[int, Tensor]:
        """Return what every head read on the stored questions, (N, T, H, D) for each layer."""
        hooks = Hooks(self._model.config)
        layers = range(self._model.config.layers)
        for layer in layers:
            hooks.read(f"blocks.{layer}.heads")
        tokens_NT = torch.from_numpy(self._trial.stored.tokens()[:, :-1].astype(np.int64)).to(self._model.device)
        with torch.no_grad():
            Observed(self._model, hooks)(tokens_NT)
        return {layer: hooks[f"blocks.{layer}.heads"] for layer in layers}
