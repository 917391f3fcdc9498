"""Where only what follows each row's last tokens is asked for."""

# B batch, T tokens, K of them asked for, C d_model, N tokens of all rows

import torch
from torch import Tensor

from seqmodel.padding import pad_rows
from seqmodel.sight import Sight
from seqmodel.window import Window


class LastTokens(Window):
    """Stand for the last tokens of each row of another window.

    The last block needs keys and values of all tokens; with everything behind them, it goes on with
    these alone.

    Args:
        count: How many of each row's tokens, K.
    """

    def __init__(
        self, sight: Sight, window: Window, count: int, lengths_B: Tensor | None, device: torch.device
    ) -> None:
        self._window = window
        self._count = count
        self._places_BK = None
        if lengths_B is not None:
            before_K = torch.arange(-count, 0, device=device)
            self._places_BK = (lengths_B.to(device)[:, None] + before_K).clamp(min=0)
            self._rows_B1 = torch.arange(window.batch, device=device)[:, None]
        super().__init__(sight, window.batch, count, exact=window.exact, device=device, observer=None)
        self.bare = window.bare and lengths_B is None

    def place(self, sight: Sight, device: torch.device) -> None:  # noqa: ARG002
        """See what the last tokens see; they stand where they stood."""
        hidden_B1QS = self._window.hidden_B1QS
        if self._count == 1 and self._places_BK is None:
            hidden_B1QS = self._window.seen_from_last(sight)
        elif hidden_B1QS.shape[2] > 1:  # else all queries of a row see the same
            if self._places_BK is not None:
                hidden_B1QS = hidden_B1QS.expand(self.batch, -1, -1, -1)
            hidden_B1QS = self.of(hidden_B1QS, dim=2)
            if self._count > 1:  # what a padded query sees is no matter
                hidden_B1QS = pad_rows(hidden_B1QS, self.queries)
        self.hidden_B1QS = hidden_B1QS
        self.keys = hidden_B1QS.shape[-1]

    def of(self, x: Tensor, *, dim: int) -> Tensor:
        """Return what belongs to the last tokens, given the axis of all; it stays, with size K."""
        if self._places_BK is None:
            return x.narrow(dim, self._window.steps - self._count, self._count)
        return x.movedim(dim, 1)[self._rows_B1, self._places_BK].movedim(1, dim)

    def rows_of(self, x_NC: Tensor) -> Tensor:
        """Return the residual stream of the last tokens, given that of all."""
        x_BTC = self._window.real(x_NC).view(self.batch, self._window.steps, -1)
        return self.padded(self.of(x_BTC, dim=1).reshape(self.batch * self._count, -1))
