"""What hooks must know of a forward pass besides what stands in it."""

# B rows, T tokens, H heads, S keys of a pass, W keys asked for

from dataclasses import dataclass

import torch
from torch import Tensor

from seqmodel.cache import KVCache


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """Say which rows and tokens a pass is made of, and where its keys stand.

    Attributes:
        cache: That of the pass.
        slots_B: The cache's slot of each row; None: the rows in order.
        lengths_B: How many of each row's tokens count; None: all.
        told: Whether the above is known. Called as a plain observer, hooks are told nothing.
    """

    cache: KVCache | None = None
    slots_B: Tensor | None = None
    lengths_B: Tensor | None = None
    told: bool = True

    def rows(self, batch: int) -> int:
        """Return how many rows there are, in this pass or not: the cache's slots, if it has one."""
        return batch if self.cache is None else self.cache.slots

    def rows_of(self, batch: int) -> Tensor:
        """Return which of them are in this pass, int64 (B,)."""
        return torch.arange(batch) if self.slots_B is None else self.slots_B.cpu()

    def places(self, positions_BT: Tensor, batch: int) -> Tensor:
        """Return the position of every token, int64 (B, T); -1 of one that is padding."""
        places_BT = positions_BT.expand(batch, -1)
        if self.lengths_B is None:
            return places_BT
        steps_T = torch.arange(places_BT.shape[1], device=places_BT.device)
        return places_BT.where(steps_T < self.lengths_B.to(places_BT.device)[:, None], -1)

    def first_keys(self, positions_BT: Tensor, batch: int, keys: int) -> Tensor:
        """Return the position of the first key that the pass holds for each row, int64 (B,).

        Raises:
            ValueError: It is not known: the cache may have forgotten what came first.
        """
        if self.cache is not None:
            return torch.from_numpy(self.cache.starts)[self.rows_of(batch)].to(positions_BT.device)
        # A cache that has forgotten something has been given more tokens than it holds.
        if not self.told and int(positions_BT.max()) >= keys:
            raise ValueError(
                "which keys this pattern weighs is not known, since the cache may have forgotten some: "
                "call Observed(model, hooks) instead of giving the hooks as observer"
            )
        return positions_BT.new_zeros(batch)


def shifted(x_BTHS: Tensor, by_B: Tensor, width: int) -> Tensor:
    """Return each row's columns by_B[row], by_B[row] + 1, ..., `width` of them; 0 where there is none.

    >>> shifted(torch.tensor([[[[1, 2, 3]]]]), torch.tensor([-1]), 5).tolist()
    [[[[0, 1, 2, 3, 0]]]]
    """
    keys = x_BTHS.shape[-1]
    if keys == width and not by_B.any():
        return x_BTHS
    from_BW = by_B[:, None] + torch.arange(width, device=x_BTHS.device)
    index_BTHW = from_BW.clamp(0, keys - 1)[:, None, None].expand(*x_BTHS.shape[:-1], width)
    here_B11W = ((from_BW >= 0) & (from_BW < keys))[:, None, None]
    return x_BTHS.gather(-1, index_BTHW).where(here_B11W, 0)
