"""The keys and values of earlier tokens, kept in slots."""

# A keys and values, T tokens, N rows of a store, L layers,
# R slots ("rows" of the cache), H heads, S places of a slot, D head size,
# B rows of a batch

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from seqmodel.config import ModelConfig, places_of


class KVCache:
    """Hold one window of keys and values for each of a fixed number of slots.

    A slot belongs to one sequence from `allocate` to `free`; sequences of different lengths share
    a batch without visible padding, and a freed slot serves another while its neighbours go on.
    Memory is taken once: `2 * layers * slots * heads * places * head_size` numbers of the weights'
    type, and one place a layer.

    With learned or tuple positions a slot has `context` places, and a window that is full takes no
    more: `clear` its slot and run the last `context` tokens again, since each has moved to another
    position. With rotary positions a slot has `2 * context` places and takes tokens for ever: when
    it is full, it forgets what no later token sees.

    Attributes:
        slots: How many there are.
        slides: Whether a full slot takes more.
        layers: Keys and values of each layer, (2, slots, heads, places, head_size).
        pairs: The same apart, (slots, heads, places, head_size) each.
        context: How many tokens a new one sees, itself among them.
        places: How many tokens a slot holds.
        lengths: int64 (slots,), how many tokens each slot has been given.
        starts: int64 (slots,), how many of these it has forgotten.

    Raises:
        ValueError: `slots` is less than 1, or the configuration's attention sees the future.

    >>> cache = KVCache(ModelConfig(), slots=4)
    >>> cache.allocate(3)
    [0, 1, 2]
    >>> cache.free([1])
    >>> cache.allocate(2)
    [1, 3]
    """

    def __init__(
        self,
        config: ModelConfig,
        slots: int,
        *,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if slots < 1:
            raise ValueError(f"slots must be at least 1, got {slots}")
        if config.attention == "full":
            raise ValueError("attention 'full' lets a new term change all earlier keys and values: nothing to cache")
        self.slots = slots
        self.slides = config.slides
        self.context = config.context
        self.places = places_of(config)
        heads, size = config.heads, config.head_size
        rows = 2 * slots * heads * self.places
        with torch.inference_mode(mode=False):  # what is made in that mode can't be written outside it
            # One row more: where padding is written to.
            self._store_LND = torch.zeros(config.layers, rows + 1, size, device=device, dtype=dtype)
        shape = (config.layers, 2, slots, heads, self.places, size)
        self.store_LARHSD = self._store_LND[:, :rows].view(shape)
        self.layers = list(self.store_LARHSD)
        self.pairs = [(keys, values) for keys, values in self.layers]
        self.lengths = np.zeros(slots, dtype=np.int64)
        self.starts = np.zeros(slots, dtype=np.int64)
        self._free = list(range(slots))

    def allocate(self, count: int) -> list[int]:
        """Take `count` empty slots, the lowest free ones.

        Raises:
            ValueError: Fewer are free.
        """
        if not 0 <= count <= len(self._free):
            raise ValueError(f"{count} slots asked for, {len(self._free)} of {self.slots} are free")
        taken = self._free[:count]
        del self._free[:count]
        return taken

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
        self._free = sorted([*self._free, *slots])

    def clear(self, slots: Iterable[int]) -> None:
        """Empty these slots and keep them allocated."""
        index = list(slots)
        self.lengths[index] = 0
        self.starts[index] = 0
        # Attention gives what lies past a length the weight 0, and 0 times an infinity is no
        # zero: nothing of a sequence may stay.
        self.store_LARHSD[:, :, index] = 0

    def make_room(self, slots: slice | NDArray[np.int64], new_B: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Let slots that slide forget what their new tokens will not see, where room is short.

        Returns:
            int64 (B,), the place of each slot's first new token.

        Raises:
            ValueError: The tokens do not fit in, and the positions are absolute.
        """
        first_B = self.lengths if isinstance(slots, slice) else self.lengths[slots]
        if not self.slides and isinstance(new_B, int) and are_alike(first_B) and first_B[0] + new_B <= self.places:
            return first_B  # at once: a NumPy operation or two cost a step of a small model much
        if self.slides:
            first_B = first_B - self.starts[slots]
        if (first_B + new_B).max() <= self.places:
            return first_B
        if not self.slides:
            raise ValueError(
                f"a window holds {self.context} tokens: clear the slot and run the last {self.context} again"
            )
        kept = self.context
        for slot in np.arange(self.slots)[slots][first_B + new_B > self.places].tolist():
            held = int(self.lengths[slot] - self.starts[slot])
            store_LAHSD = self.store_LARHSD[:, :, slot]
            store_LAHSD[..., :kept, :] = store_LAHSD[..., held - kept : held, :].clone()
            store_LAHSD[..., kept:, :] = 0
            self.starts[slot] += held - kept
        return self.lengths[slots] - self.starts[slots]

    def rows(
        self, slots_B: NDArray[np.int64], places_BT: NDArray[np.int64], new_B: int | NDArray[np.int64]
    ) -> torch.Tensor:
        """Return where in a layer's store the key and value of every head of every token go.

        Args:
            slots_B: The slot of each row of the batch.
            places_BT: The place in it of each token.
            new_B: How many tokens of each row count; the others are padding, and go to the row
                that nobody reads.

        Returns:
            int64 (2 * B * heads * T,), in the order of keys and values (2, B, heads, T).
        """
        heads = self.store_LARHSD.shape[3]
        pairs_AH = np.arange(2)[:, None] * self.slots * heads + np.arange(heads)
        first_B = slots_B * (heads * self.places)
        rows_ABHT = pairs_AH[:, None, :, None] * self.places + (first_B[:, None] + places_BT)[:, None]
        if not isinstance(new_B, int):
            padding_BT = np.arange(places_BT.shape[1]) >= new_B[:, None]
            rows_ABHT[np.broadcast_to(padding_BT[:, None], rows_ABHT.shape)] = self._store_LND.shape[1] - 1
        return torch.from_numpy(rows_ABHT.ravel())

    def write(self, layer: int, rows_N: torch.Tensor, kv_ABHTD: torch.Tensor) -> None:
        """Keep keys and values of a layer where `rows` says."""
        store_ND = self._store_LND[layer]
        store_ND.index_copy_(0, rows_N, kv_ABHTD.reshape(len(rows_N), -1).to(store_ND.dtype))


def are_alike(numbers_B: NDArray[np.int64]) -> bool:
    """Return whether all of these, one or more, are the same number.

    >>> are_alike(np.array([7, 7])), are_alike(np.array([7, 8]))
    (True, False)
    """
    numbers = numbers_B.tolist()
    return bool(numbers.count(numbers[0]) == len(numbers))
