"""Where the tokens of one forward pass stand, and what they see."""

# B batch, T new tokens, N all of them (B * T, padded), Q queries (T, padded), S keys, H heads,
# D head size, E half of it, A keys and values

from collections.abc import Callable

import torch
from torch import Tensor

from seqmodel.padding import pad_rows, padded_length
from seqmodel.parts import MANY, ONE_DNN, Affine, affine, affine_of_few, affine_of_many, affine_to_learn
from seqmodel.sight import Sight

Observer = Callable[[str, Tensor, Tensor], Tensor | None]
"""Called with a place's name, its activation and the tokens' positions, int64 (B or 1, T); what it
returns, unless None, takes the activation's place."""


class Window:
    """Place tokens at the beginning of a window: there is no cache.

    In the exact mode all matrix products have a multiple of 16 rows and attention runs over all
    places that a cache would hold: the same sums in the same order, whatever part of the window
    is new and whoever shares the batch.

    Attributes:
        bare: Whether nothing but logits is wanted of tokens that see what is before them: no padding,
            no observer, no cache.
        places: An index into a table of positions that gives (T, C) or (B, T, C).
        tokens: B * T.
        rows: How many rows the residual stream has: these, padded in the exact mode.
        affine: How they are mapped, and activated.
        queries: Q.
        keys: S.
        positions_BT: int64, the position of each token; B may be 1. Not there where nobody asks.
        turns_2BTE: Cosines and sines of rotary positions, if there are any; B may be 1.
        hidden_B1QS: 0 for each key that a query sees, else minus infinity; B may be 1.
    """

    places: slice | Tensor
    positions_BT: Tensor
    turns_2BTE: Tensor
    hidden_B1QS: Tensor

    def __init__(
        self, sight: Sight, batch: int, steps: int, *, exact: bool, device: torch.device, observer: Observer | None
    ) -> None:
        self.batch = batch
        self.steps = steps
        self.exact = exact
        self.observer = observer
        self.bare = not exact and observer is None
        self.tokens = batch * steps
        self.rows = padded_length(self.tokens) if exact else self.tokens
        self.affine: Affine = affine
        if not exact:
            self.affine = _free_affine(self.tokens, device)
        self.queries = padded_length(steps) if exact else steps
        self.keys = max(steps, sight.places) if exact else steps
        self.place(sight, device)

    def place(self, sight: Sight, device: torch.device) -> None:
        """Find positions, and what is seen from them."""
        self.places = slice(0, self.steps)
        if self.observer is not None:
            self.positions_BT = torch.arange(self.steps, device=device)[None]
        if sight.slides:
            self.turns_2BTE = sight.turns(self.steps)
        self.hidden_B1QS = sight.hidden(0, self.queries, self.keys)

    def see_all(self, lengths_B: Tensor | None, like: Tensor) -> None:
        """Let every query see all tokens of its row, the future too; device and type are those of a weight."""
        self.bare = False
        keys_S = torch.arange(self.keys, device=like.device)
        ends_B = torch.tensor([self.steps], device=like.device) if lengths_B is None else lengths_B
        unseen_B11S = keys_S >= ends_B[:, None, None, None]
        self.hidden_B1QS = like.new_zeros(unseen_B11S.shape).masked_fill(unseen_B11S, -torch.inf)

    def padded(self, x_NC: Tensor) -> Tensor:
        """Append rows of padding."""
        return x_NC if self.rows == self.tokens else pad_rows(x_NC, self.rows)

    def real(self, x_NC: Tensor) -> Tensor:
        """Remove the rows of padding."""
        return x_NC if self.rows == self.tokens else x_NC[: self.tokens]

    def extend(self, layer: int, kv_ABHTD: Tensor, keys: int) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Return so many keys and values, among them all that may be seen: k_BHSD and v_BHSD."""
        k_BHSD, v_BHSD = pad_rows(kv_ABHTD, keys).unbind()
        return k_BHSD, v_BHSD

    def seen_from_last(self, sight: Sight) -> Tensor:  # noqa: ARG002
        """Return what each row's last token sees, (B or 1, 1, 1, S) of as many keys as is best for it alone."""
        hidden_B1QS = self.hidden_B1QS
        return hidden_B1QS if hidden_B1QS.shape[2] == 1 else hidden_B1QS.narrow(2, self.steps - 1, 1)

    def of(self, x: Tensor, *, dim: int) -> Tensor:  # noqa: ARG002
        """Return what belongs to the tokens that stand here, given the axis of all in the pass."""
        return x

    def rows_of(self, x_NC: Tensor) -> Tensor:
        """Return their residual stream, given that of all in the pass."""
        return x_NC

    def show(self, name: str, x: Tensor) -> Tensor:
        """Show the observer an activation with batch and tokens in front; return what it wants there."""
        answer = self.observer(name, x, self.positions_BT) if self.observer else None
        if answer is None:
            return x
        if answer.shape != x.shape:
            raise ValueError(f"{name} has shape {tuple(x.shape)}, its replacement {tuple(answer.shape)}")
        return answer

    def show_rows(self, name: str, x_NC: Tensor) -> Tensor:
        """Show the observer an activation that is in rows."""
        x_BTC = self.real(x_NC).view(self.batch, self.steps, -1)
        return self.padded(self.show(name, x_BTC).reshape(self.tokens, -1))

    def close(self) -> None:
        """Finish the pass, once every layer has run."""


def _free_affine(tokens: int, device: torch.device) -> Affine:
    """Return how so many tokens are mapped where the order of sums is free."""
    if torch.is_grad_enabled():
        return affine_to_learn if device.type == "cpu" else affine_of_few
    # torch does not cast for operators of oneDNN.
    many = tokens >= MANY and ONE_DNN and device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    return affine_of_many if many else affine_of_few
