"""The rows of a mixture drawn on a device: the same ones as on a CPU, looked up in a table of them all."""

# S steps, R rows of a step, L terms of a row, F families, N universes

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from seqgen import Universe
from seqtrain.device_words import device_words, high_half
from seqtrain.protocols import IGNORE
from seqtrain.tensor_batches import TensorBatches

if TYPE_CHECKING:
    from seqtrain.mixture import Mixture


class DeviceMixture:
    """Draw what a mixture draws, on a device.

    Args:
        mixture: Whose rows they are.
        device: Where every row that there is will lie as a table: 2 bytes a term and for its length, 20 a
            row of the default universe.

    Raises:
        ValueError: Its universes have too many rules to be listed.
    """

    def __init__(self, mixture: "Mixture", device: torch.device) -> None:
        self._mixture, self._device = mixture, device
        self._tables = [_Table(universe, device) for universe in mixture.universes]

    def batches(self, first: int, count: int) -> TensorBatches:
        """Return the rows of the steps first, ..., first + count - 1."""
        mixture, shape = self._mixture, (count, self._mixture.rows)
        start, total = first * mixture.rows, count * mixture.rows
        phases_SR = self._choose(device_words(*mixture.choice, start, total, self._device).view(shape), first)
        # The streams of all universes have one purpose and seed, and so the same words.
        words_SR = device_words(mixture.purpose, mixture.seed, start, total, self._device).view(shape)
        values_SRL, lengths_SR = self._tables[0].rows(words_SR)
        for phase, table in enumerate(self._tables[1:], start=1):
            values, lengths = table.rows(words_SR)
            here_SR = phases_SR == phase
            values_SRL = torch.where(here_SR[..., None], values, values_SRL)
            lengths_SR = torch.where(here_SR, lengths, lengths_SR)
        inputs, targets = self._teach(values_SRL.long(), lengths_SR)
        return TensorBatches(inputs=inputs, targets=targets, phases=phases_SR)

    def _choose(self, words_SR: Tensor, first: int) -> Tensor:
        """Pick each row's universe as `Mixture` does, int64 (S, R)."""
        steps = np.arange(first, first + len(words_SR))
        bounds_SN = torch.from_numpy(self._mixture.curriculum.shares(steps).cumsum(-1) * 2.0**32).to(self._device)
        upper_SR1 = ((words_SR >> 32) & 0xFFFFFFFF).double()[..., None]
        return (upper_SR1 >= bounds_SN[:, None, :-1]).sum(-1)

    def _teach(self, values_SRL: Tensor, lengths_SR: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens and targets; see `seqtrain.mixture.teach`."""
        vocabulary = self._mixture.vocabulary
        tokens_SRL = values_SRL - vocabulary.low
        after = torch.arange(1, values_SRL.shape[-1], device=self._device) - lengths_SR[..., None]
        end = IGNORE if vocabulary.end_token is None else vocabulary.end_token
        targets = tokens_SRL[..., 1:].masked_fill(after == 0, end).masked_fill(after > 0, IGNORE)
        return tokens_SRL[..., :-1].contiguous(), targets


class _Table:
    """Hold every row of a universe, and find the one that a word stands for."""

    def __init__(self, universe: Universe, device: torch.device) -> None:
        values, lengths = universe.table
        small = np.int16 if universe.low >= -(2**15) and universe.high < 2**15 else np.int64
        self._values = torch.from_numpy(values.astype(small)).to(device)
        self._lengths = torch.from_numpy(lengths.astype(small)).to(device)
        self._total = universe.total
        self._starts_F = torch.tensor(universe.offsets[:-1], device=device)
        self._ends_F = torch.tensor(universe.offsets[1:], device=device)
        self._units_F = torch.tensor(universe.units, device=device)
        self._first_rows_F = torch.tensor([0, *np.cumsum(universe.sizes[:-1]).tolist()], device=device)

    def rows(self, words_SR: Tensor) -> tuple[Tensor, Tensor]:
        """Return values (S, R, L) and lengths int64 (S, R) of the rows that words stand for; see `Universe.locate`."""
        weights_SR = high_half(words_SR, self._total)
        families_SR = torch.searchsorted(self._ends_F, weights_SR, right=True)
        rules_SR = (weights_SR - self._starts_F[families_SR]) // self._units_F[families_SR]
        places_SR = self._first_rows_F[families_SR] + rules_SR
        return self._values[places_SR], self._lengths[places_SR].long()
