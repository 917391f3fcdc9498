"""Where new tokens stand behind those that a cache holds."""

# B batch, T new tokens, N rows of the store, S keys, H heads, D head size, A keys and values

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqmodel.cache import KVCache, are_alike
from seqmodel.padding import padded_length
from seqmodel.rotary import rotation
from seqmodel.sight import Sight
from seqmodel.window import Observer, Window


class CachedWindow(Window):
    """Place the new tokens of each row behind those its slot holds.

    Which token goes where is counted on the host, in NumPy: a step waits for no device.
    """

    def __init__(
        self,
        sight: Sight,
        batch: int,
        steps: int,
        *,
        exact: bool,
        device: torch.device,
        observer: Observer | None,
        cache: KVCache,
        slots_B: Tensor | None,
        lengths_B: Tensor | None,
    ) -> None:
        self._cache = cache
        self._slots_B = slots_B
        self._slots: slice | NDArray[np.int64] = slice(None) if slots_B is None else slots_B.cpu().numpy()
        self._new: int | NDArray[np.int64] = steps if lengths_B is None else lengths_B.cpu().numpy()
        rows = cache.slots if slots_B is None else len(slots_B)
        if rows != batch:
            raise ValueError(f"{batch} rows of tokens for {rows} slots")
        if slots_B is not None:
            _require_slots(slots_B.tolist(), cache.slots)
        if not isinstance(self._new, int) and (
            len(self._new) != batch or self._new.min() < 0 or self._new.max() > steps
        ):
            raise ValueError(f"lengths must be {batch} numbers in 0..{steps}, got {self._new.tolist()}")
        super().__init__(sight, batch, steps, exact=exact, device=device, observer=observer)
        self.bare = False

    def place(self, sight: Sight, device: torch.device) -> None:
        """Find positions, and what is seen from them."""
        cache = self._cache
        first_B = cache.make_room(self._slots, self._new)
        positions_B = cache.lengths[self._slots] if cache.slides else first_B
        first = int(first_B[0])
        # One place for all rows, and for their positions where these go on for ever.
        self._alike = isinstance(self._new, int) and are_alike(first_B) and (not cache.slides or are_alike(positions_B))
        if self._alike:
            self._place_alike(sight, first, int(positions_B[0]), device)
        else:
            self._place_each(sight, first_B, positions_B, device)
        if cache.slides:
            turns_2BTE = rotation(self.positions_BT.cpu().numpy(), 2 * sight.turns_2SE.shape[-1])
            self.turns_2BTE = turns_2BTE.to(sight.turns_2SE)
        self._rows_N = None
        if not self._alike or self._slots_B is not None:
            slots_B = np.arange(cache.slots) if isinstance(self._slots, slice) else self._slots
            rows_N = cache.rows(slots_B, first_B[:, None] + np.arange(self.steps), self._new)
            self._rows_N = rows_N.to(device)

    def _place_alike(self, sight: Sight, first: int, position: int, device: torch.device) -> None:
        """Place rows that all stand at the same place: one slice serves all."""
        after = first + self.steps
        # For single queries products of whole stores are faster than of their beginnings.
        places = self._cache.places
        self.keys = places if self.exact or self.steps == 1 else min(padded_length(after), places)
        self.places = slice(first, after)
        self._first = first
        if self._cache.slides or self.observer is not None:
            self.positions_BT = torch.arange(position, position + self.steps, device=device)[None]
        if self.queries == 1:
            self.hidden_B1QS = sight.seen(first)
        else:
            self.hidden_B1QS = sight.hidden(first, self.queries, self.keys)

    def _place_each(
        self, sight: Sight, first_B: NDArray[np.int64], positions_B: NDArray[np.int64], device: torch.device
    ) -> None:
        """Place rows that stand at places of their own, or have padding behind them."""
        self.keys = self._cache.places
        self.positions_BT = torch.from_numpy(positions_B[:, None] + np.arange(self.steps)).to(device)
        self.places = self.positions_BT.clamp(max=self._cache.context - 1)  # padding may reach further
        seen_from_BQ = np.minimum(first_B[:, None] + np.arange(self.queries), sight.places - 1)
        self.hidden_B1QS = sight.hidden_PS[torch.from_numpy(seen_from_BQ).to(device)][:, None, :, : self.keys]

    def seen_from_last(self, sight: Sight) -> Tensor:
        """Return what each row's last token sees; alone, it looks through whole stores: see `_place_alike`."""
        return sight.seen(self._first + self.steps - 1) if self._alike else super().seen_from_last(sight)

    def extend(self, layer: int, kv_ABHTD: Tensor, keys: int) -> tuple[Tensor, Tensor]:
        """Keep the new keys and values; return so many from the beginning, k_BHSD and v_BHSD."""
        store_ARHSD = self._cache.layers[layer]
        if kv_ABHTD.requires_grad:
            kv_ABHTD = kv_ABHTD.detach()
        if self._rows_N is None:
            store_ARHSD.narrow(3, self._first, self.steps).copy_(kv_ABHTD)
            if keys == self._cache.places:
                return self._cache.pairs[layer]
        else:
            self._cache.write(layer, self._rows_N, kv_ABHTD)
            if self._slots_B is not None:
                store_ARHSD = store_ARHSD[:, self._slots_B]
        k_BHSD, v_BHSD = store_ARHSD.narrow(3, 0, keys).unbind()
        return k_BHSD, v_BHSD

    def close(self) -> None:
        """Count the new tokens as cached, once every layer has kept them."""
        if self._rows_N is None and not self._cache.slides:
            self._cache.lengths.fill(self._first + self.steps)
        else:
            self._cache.lengths[self._slots] += self._new


def _require_slots(slots: list[int], count: int) -> None:
    if len(set(slots)) < len(slots) or not 0 <= min(slots, default=0) <= max(slots, default=0) < count:
        raise ValueError(f"slots must be different ones of 0..{count - 1}, got {slots}")
