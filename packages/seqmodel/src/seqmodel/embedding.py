"""From tokens and positions to the residual stream."""

# B batch, T tokens, C d_model, V input tokens, F features

import torch
from torch import Tensor, nn

from seqmodel.config import ModelConfig
from seqmodel.linear import RowwiseLinear
from seqmodel.vocabulary import IntegerVocabulary

FIRST_SIZE = 0.1
"""Standard deviation of learned vectors before training. Measured over the first 900 steps of the
default model: 0.1 and 0.3 learn alike, 0.02 a little slower, torch's own 1.0 far slower."""


class Embedding(nn.Module):
    """Add what is known of a token's value to what is known of its position."""

    def __init__(self, config: ModelConfig, vocabulary: IntegerVocabulary) -> None:
        super().__init__()
        self.values: nn.Module = (
            TupleValues(vocabulary) if config.embedding == "tuple" else LearnedValues(config, vocabulary)
        )
        self.positions: nn.Module = (
            TuplePositions(config.context)
            if config.positions == "tuple"
            else learned_vectors(config.context, config.d_model)
        )

    def forward(self, tokens_BT: Tensor, positions_BT: Tensor) -> Tensor:
        """Return x_BTC; the positions' batch may be 1, for all rows alike."""
        x_BTC: Tensor = self.values(tokens_BT) + self.positions(positions_BT)
        return x_BTC


class LearnedValues(nn.Module):
    """Give each value a learned vector, and a learned view of its remainders.

    The sine and cosine of the value at a period say where in the period it stands, which is what
    modular and alternating rules ask for and single learned vectors are slow to find.
    """

    def __init__(self, config: ModelConfig, vocabulary: IntegerVocabulary) -> None:
        super().__init__()
        self.vectors = learned_vectors(vocabulary.size, config.d_model)
        self.periodic = None
        if config.value_periods:
            features_VF = periodic_features(vocabulary, config.value_periods)
            self.features_VF = nn.Buffer(features_VF, persistent=False)
            self.periodic = RowwiseLinear(features_VF.shape[1], config.d_model, bias=False)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """Return x_BTC."""
        x_BTC: Tensor = self.vectors(tokens_BT)
        if self.periodic is not None:
            x_BTC = x_BTC + self.periodic(self.features_VF[tokens_BT])
        return x_BTC


class TupleValues(nn.Module):
    """Put value / max_value into the first of two dimensions."""

    def __init__(self, vocabulary: IntegerVocabulary) -> None:
        super().__init__()
        values_V = torch.arange(vocabulary.low, vocabulary.high + 1, dtype=torch.float64)
        largest = max(abs(vocabulary.low), abs(vocabulary.high), 1)
        features_VC = torch.stack([values_V / largest, torch.zeros_like(values_V)], dim=1)
        self.features_VC = nn.Buffer(features_VC.float(), persistent=False)

    def forward(self, tokens_BT: Tensor) -> Tensor:
        """Return x_BTC with C = 2."""
        return self.features_VC[tokens_BT]


class TuplePositions(nn.Module):
    """Put position / max_position into the second of two dimensions."""

    def __init__(self, context: int) -> None:
        super().__init__()
        positions_S = torch.arange(context, dtype=torch.float64) / max(context - 1, 1)
        features_SC = torch.stack([torch.zeros_like(positions_S), positions_S], dim=1)
        self.features_SC = nn.Buffer(features_SC.float(), persistent=False)

    def forward(self, positions_BT: Tensor) -> Tensor:
        """Return x_BTC with C = 2."""
        return self.features_SC[positions_BT]


def learned_vectors(count: int, width: int) -> nn.Embedding:
    """Return `count` vectors to be learned."""
    vectors = nn.Embedding(count, width)
    nn.init.normal_(vectors.weight, std=FIRST_SIZE)
    return vectors


def periodic_features(vocabulary: IntegerVocabulary, periods: tuple[int, ...]) -> Tensor:
    """Return the sines, then the cosines, of every value at every period: float32 (V, F)."""
    values_V1 = torch.arange(vocabulary.low, vocabulary.high + 1)[:, None]
    periods_P = torch.tensor(periods)
    # The remainder first: exact in integers, where a large value / p would lose digits.
    angles_VP = 2 * torch.pi * (values_V1 % periods_P).double() / periods_P
    return torch.cat([angles_VP.sin(), angles_VP.cos()], dim=1).float()
