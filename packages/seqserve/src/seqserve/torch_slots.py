"""Slots of the torch engine, over seqmodel's key-value cache."""

# B sequences asked about, T tokens to read, V outcomes

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel import KVCache, SequenceModel
from seqmodel.choice import choose, sureness
from seqmodel.strategies import after
from seqserve.slots import Outlook


class TorchSlots:
    """Hold sequences in the slots of a cache, each read once where the model allows it.

    A full window of absolute positions, and full attention, are read anew for every prediction.

    Args:
        model: In evaluation mode.
        slots: How many sequences fit.
    """

    def __init__(self, model: SequenceModel, slots: int) -> None:
        self._model = model
        self._tokens: dict[int, list[int]] = {}
        self._read: dict[int, int] = {}
        self._cache: KVCache | None = None
        if model.config.attention == "causal":
            self._cache = model.new_cache(slots)

    def take(self, slot: int, tokens: Sequence[int]) -> None:
        """Put a sequence into an empty slot."""
        self._tokens[slot] = list(tokens)
        self._read[slot] = 0

    def append(self, slot: int, token: int) -> None:
        """Continue the sequence of a slot."""
        self._tokens[slot].append(token)

    def copy(self, slot: int, to: int) -> None:
        """Put the sequence of a slot, and what has been read of it, into another one."""
        self._tokens[to], self._read[to] = list(self._tokens[slot]), self._read[slot]
        if self._cache is not None:
            self._cache.store_LARHSD[:, :, to] = self._cache.store_LARHSD[:, :, slot]
            self._cache.lengths[to] = self._cache.lengths[slot]
            self._cache.starts[to] = self._cache.starts[slot]

    def clear(self, slot: int) -> None:
        """Empty a slot."""
        del self._tokens[slot], self._read[slot]
        if self._cache is not None:
            self._cache.clear([slot])

    def read(self, slots: Sequence[int]) -> Outlook:
        """Say what may follow each of these sequences."""
        with torch.inference_mode():
            outputs_BV = self._outputs(slots)
            if self._model.config.head == "regression":
                sureness_B = np.full(len(slots), np.nan, dtype=np.float32)
            else:
                sureness_B = sureness(outputs_BV)
            best_B = choose(self._model.config, self._model.vocabulary, outputs_BV)
        return Outlook(outputs_BV.cpu().numpy(), best_B, sureness_B)

    def _outputs(self, slots: Sequence[int]) -> Tensor:
        """Read each kind of sequences in a pass of its own: full windows, new prompts, newest tokens."""
        full = [slot for slot in slots if self._is_full(slot)]
        others = [slot for slot in slots if not self._is_full(slot)]
        new = [slot for slot in others if len(self._tokens[slot]) - self._read[slot] > 1]
        running = [slot for slot in others if slot not in set(new)]
        parts = [self._windows(full)] if full else []
        parts += [self._cached(part) for part in (new, running) if part]
        place_of = {slot: place for place, slot in enumerate([*full, *new, *running])}
        return torch.cat(parts)[[place_of[slot] for slot in slots]]

    def _is_full(self, slot: int) -> bool:
        config = self._model.config
        return self._cache is None or (not config.slides and len(self._tokens[slot]) > config.context)

    def _windows(self, slots: list[int]) -> Tensor:
        """Read the last `context` tokens of each."""
        windows = [self._tokens[slot][-self._model.config.context :] for slot in slots]
        return after(self._model, padded(windows), np.array([len(window) for window in windows]))

    def _cached(self, slots: list[int]) -> Tensor:
        """Read what the cache does not hold yet, at most `context` tokens at a time."""
        context, device = self._model.config.context, self._model.device
        outputs: dict[int, Tensor] = {}
        while slots:
            first = [self._read[slot] for slot in slots]
            pieces = [self._tokens[slot][start : start + context] for slot, start in zip(slots, first, strict=True)]
            lengths_B = np.array([len(piece) for piece in pieces])
            outputs_B1V = self._model(
                torch.from_numpy(padded(pieces)).to(device),
                cache=self._cache,
                slots=torch.tensor(slots, device=device),
                lengths=torch.from_numpy(lengths_B).to(device),
                last=True,
            )
            for slot, start, piece, output_V in zip(slots, first, pieces, outputs_B1V[:, 0], strict=True):
                self._read[slot] = start + len(piece)
                outputs[slot] = output_V
            slots = [slot for slot in slots if self._read[slot] < len(self._tokens[slot])]
        return torch.stack(list(outputs.values()))


def padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return rows of different lengths as one array, zeros behind the shorter ones.

    >>> padded([[1, 2], [3]]).tolist()
    [[1, 2], [3, 0]]
    """
    array = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for row, padded_T in zip(rows, array, strict=True):
        padded_T[: len(row)] = row
    return array
