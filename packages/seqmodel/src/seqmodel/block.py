"""One layer: attention and feed-forward, each a branch into the residual stream."""

# N tokens of all rows, C d_model, F hidden size

from typing import Any

from torch import Tensor, nn

from seqmodel.attention import Attention
from seqmodel.config import ModelConfig
from seqmodel.parts import ACTIVATIONS, NORMS, affine, make_norm, small_gelu
from seqmodel.window import Window

_BRANCHES = (("attention", "middle"), ("feed_forward", "residual"))
"""In order, each with the place behind it."""


class Block(nn.Module):
    """Add what attention reads, then what the feed-forward layer makes of it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self._normalise = NORMS[config.norm]
        self._after = config.norm == "post"
        self.attention_norm = make_norm(config)
        self.attention = Attention(config)
        self.feed_forward_norm = make_norm(config)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_NC: Tensor, window: Window, layer: int) -> Tensor:
        """Return the residual stream after this layer."""
        parts: Any = self._modules
        for name, place in _BRANCHES:
            branch, norm = parts[name], parts[f"{name}_norm"]
            y_NC = branch.forward(x_NC if self._after else self._normalise(x_NC, norm), window, layer)
            x_NC = x_NC + (self.dropout(y_NC) if self.training else y_NC)
            if self._after:
                x_NC = self._normalise(x_NC, norm)
            if window.observer is not None:
                x_NC = window.show_rows(f"blocks.{layer}.{place}", x_NC)
        return x_NC


class FeedForward(nn.Module):
    """Two affine maps with the activation between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(config.d_model, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.d_model)
        self._activate = ACTIVATIONS[config.activation]
        self._is_gelu = config.activation == "gelu"

    def forward(self, x_NC: Tensor, window: Window, layer: int) -> Tensor:
        """Map (N, C) to (N, C)."""
        maps: Any = self._modules
        hidden_NF = affine(x_NC, maps["hidden"])
        hidden_NF = self._activate(hidden_NF) if window.exact or not self._is_gelu else small_gelu(hidden_NF)
        if window.observer is not None:
            hidden_NF = window.show_rows(f"blocks.{layer}.hidden", hidden_NF)
        return affine(hidden_NF, maps["output"])
