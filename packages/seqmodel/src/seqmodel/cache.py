"""The keys and values of earlier tokens, kept in slots."""

# B batch, T new tokens, S context, H heads, D head size, L layers, R slots ("rows" of the cache)

import heapq
from collections.abc import Iterable

import torch

from seqmodel.config import ModelConfig


class KVCache:
    """Hold one window of keys and values for each of a fixed number of slots.

    A slot belongs to one sequence from `allocate` to `free`; sequences of different lengths share
    a batch without visible padding, and a freed slot serves another while its neighbours go on.
    Memory: `2 * layers * slots * heads * context * head_size` float32 numbers, taken once.

    A window that is full takes no more: `clear` its slot and run the last `context` tokens again,
    since each of them has moved to another position.

    Attributes:
        lengths: int64 (slots,), how many tokens each slot holds.

    >>> cache = KVCache(ModelConfig(), slots=4)
    >>> cache.allocate(3)
    [0, 1, 2]
    >>> cache.free([1])
    >>> cache.allocate(2)
    [1, 3]
    """

    def __init__(self, config: ModelConfig, slots: int, *, device: torch.device | None = None) -> None:
        if slots < 1:
            raise ValueError(f"slots must be at least 1, got {slots}")
        shape = (config.layers, slots, config.heads, config.context, config.head_size)
        self.slots = slots
        self.context = config.context
        self.keys_LRHSD = torch.zeros(shape, device=device)
        self.values_LRHSD = torch.zeros(shape, device=device)
        self.lengths = torch.zeros(slots, device=device, dtype=torch.int64)
        self._free = list(range(slots))

    def allocate(self, count: int) -> list[int]:
        """Take `count` empty slots, the lowest free ones.

        Raises:
            ValueError: Fewer are free.
        """
        if not 0 <= count <= len(self._free):
            raise ValueError(f"{count} slots asked for, {len(self._free)} of {self.slots} are free")
        return [heapq.heappop(self._free) for _ in range(count)]

    def free(self, slots: Iterable[int]) -> None:
        """Empty these slots and give them back.

        Raises:
            ValueError: A slot is not allocated.
        """
        slots = sorted(set(slots))
        for slot in slots:
            if not 0 <= slot < self.slots or slot in self._free:
                raise ValueError(f"slot {slot} is not allocated")
        self.clear(slots)
        for slot in slots:
            heapq.heappush(self._free, slot)

    def clear(self, slots: Iterable[int]) -> None:
        """Empty these slots and keep them allocated."""
        index = torch.tensor(list(slots), dtype=torch.int64, device=self.lengths.device)
        self.lengths[index] = 0
        # Attention gives what lies past a length the weight 0, and 0 times an infinity is no
        # zero: nothing of a sequence may stay.
        self.keys_LRHSD[:, index] = 0
        self.values_LRHSD[:, index] = 0
