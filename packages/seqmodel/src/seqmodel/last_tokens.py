"""Where only what follows each row's last token is asked for."""

# B batch, T tokens, C d_model, N tokens of all rows

import torch
from torch import Tensor

from seqmodel.sight import Sight
from seqmodel.window import Window


class LastTokens(Window):
    """Stand for the last token of each row of another window.

    The last block needs keys and values of all tokens; with everything behind them, it goes on with
    these alone.
    """

    def __init__(self, sight: Sight, window: Window, lengths_B: Tensor | None, device: torch.device) -> None:
        self._window = window
        self._last_B = None if lengths_B is None else (lengths_B.to(device) - 1).clamp(min=0)
        self._rows_B = None if lengths_B is None else torch.arange(window.batch, device=device)
        super().__init__(sight, window.batch, 1, exact=window.exact, device=device, observer=None)

    def place(self, sight: Sight, device: torch.device) -> None:  # noqa: ARG002
        """See what the last tokens see; they stand where they stood."""
        self.keys = self._window.keys
        hidden_B1QS = self._window.hidden_B1QS
        if hidden_B1QS.shape[2] > 1:  # else all queries of a row see the same
            if self._last_B is not None:
                hidden_B1QS = hidden_B1QS.expand(self.batch, -1, -1, -1)
            hidden_B1QS = self.of(hidden_B1QS, dim=2)
        self.hidden_B1QS = hidden_B1QS

    def of(self, x: Tensor, *, dim: int) -> Tensor:
        """Return what belongs to the last tokens, given the axis of all; it stays, with size 1."""
        if self._last_B is None:
            return x.narrow(dim, self._window.steps - 1, 1)
        return x.movedim(dim, 1)[self._rows_B, self._last_B].unsqueeze(dim)

    def rows_of(self, x_NC: Tensor) -> Tensor:
        """Return the residual stream of the last tokens, given that of all."""
        x_BTC = self._window.real(x_NC).view(self.batch, self._window.steps, -1)
        return self.padded(self.of(x_BTC, dim=1).reshape(self.batch, -1))
