"""From tokens and positions to the residual stream."""

# B batch, T tokens, C d_model, V input tokens, F features, S positions

# ruff: noqa: SLF001  (torch's dictionaries: see parts.py)

from typing import Any

import torch
from torch import Tensor, nn

from seqmodel.config import ModelConfig
from seqmodel.features import Features, position_features, value_features
from seqmodel.vocabularies import Vocabulary
from seqmodel.window import Window


class Embedding(nn.Module):
    """Add what is known of a token's value to what is known of its position.

    Both are tables: one row for each value, one for each position. Rotary positions have none, they
    act in the attention.
    """

    def __init__(self, config: ModelConfig, vocabulary: Vocabulary) -> None:
        super().__init__()
        features = value_features(config, vocabulary)
        learned = vocabulary.size if config.embedding == "learned" else 0
        self.values = Table(features, config.d_model, learned=learned, first=0)
        self.positions: Table | None = None
        if config.positions == "learned":
            self.positions = Table(position_features(config.context)[:, :0], config.d_model, learned=config.context)
        elif config.positions == "tuple":
            self.positions = Table(position_features(config.context), config.d_model, first=1)
        self._placed = self.positions is not None

    def forward(self, tokens_BT: Tensor, window: Window) -> Tensor:
        """Return x_BTC."""
        tables: Any = self._modules
        x_BTC = torch.embedding(tables["values"].rows(), tokens_BT)
        if self._placed:
            x_BTC = x_BTC + tables["positions"].rows()[window.places]
        return x_BTC


class Table(nn.Module):
    """Hold a vector for each of a few things: learned, made of fixed features, or both added.

    Features as wide as the vectors are used as they are. The one feature of a tuple is one of two
    dimensions where there are only two. Other features go through a learned map.

    Args:
        features: Fixed features of each thing, (things, F); F may be 0.
        width: Of the vectors.
        learned: How many learned vectors there are, or 0.
        first: The dimension that a single feature takes when the width is 2.
    """

    def __init__(self, features: Features, width: int, *, learned: int = 0, first: int = 0) -> None:
        super().__init__()
        self.vectors = nn.Embedding(learned, width) if learned else None
        self.map: nn.Linear | None = None
        self.fixed = False
        if features.shape[1]:
            found = torch.from_numpy(features).float()
            if width == 2 and features.shape[1] == 1:
                found = nn.functional.pad(found, (first, 1 - first))
            self.fixed = not learned and found.shape[1] == width
            self.features = nn.Buffer(found, persistent=False)
            if not self.fixed:
                self.map = nn.Linear(found.shape[1], width, bias=False)

    def rows(self) -> Tensor:
        """Return all vectors, (things, width).

        Projecting the table, not the tokens, costs the same for any batch, and a token's vector
        does not depend on who stands beside it.
        """
        if self.fixed:
            return self.features
        vectors: Any = self._modules.get("vectors")
        if self.map is None:
            return vectors._parameters["weight"]  # type: ignore[no-any-return]
        projection: Any = self.map
        if vectors is None:
            return projection(self.features)  # type: ignore[no-any-return]
        return torch.addmm(vectors.weight, self.features, projection.weight.T)
