"""Where the tokens of one forward pass stand, and what they see."""

# B batch, T new tokens, Q queries (T padded), S context, H heads, D head size,
# N tokens to keep, R slots of the cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from seqmodel.cache import KVCache
from seqmodel.padding import pad_rows, padded_length


class Window:
    """Place new tokens behind the cached ones, or at the beginning where there is no cache.

    Attention always runs over `context` keys, with and without a cache: the same sums in the same
    order, whatever part of the window is new.

    Attributes:
        positions_BT: Position of each new token; without a cache B is 1.
        queries: T, padded for the matrix products.
        hidden_B1SQ: True for each key that a query may not see.
    """

    def __init__(
        self,
        tokens_BT: Tensor,
        context: int,
        *,
        cache: KVCache | None = None,
        slots_B: Tensor | None = None,
        lengths_B: Tensor | None = None,
    ) -> None:
        batch, steps = tokens_BT.shape
        self._context = context
        self._placement = None
        positions_BT = torch.arange(steps, device=tokens_BT.device)[None]
        if cache is not None:
            self._placement = Placement(cache, batch, steps, slots_B, lengths_B)
            positions_BT = self._placement.start_B[:, None] + positions_BT
        self.positions_BT = positions_BT.clamp(max=context - 1)  # padding may reach further
        self.queries = padded_length(steps)
        queries_BQ = pad(self.positions_BT, (0, self.queries - steps))
        keys_S1 = torch.arange(context, device=tokens_BT.device)[:, None]
        self.hidden_B1SQ = keys_S1 > queries_BQ[:, None, None, :]

    def extend(self, layer: int, k_BHTD: Tensor, v_BHTD: Tensor) -> tuple[Tensor, Tensor]:
        """Return all keys and values of the window, k_BHSD and v_BHSD, keeping the new ones."""
        if self._placement is None:
            return pad_rows(k_BHTD, self._context), pad_rows(v_BHTD, self._context)
        return self._placement.extend(layer, k_BHTD, v_BHTD)

    def close(self) -> None:
        """Count the new tokens as cached, once every layer has kept them."""
        if self._placement is not None:
            self._placement.close()


class Placement:
    """Where in a cache the new tokens of each row of a batch go."""

    def __init__(
        self,
        cache: KVCache,
        batch: int,
        steps: int,
        slots_B: Tensor | None,
        lengths_B: Tensor | None,
    ) -> None:
        device = cache.lengths.device
        self._cache = cache
        self._everywhere = slots_B is None
        self._slots_B = torch.arange(cache.slots, device=device) if slots_B is None else slots_B
        if len(self._slots_B) != batch:
            raise ValueError(f"{batch} rows of tokens for {len(self._slots_B)} slots")
        self._new_B = torch.full((batch,), steps, device=device) if lengths_B is None else lengths_B
        if len(self._new_B) != batch or not ((self._new_B >= 0) & (self._new_B <= steps)).all():
            raise ValueError(f"lengths must be {batch} numbers in 0..{steps}, got {self._new_B.tolist()}")
        self.start_B = cache.lengths[self._slots_B]
        if (self.start_B + self._new_B).max() > cache.context:
            raise ValueError(
                f"a window holds {cache.context} tokens: clear the slot and run the last {cache.context} again"
            )
        kept_BT = torch.arange(steps, device=device) < self._new_B[:, None]
        self._rows_N, self._steps_N = kept_BT.nonzero(as_tuple=True)
        self._slots_N = self._slots_B[self._rows_N]
        self._positions_N = self.start_B[self._rows_N] + self._steps_N

    def extend(self, layer: int, k_BHTD: Tensor, v_BHTD: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new keys and values into the cache; return those of the whole window."""
        return (
            self._write(self._cache.keys_LRHSD[layer], k_BHTD),
            self._write(self._cache.values_LRHSD[layer], v_BHTD),
        )

    def _write(self, store_RHSD: Tensor, new_BHTD: Tensor) -> Tensor:
        new_NHD = new_BHTD.detach()[self._rows_N, :, self._steps_N].to(store_RHSD.dtype)
        store_RHSD[self._slots_N, :, self._positions_N] = new_NHD
        return store_RHSD if self._everywhere else store_RHSD[self._slots_B]

    def close(self) -> None:
        """Add the new tokens to the lengths of their slots."""
        self._cache.lengths[self._slots_B] = self.start_B + self._new_B
