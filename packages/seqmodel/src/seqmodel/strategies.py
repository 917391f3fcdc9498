"""How the next predictions of a batch are read: with a cache, or without one."""

# B rows that run, T tokens, V classes

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from seqmodel.histories import EVERY, Histories, Integers, Rows
from seqmodel.protocols import SequenceModel

Reading = Iterator[tuple[Rows, Tensor]]
"""Rows, and what the model says about their next terms, (B, V)."""


class Naive:
    """Read the whole window of every row, or its whole sequence where positions are rotary."""

    def __init__(self, model: SequenceModel, histories: Histories) -> None:
        self._model = model
        self._histories = histories

    def __call__(self, rows: Rows) -> Reading:
        """Read these rows."""
        lengths_B = self._histories.lengths(rows)
        if not self._model.config.slides:
            lengths_B = np.minimum(lengths_B, self._model.config.context)
        yield rows, after(self._model, self._histories.last(rows, lengths_B), lengths_B)


class Cached:
    """Read what the cache does not hold yet: at first the prompt, then one token a step.

    Row r has slot r. A window that is full is read without the cache from then on: with absolute
    positions no key or value in it can be used again.
    """

    def __init__(self, model: SequenceModel, histories: Histories) -> None:
        self._model = model
        self._histories = histories
        self._naive = Naive(model, histories)
        self._device = model.device
        self._begun = False
        slots = len(histories.numbers(EVERY))
        self._cache = model.new_cache(slots)
        self._cache.allocate(slots)

    def __call__(self, rows: Rows) -> Reading:
        """Read these rows."""
        context = self._model.config.context
        if self._histories.end > context and not self._model.config.slides:
            lengths_B = self._histories.lengths(rows)
            rows_B = self._histories.numbers(rows)
            full_B = lengths_B > context
            if full_B.any():
                yield from self._naive(rows_B[full_B])
                rows = rows_B[~full_B]
                if full_B.all():
                    return
        slots_B = None if isinstance(rows, slice) else torch.from_numpy(rows).to(self._device)
        if self._begun:
            newest_B1 = torch.from_numpy(self._histories.newest(rows)).to(self._device)
            yield rows, self._model(newest_B1, cache=self._cache, slots=slots_B)[:, 0]
        else:
            yield rows, self._prefill(rows, slots_B)
        self._begun = True

    def _prefill(self, rows: Rows, slots_B: Tensor | None) -> Tensor:
        """Read prompts, at most `context` tokens at a time; return what follows them."""
        device, context = self._device, self._model.config.context
        lengths_B = self._histories.lengths(rows)
        tokens_BT = self._histories.last(rows, lengths_B)
        outputs_BV = torch.empty(0)
        for start in range(0, tokens_BT.shape[1], context):
            piece_BT = torch.from_numpy(tokens_BT[:, start : start + context]).to(device)
            new_B = np.minimum(np.maximum(lengths_B - start, 0), piece_BT.shape[1])
            lengths = counted(new_B, piece_BT)
            found_BV = self._model(piece_BT, cache=self._cache, slots=slots_B, lengths=lengths, last=True)[:, 0]
            if start:
                found_BV = found_BV.where(torch.from_numpy(new_B > 0).to(device)[:, None], outputs_BV)
            outputs_BV = found_BV
        return outputs_BV


def after(model: SequenceModel, read_BT: Integers, lengths_B: Integers) -> Tensor:
    """Return what an uncached pass says after each row's last token, (B, V)."""
    tokens_BT = torch.from_numpy(read_BT).to(model.device)
    return model(tokens_BT, lengths=counted(lengths_B, tokens_BT), last=True)[:, 0]


def counted(lengths_B: Integers, tokens_BT: Tensor) -> Tensor | None:
    """Return how many of each row's tokens count, int64 (B,); None: all."""
    return None if lengths_B.min() == tokens_BT.shape[1] else torch.from_numpy(lengths_B).to(tokens_BT.device)
