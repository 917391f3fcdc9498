"""Activations that hooks have read, pass by pass and joined."""

# B rows of a pass, T its tokens, N tokens of all rows, H heads, S keys of a pass, W keys by
# position, R rows of a reading, P its positions; "..." the axes of a place behind rows and tokens

from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqmodel.passes import Pass, shifted


@dataclass(frozen=True, kw_only=True, eq=False)
class Passage:
    """Hold what one pass had at a place.

    Attributes:
        activation: As the pass had it, but for positions and heads that were not chosen.
        positions_BT: int64, the position of each token; -1 where it is padding or not chosen.
        rows: How many rows there are: the cache's slots, without a cache those of the pass.
        rows_B: int64, which of them these are.
        first_keys_B: int64, the position of a pattern's first key; None elsewhere.
    """

    activation: Tensor
    positions_BT: Tensor
    rows: int
    rows_B: Tensor
    first_keys_B: Tensor | None

    def by_position(self, keys: int) -> Tensor:
        """Return the activation with rows and tokens in front, a pattern's columns by position."""
        if self.first_keys_B is None:
            return self.activation
        return shifted(self.activation.transpose(1, 2), -self.first_keys_B, keys)


@dataclass(kw_only=True, eq=False)
class Reading:
    """Keep what a place holds, in every pass.

    Attributes:
        name: What it is asked for by.
        axes: Of the place.
        heads: Those chosen, or None for all.
        chosen: Positions, or None for all.
        passages: What was read.
        end: One more than the last position of any pass, chosen or not.
    """

    name: str
    axes: str
    heads: tuple[int, ...] | None
    chosen: tuple[int, ...] | None
    passages: list[Passage] = field(default_factory=list)
    end: int = 0

    def meet(self, x: Tensor, positions_BT: Tensor, taken: Pass, first_keys_B: Tensor | None) -> Tensor:
        """Keep what is chosen, and leave the activation as it is."""
        self.end = max(self.end, int(positions_BT.max()) + 1)
        kept = x
        if self.chosen is not None:
            found_BT = torch.isin(positions_BT, torch.tensor(self.chosen, device=x.device))
            columns_T = found_BT.any(dim=0)
            kept = kept.index_select(self.axes.index("T"), columns_T.nonzero()[:, 0])
            positions_BT = positions_BT.where(found_BT, -1)[:, columns_T]
        if self.heads is not None:
            kept = kept.index_select(self.axes.index("H"), torch.tensor(self.heads, device=x.device))
        if positions_BT.numel():
            self.passages.append(
                Passage(
                    activation=kept,
                    positions_BT=positions_BT,
                    rows=taken.rows(len(x)),
                    rows_B=taken.rows_of(len(x)).to(x.device),
                    first_keys_B=first_keys_B,
                )
            )
        return x

    def forget(self) -> None:
        """Drop what was kept."""
        self.passages.clear()
        self.end = 0

    def positions(self) -> tuple[int, ...]:
        """Return the positions of a joined reading: those chosen, or else those held."""
        return tuple(sorted(self._held())) if self.chosen is None else self.chosen

    def joined(self, *, causal: bool) -> Tensor:
        """Return the axes of the place, rows and positions being those of all passes.

        Raises:
            ValueError: A position is missing, or passes held different rows.
        """
        held, positions = self._held(), self.positions()
        if not held:
            raise ValueError(f"{self.name!r}: no pass has held any of its positions yet")
        for position in positions:
            if position not in held:
                raise ValueError(f"{self.name!r}: no pass has held position {position}")
        joined_RP = self._joined(positions, keys=max(positions) + 1 if causal else self.end)
        return joined_RP.transpose(1, 2) if self.axes == "BHTS" else joined_RP

    def _joined(self, positions: tuple[int, ...], *, keys: int) -> Tensor:
        column_of = {position: column for column, position in enumerate(positions)}
        parts = [passage.by_position(keys) for passage in self.passages]
        joined_RP = parts[0].new_full((self._rows(), len(positions), *parts[0].shape[2:]), torch.nan)
        for passage, part_BT in zip(self.passages, parts, strict=True):
            row_N, step_N = (passage.positions_BT >= 0).nonzero(as_tuple=True)
            columns = [column_of[position] for position in passage.positions_BT[row_N, step_N].tolist()]
            columns_N = torch.tensor(columns, device=part_BT.device)
            joined_RP[passage.rows_B[row_N], columns_N] = part_BT[row_N, step_N]
        return joined_RP

    def _held(self) -> set[int]:
        held: set[int] = set()
        return held.union(*(passage.positions_BT.flatten().tolist() for passage in self.passages)) - {-1}

    def _rows(self) -> int:
        rows = {passage.rows for passage in self.passages}
        if len(rows) > 1:
            raise ValueError(
                f"{self.name!r} was read in passes of {' and '.join(map(str, sorted(rows)))} rows, and which are the "
                f"same is not known: take hooks.passes({self.name!r}), or call hooks.forget() between them"
            )
        return rows.pop()
