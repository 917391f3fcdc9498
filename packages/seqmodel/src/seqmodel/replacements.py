"""Activations that hooks put in the place of others."""

# B rows, T tokens, H heads, S keys of a pass, W keys by position; "..." the axes of a place behind
# rows and tokens

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seqmodel.config import ModelConfig
from seqmodel.passes import Pass, shifted

Value = Tensor | float | Callable[[Tensor, Tensor], Tensor]
"""What takes an activation's place: values, or a function of it and of its tokens' positions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Replacement:
    """Put something else at a place, in every pass.

    Attributes:
        place: Its name.
        axes: Of the place.
        heads: Those chosen, or None for all.
        chosen: Positions, or None for all.
        value: A tensor of as many axes as the place, or a function.
        config: The model's.
    """

    place: str
    axes: str
    heads: tuple[int, ...] | None
    chosen: tuple[int, ...] | None
    value: Tensor | Callable[[Tensor, Tensor], Tensor]
    config: ModelConfig

    def meet(self, x: Tensor, positions_BT: Tensor, taken: Pass, first_keys_B: Tensor | None) -> Tensor:
        """Return the activation with the replacement where it is chosen."""
        chosen_BT = positions_BT >= 0
        if self.chosen is not None:
            chosen_BT = torch.isin(positions_BT, torch.tensor(self.chosen, device=x.device))
        if not chosen_BT.any():
            return x
        if first_keys_B is None:
            return self._mixed(x, self._found(x, positions_BT, chosen_BT, taken), chosen_BT)
        x_BTHS = x.transpose(1, 2)
        keys = x.shape[-1]
        x_BHTW = shifted(x_BTHS, -first_keys_B, int(first_keys_B.max()) + keys).transpose(1, 2)
        found_BTHW = self._found(x_BHTW, positions_BT, chosen_BT, taken).transpose(1, 2)
        if found_BTHW.shape[-1] > 1:
            found_BTHW = shifted(found_BTHW.expand(len(x), -1, -1, -1), first_keys_B, keys)
        seen_BT1S = self._seen(positions_BT, first_keys_B, keys)[:, :, None]
        return self._mixed(x_BTHS, found_BTHW.where(seen_BT1S, 0), chosen_BT).transpose(1, 2)

    def _mixed(self, x_BT: Tensor, found_BT: Tensor, chosen_BT: Tensor) -> Tensor:
        """Take what was found at the chosen tokens and heads; the rest keeps its bits."""
        chosen_BT = chosen_BT.view(*chosen_BT.shape, *[1] * (x_BT.ndim - 2))
        if self.heads is not None:
            chosen_H = torch.zeros(self.config.heads, dtype=torch.bool, device=x_BT.device)
            chosen_H[list(self.heads)] = True
            chosen_BT = chosen_BT & chosen_H[:, None]
        return torch.where(chosen_BT, found_BT, x_BT)

    def _found(self, x: Tensor, positions_BT: Tensor, chosen_BT: Tensor, taken: Pass) -> Tensor:
        """Return what is to stand in this pass, with all axes of the place."""
        if not isinstance(self.value, Tensor):
            return self._fitting(torch.as_tensor(self.value(x, positions_BT)), x).to(x)
        value, token_axis = self.value.to(x), self.axes.index("T")
        if value.shape[0] > 1:
            value = value[self._rows(taken, len(x), given=len(value)).to(x.device)]
        positions = value.shape[token_axis]
        if positions == 1:
            return value
        last = int(positions_BT.where(chosen_BT, -1).max())
        if last >= positions:
            raise ValueError(f"{self.place}: the value has positions 0..{positions - 1}, this pass asks for {last}")
        index_BT = positions_BT.clamp(0, positions - 1)
        value_BT = value.expand(len(x), *value.shape[1:]).transpose(1, token_axis)
        return value_BT[torch.arange(len(x), device=x.device)[:, None], index_BT].transpose(1, token_axis)

    def _rows(self, taken: Pass, batch: int, *, given: int) -> Tensor:
        """Return the value's row for each of the pass, where the value has several."""
        if taken.rows(batch) != given:
            raise ValueError(f"{self.place}: the value has {given} rows, the pass is one of {taken.rows(batch)}")
        return taken.rows_of(batch)

    def _fitting(self, answer: Tensor, x: Tensor) -> Tensor:
        answer = answer[(None,) * (x.ndim - answer.ndim)]
        if answer.ndim != x.ndim or any(a not in (1, b) for a, b in zip(answer.shape, x.shape, strict=True)):
            raise ValueError(
                f"{self.place}: the function returned shape {tuple(answer.shape)} for an activation of {tuple(x.shape)}"
            )
        return answer

    def _seen(self, positions_BT: Tensor, first_keys_B: Tensor, keys: int) -> Tensor:
        """Return which keys each token sees, (B, T, S)."""
        keys_B1S = (first_keys_B[:, None] + torch.arange(keys, device=first_keys_B.device))[:, None]
        if self.config.attention == "full":
            return keys_B1S <= positions_BT.amax(dim=1)[:, None, None]
        queries_BT1 = positions_BT[..., None]
        return (keys_B1S <= queries_BT1) & (keys_B1S > queries_BT1 - self.config.context)
