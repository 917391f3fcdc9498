"""What each place of a window sees, and how rotary positions turn there: fixed tables."""

# P places of queries, S places of keys, T tokens, Q queries (T padded), E half a head

import numpy as np
import torch
from torch import Tensor, nn

from seqmodel.config import ModelConfig, places_of
from seqmodel.padding import ROW_MULTIPLE
from seqmodel.rotary import rotation


class Sight(nn.Module):
    """Hold the tables of a causal window; nothing in here is learned or saved.

    Attributes:
        slides: Whether positions are rotary, so that there is something to turn.
        places: How many tokens a slot of a cache holds: `context`, or twice that where positions
            are rotary and old tokens are forgotten while new ones come.
    """

    hidden_PS: Tensor
    turns_2SE: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.places = places_of(config)
        self.slides = config.slides
        self._context = config.context
        self._head_size = config.head_size if config.slides else 2
        self._rows: list[Tensor] = []
        self._rows_of: Tensor | None = None
        self.register_buffer("hidden_PS", hidden_keys(self.places, config.context), persistent=False)
        self.register_buffer("turns_2SE", self._turns(self.places), persistent=False)

    def hidden(self, first: int, queries: int, keys: int) -> Tensor:
        """Return 0 for each key that a query sees, else minus infinity: (1, 1, queries, keys)."""
        table_PS: Tensor = self._buffers["hidden_PS"]  # type: ignore[assignment]
        if first + queries > len(table_PS) or keys > self.places:
            table_PS = hidden_keys(max(first + queries, keys), self._context).to(table_PS)
        return table_PS[None, None, first : first + queries, :keys]

    def seen(self, place: int) -> Tensor:
        """Return what a single query sees from a place: (1, 1, 1, places)."""
        table_PS = self._buffers["hidden_PS"]
        if self._rows_of is not table_PS and table_PS is not None:  # moved to another device, or type
            self._rows, self._rows_of = list(table_PS[: self.places, None, None, None]), table_PS
        return self._rows[place]

    def turns(self, steps: int) -> Tensor:
        """Return cosines and sines of the first positions: (2, 1, T, E)."""
        table_2SE = self.turns_2SE
        if steps > self.places:
            table_2SE = self._turns(steps).to(table_2SE)
        return table_2SE[:, None, :steps]

    def _turns(self, steps: int) -> Tensor:
        return rotation(np.arange(steps)[None], self._head_size)[:, 0]


def hidden_keys(places: int, context: int) -> Tensor:
    """Return 0 for each key that is seen from a place, else minus infinity: (places and some more, places)."""
    # Padded queries stand behind the last place; they see what it sees.
    query_P1 = torch.arange(places + ROW_MULTIPLE).clamp(max=places - 1)[:, None]
    key_S = torch.arange(places)
    seen_PS = (key_S <= query_P1) & (key_S > query_P1 - context)
    return torch.zeros(seen_PS.shape).masked_fill(~seen_PS, -torch.inf)
